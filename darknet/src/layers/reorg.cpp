// [reorg]: the permutation of YOLOv2.
#include "ops/reorg.h"
#include "layers/sections.h"
#include "ops/pad_flat.h"

namespace dn {

namespace {

class ReorgLayer final : public Layer {
 public:
  void read(Options& o) override {
    stride_ = o.integer("stride", 1, "side of the blocks", 1);
    reverse_ = o.flag("reverse", false, "back from channels to cells");
    flatten_ = o.flag("flatten", false, "pjreddie: CHW to HWC, or back with reverse");
    extra_ = o.integer("extra", 0, "pjreddie: zeros behind the flat input", 0);
  }

  int lower(Lowering& g) override {
    if (extra_ > 0) {
      auto pad = std::make_unique<PadFlat>();
      pad->extra = extra_;
      return g.add(std::move(pad), {g.input()});
    }
    auto op = std::make_unique<Reorg>();
    op->stride = stride_;
    op->reverse = reverse_;
    if (flatten_) {
      op->reorg = reverse_ ? Reorg::Kind::channels_first : Reorg::Kind::channels_last;
      op->keep_shape = true;
    }
    return g.add(std::move(op), {g.input()});
  }

 private:
  int stride_ = 1, extra_ = 0;
  bool reverse_ = false, flatten_ = false;
};

}  // namespace

std::unique_ptr<Layer> make_reorg() { return std::make_unique<ReorgLayer>(); }

}  // namespace dn
