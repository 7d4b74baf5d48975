// Batch normalisation of a training over the mini-batches of one update (Yao et al.,
// "Cross-Iteration Batch Normalization", 2021, as AlexeyAB's cbn): the mean is that of the
// mini-batch, the variance that of all mini-batches since the last update.
#pragma once

#include "ops/batchnorm.h"

namespace dn {

class CrossBatchnorm final : public OpBase<CrossBatchnorm> {
 public:
  BatchnormParams norm;
  const Param* biases = nullptr;

  const char* kind() const override { return "cross_batchnorm"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  // With the running statistics, as once it is trained.
  void forward(const Context& context, const Args& args) const override;
  // The running statistics follow at the last mini-batch of an update.
  void train_forward(const Context& context, const TrainArgs& args) const override;
  // Exact for this mini-batch: what is remembered of those before is constant.
  void backward(const Context& context, const BackwardArgs& args) const override;
  bool backward_reads_inputs() const override { return true; }
  TrainingMemory training_memory(const std::vector<Shape>&, const Shape& out,
                                 int64_t) const override {
    return {3 * out.c + 1, 2 * out.c};
  }
  std::vector<const Param*> params() const override {
    return {norm.scales, norm.mean, norm.variance, biases};
  }

 private:
  // Mean and variance of each channel since the last update. No part of a saved state: between
  // updates it starts anew.
  mutable std::vector<float> seen_;
  mutable int mini_batches_ = 0;
};

}  // namespace dn
