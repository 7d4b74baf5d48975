// Transposed convolution ([deconvolutional] of pjreddie/darknet).
#pragma once

#include "ops/conv.h"

namespace dn {

class Deconv final : public OpBase<Deconv> {
 public:
  int64_t filters = 1, size = 1, stride = 1, pad = 0;
  const Param* weights = nullptr;  // c x filters x size x size
  const Param* biases = nullptr;
  BatchnormParams folded;

  const char* kind() const override { return "deconv"; }
  Shape shape(const std::vector<Shape>& in) const override;
  void forward(const Context& context, const Args& args) const override;
  std::vector<const Param*> params() const override { return {weights, biases}; }
  void backward(const Context& context, const BackwardArgs& args) const override;
  bool backward_reads_inputs() const override { return true; }
  std::vector<Constant> constants() const override;  // weights, biases
  double operations(const std::vector<Shape>& in, const Shape& out) const override;
  void describe(Json& json) const override;
  bool takes_post() const override { return true; }
  bool fold_batchnorm(const BatchnormParams& batchnorm, const Param* bias) override {
    if (folded || biases) return false;
    folded = batchnorm;
    biases = bias;
    return true;
  }
  const void* identity() const override { return weights; }
  std::string variant() const override { return folded ? " folded" : ""; }
};

}  // namespace dn
