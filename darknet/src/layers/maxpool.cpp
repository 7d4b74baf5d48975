// [maxpool]: the maximum of windows, or of channels.
#include "layers/blocks.h"
#include "layers/sections.h"
#include "ops/maxpool_depth.h"
#include "ops/pool.h"

namespace dn {

namespace {

class Maxpool final : public Layer {
 public:
  void read(Options& o) override {
    stride_ = o.integer("stride", 1, "step of the window", 1);
    stride_x_ = o.integer("stride_x", stride_, "horizontal step", 1);
    stride_y_ = o.integer("stride_y", stride_, "vertical step", 1);
    size_ = o.integer("size", stride_, "width and height of the window", 1);
    padding_ = o.integer("padding", size_ - 1, "cells added to an axis in all, not per side", 0);
    depth_ = o.flag("maxpool_depth", false, "over channels instead of cells");
    out_channels_ = o.integer("out_channels", 1, "output channels of maxpool_depth", 1);
    antialiasing_ = o.integer("antialiasing", 0, "blurs instead of striding: 1 3x3, 2 2x2", 0, 2);
    zero_nonmax_ = o.flag("maxpool_zero_nonmax", false, "zeros what is not the maximum");
  }

  int lower(Lowering& g) override {
    if (depth_) {
      auto op = std::make_unique<MaxpoolDepth>();
      op->out_channels = out_channels_;
      return g.add(std::move(op), {g.input()});
    }
    const bool blur = antialiasing_ > 0 && (stride_x_ > 1 || stride_y_ > 1);
    const Shape in = g.shape(g.input());
    auto op = std::make_unique<Pool>();
    op->size_y = op->size_x = size_;
    op->stride_y = blur ? 1 : stride_y_;
    op->stride_x = blur ? 1 : stride_x_;
    op->pad_top = op->pad_left = padding_ / 2;
    op->out_h = in.h + padding_ < size_ ? 0 : (in.h + padding_ - size_) / op->stride_y + 1;
    op->out_w = in.w + padding_ < size_ ? 0 : (in.w + padding_ - size_) / op->stride_x + 1;
    op->zero_nonmax = zero_nonmax_ && op->out_h == in.h && op->out_w == in.w;
    const int value = g.add(std::move(op), {g.input()});
    return blur ? lower_blur(g, value, antialiasing_, stride_x_, stride_y_) : value;
  }

 private:
  int stride_ = 1, stride_x_ = 1, stride_y_ = 1, size_ = 1, padding_ = 0;
  int out_channels_ = 1, antialiasing_ = 0;
  bool depth_ = false, zero_nonmax_ = false;
};

}  // namespace

std::unique_ptr<Layer> make_maxpool() { return std::make_unique<Maxpool>(); }

}  // namespace dn
