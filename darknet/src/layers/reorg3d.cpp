// [reorg3d]: space to depth, or back with reverse.
#include "layers/sections.h"
#include "ops/reorg.h"

namespace dn {

namespace {

class Reorg3dLayer final : public Layer {
 public:
  void read(Options& o) override {
    stride_ = o.integer("stride", 1, "side of the blocks", 1);
    reverse_ = o.flag("reverse", false, "back from channels to cells");
  }

  int lower(Lowering& g) override {
    auto op = std::make_unique<Reorg>();
    op->reorg = Reorg::Kind::spatial;
    op->stride = stride_;
    op->reverse = reverse_;
    return g.add(std::move(op), {g.input()});
  }

 private:
  int stride_ = 1;
  bool reverse_ = false;
};

}  // namespace

std::unique_ptr<Layer> make_reorg3d() { return std::make_unique<Reorg3dLayer>(); }

}  // namespace dn
