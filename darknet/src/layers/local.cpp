// [local]: a convolution whose every position has its own filters.
#include <cmath>

#include "layers/blocks.h"
#include "layers/sections.h"
#include "ops/local.h"

namespace dn {

namespace {

class LocalLayer final : public Layer {
 public:
  void read(Options& o) override {
    filters_ = o.integer("filters", 1, "output channels", 1);
    size_ = o.integer("size", 1, "width and height of the kernel", 1);
    stride_ = o.integer("stride", 1, "step of the kernel", 1);
    pad_ = o.flag("pad", false, "pads by one cell");
    activation_ = o.choice("activation", Activation::logistic, activation_names(), "activation");
  }

  int lower(Lowering& g) override {
    const Shape in = g.shape(g.input());
    auto op = std::make_unique<Local>();
    op->filters = filters_;
    op->size = size_;
    op->stride = stride_;
    // compat: the window is shifted by the value of pad (1), whatever the size; the output size
    // is that of a padding of size/2
    op->pad = pad_ ? 1 : 0;
    const int64_t height = in.h - (pad_ ? 1 : size_), width = in.w - (pad_ ? 1 : size_);
    op->out_h = height < 0 ? 0 : height / stride_ + 1;
    op->out_w = width < 0 ? 0 : width / stride_ + 1;
    const int64_t cells = op->out_h * op->out_w, each = filters_ * in.c * size_ * size_;
    op->biases = &param("biases", {filters_, op->out_h, op->out_w});
    const float range = std::sqrt(2.f / (float(size_) * float(size_) * float(in.c)));
    op->weights = &param("weights", {cells, filters_, in.c, size_, size_}, {0, range, each});
    return g.activate(g.add(std::move(op), {g.input()}), activation_);
  }

 private:
  int64_t filters_ = 1, size_ = 1, stride_ = 1;
  bool pad_ = false;
  Activation activation_ = Activation::logistic;
};

}  // namespace

std::unique_ptr<Layer> make_local() { return std::make_unique<LocalLayer>(); }

}  // namespace dn
