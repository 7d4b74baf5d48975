// [avgpool]: the mean of each plane.
#include "layers/sections.h"
#include "ops/pool.h"

namespace dn {

namespace {

class Avgpool final : public Layer {
 public:
  void read(Options&) override {}

  int lower(Lowering& g) override {
    const Shape in = g.shape(g.input());
    auto op = std::make_unique<Pool>();
    op->pool = Pool::Kind::average;
    op->size_y = op->stride_y = in.h;
    op->size_x = op->stride_x = in.w;
    op->out_h = op->out_w = 1;
    return g.add(std::move(op), {g.input()});
  }
};

}  // namespace

std::unique_ptr<Layer> make_avgpool() { return std::make_unique<Avgpool>(); }

}  // namespace dn
