// [local_avgpool]: the mean of the cells of windows that lie in the image.
#include "layers/sections.h"
#include "ops/pool.h"

namespace dn {

namespace {

class LocalAvgpool final : public Layer {
 public:
  void read(Options& o) override {
    stride_ = o.integer("stride", 1, "step of the window", 1);
    stride_x_ = o.integer("stride_x", stride_, "horizontal step", 1);
    stride_y_ = o.integer("stride_y", stride_, "vertical step", 1);
    size_ = o.integer("size", stride_, "width and height of the window", 1);
    padding_ = o.integer("padding", size_ - 1, "cells added to an axis in all, not per side", 0);
  }

  int lower(Lowering& g) override {
    const Shape in = g.shape(g.input());
    auto op = std::make_unique<Pool>();
    op->pool = Pool::Kind::average;
    op->size_y = op->size_x = size_;
    op->stride_y = stride_y_;
    op->stride_x = stride_x_;
    op->pad_top = op->pad_left = padding_ / 2;
    op->out_h = in.h + padding_ < size_ ? 0 : (in.h + padding_ - size_) / op->stride_y + 1;
    op->out_w = in.w + padding_ < size_ ? 0 : (in.w + padding_ - size_) / op->stride_x + 1;
    return g.add(std::move(op), {g.input()});
  }

 private:
  int stride_ = 1, stride_x_ = 1, stride_y_ = 1, size_ = 1, padding_ = 0;
};

}  // namespace

std::unique_ptr<Layer> make_local_avgpool() { return std::make_unique<LocalAvgpool>(); }

}  // namespace dn
