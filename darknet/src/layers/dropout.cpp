// [dropout]: at inference the identity.
#include "layers/sections.h"

namespace dn {

namespace {

class Dropout final : public Layer {
 public:
  void read(Options& o) override {
    o.real("probability", 0.2f, "training: share of numbers set to zero");
    o.flag("dropblock", false, "training: whole blocks instead of single numbers");
    o.real("dropblock_size_rel", 0, "training: block size as a share of the map");
    o.integer("dropblock_size_abs", 0, "training: block size in cells", 0);
  }

  int lower(Lowering& g) override { return g.input(); }
};

}  // namespace

std::unique_ptr<Layer> make_dropout() { return std::make_unique<Dropout>(); }

}  // namespace dn
