// [dropout]: at inference the identity.
#include "ops/dropout.h"
#include "layers/sections.h"

namespace dn {

namespace {

class DropoutLayer final : public Layer {
 public:
  void read(Options& o) override {
    probability_ = o.real("probability", 0.2f, "training: share of numbers set to zero");
    if (probability_ < 0 || probability_ >= 1)
      o.wrong("probability", "probability must be 0 or more and below 1");
    dropblock_ = o.flag("dropblock", false, "training: whole blocks instead of single numbers");
    size_rel_ = o.real("dropblock_size_rel", 0, "training: block size as a share of the map");
    size_abs_ = o.integer("dropblock_size_abs", 0, "training: block size in cells", 0);
    if (size_abs_ > 0) size_rel_ = 0;
    if (size_abs_ == 0 && size_rel_ == 0) size_abs_ = 7;
  }

  int lower(Lowering& g) override {
    if (!g.training()) return g.input();
    auto op = std::make_unique<Dropout>();
    op->probability = probability_;
    op->dropblock = dropblock_;
    op->block_rel = size_rel_;
    op->block_abs = size_abs_;
    return g.add(std::move(op), {g.input()});
  }

 private:
  float probability_ = 0.2f, size_rel_ = 0;
  int size_abs_ = 0;
  bool dropblock_ = false;
};

}  // namespace

std::unique_ptr<Layer> make_dropout() { return std::make_unique<DropoutLayer>(); }

}  // namespace dn
