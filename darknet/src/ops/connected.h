// Fully connected: every output sees every input of the image.
#pragma once

#include "ops/conv.h"

namespace dn {

class Connected final : public OpBase<Connected> {
 public:
  int64_t outputs = 1;
  const Param* weights = nullptr;  // outputs x inputs
  const Param* biases = nullptr;
  BatchnormParams folded;

  const char* kind() const override { return "connected"; }
  Shape shape(const std::vector<Shape>&) const override { return {outputs, 1, 1}; }
  void forward(const Context& context, const Args& args) const override;
  std::vector<const Param*> params() const override { return {weights, biases}; }
  void backward(const Context& context, const BackwardArgs& args) const override;
  bool backward_reads_inputs() const override { return true; }
  std::vector<Constant> constants() const override;
  double operations(const std::vector<Shape>& in, const Shape&) const override {
    return 2. * double(in[0].size()) * double(outputs);
  }
  void describe(Json& json) const override { json.field("outputs", outputs); }
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
