// Batch normalisation with the running statistics, and its bias.
#pragma once

#include "ops/conv.h"

namespace dn {

class Batchnorm final : public OpBase<Batchnorm> {
 public:
  BatchnormParams norm;
  const Param* biases = nullptr;  // nullptr: none

  const char* kind() const override { return "batchnorm"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  void forward(const Context& context, const Args& args) const override;
  // With the statistics of the mini-batch; the running ones follow them.
  void train_forward(const Context& context, const TrainArgs& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
  bool backward_reads_inputs() const override { return true; }
  TrainingMemory training_memory(const std::vector<Shape>&, const Shape& out,
                                 int64_t) const override {
    return {2 * out.c, 2 * out.c};
  }
  std::vector<const Param*> params() const override {
    return {norm.scales, norm.mean, norm.variance, biases};
  }
  std::vector<Constant> constants() const override;  // factor, offset
  bool fold_into(Op& before) const override { return before.fold_batchnorm(norm, biases); }
  const void* identity() const override { return norm.scales; }
};

}  // namespace dn
