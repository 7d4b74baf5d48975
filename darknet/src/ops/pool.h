// Pooling over windows: the maximum, or the mean of the cells inside the image.
#pragma once

#include "graph/op.h"

namespace dn {

class Pool final : public OpBase<Pool> {
 public:
  enum class Kind { max, average };
  Kind pool = Kind::max;
  int64_t size_y = 1, size_x = 1, stride_y = 1, stride_x = 1;
  int64_t pad_top = 0, pad_left = 0, out_h = 0, out_w = 0;
  float scale = 1;  // times the mean
  // compat: maxpool_zero_nonmax of the GPU path: 0 wherever the maximum is another cell
  bool zero_nonmax = false;

  const char* kind() const override { return pool == Kind::max ? "maxpool" : "avgpool"; }
  Shape shape(const std::vector<Shape>& in) const override { return {in[0].c, out_h, out_w}; }
  void forward(const Context& context, const Args& args) const override;
  void train_forward(const Context& context, const TrainArgs& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
  TrainingMemory training_memory(const std::vector<Shape>&, const Shape& out,
                                 int64_t batch) const override {
    return {pool == Kind::max ? batch * out.size() : 0, 0};  // where each maximum lies
  }
  double operations(const std::vector<Shape>&, const Shape& out) const override {
    return double(size_y * size_x) * double(out.size());
  }
  void describe(Json& json) const override;
};

}  // namespace dn
