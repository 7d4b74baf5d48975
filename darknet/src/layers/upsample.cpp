// [upsample]: enlarges by repeating, or with a negative stride sums blocks.
#include "ops/upsample.h"
#include "layers/sections.h"
#include "ops/pool.h"

namespace dn {

namespace {

class UpsampleLayer final : public Layer {
 public:
  void read(Options& o) override {
    stride_ = o.integer("stride", 2, "factor; negative: sums blocks of that size");
    if (stride_ == 0) o.wrong("stride", "stride=0, expected a factor");
    scale_ = o.real("scale", 1, "times the output");
  }

  int lower(Lowering& g) override {
    if (stride_ > 0) {
      auto op = std::make_unique<Upsample>();
      op->stride = stride_;
      op->scale = scale_;
      return g.add(std::move(op), {g.input()});
    }
    const Shape in = g.shape(g.input());
    auto op = std::make_unique<Pool>();
    op->pool = Pool::Kind::average;
    const int64_t side = -int64_t(stride_);  // wide enough for any int, and for its square
    op->size_y = op->size_x = op->stride_y = op->stride_x = side;
    op->out_h = in.h / side;
    op->out_w = in.w / side;
    op->scale = scale_ * float(side * side);  // the sum, not the mean
    return g.add(std::move(op), {g.input()});
  }

 private:
  int stride_ = 2;
  float scale_ = 1;
};

}  // namespace

std::unique_ptr<Layer> make_upsample() { return std::make_unique<UpsampleLayer>(); }

}  // namespace dn
