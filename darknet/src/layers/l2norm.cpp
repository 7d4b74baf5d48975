// [l2norm] (pjreddie): channels of a pixel divided by their length.
#include "ops/l2norm.h"
#include "layers/sections.h"

namespace dn {

namespace {

class L2normLayer final : public Layer {
 public:
  void read(Options&) override {}
  int lower(Lowering& g) override { return g.add(std::make_unique<L2norm>(), {g.input()}); }
};

}  // namespace

std::unique_ptr<Layer> make_l2norm() { return std::make_unique<L2normLayer>(); }

}  // namespace dn
