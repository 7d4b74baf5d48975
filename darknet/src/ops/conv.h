// Convolution: correlation of each group's inputs with its filters, plus a bias.
#pragma once

#include "graph/op.h"
#include "graph/param.h"

namespace dn {

constexpr double kBatchnormEpsilon = 1e-5;  // inside the root

// y = factor * x + offset per channel is what batch normalisation does once it is trained.
struct Affine {
  std::vector<double> factor, offset;
};
Affine affine_of(const BatchnormParams& bn, const std::vector<float>& biases);

class Conv final : public OpBase<Conv> {
 public:
  int64_t filters = 1;
  int64_t size_y = 1, size_x = 1, stride_y = 1, stride_x = 1, dilation = 1, groups = 1;
  int64_t pad_top = 0, pad_left = 0;  // already times dilation
  int64_t out_h = 0, out_w = 0;       // Darknet's rule, see layers/convolutional.cpp
  bool binary = false;                // weights are sign(w) * mean(|w|) of their filter
  const Param* weights = nullptr;     // filters x c/groups x size_y x size_x
  const Param* biases = nullptr;      // filters; nullptr: none
  BatchnormParams folded;             // set by the pass fold_batchnorm
  std::vector<float> fixed_weights;   // instead of weights, where they are not trained
  // Set by the pass delay_upsample: the part of the weights' input channels that is read here,
  // where used_channels is not 0, and that another convolution adds the biases.
  int64_t first_channel = 0, used_channels = 0;
  bool without_biases = false;

  const char* kind() const override { return "conv"; }
  Shape shape(const std::vector<Shape>& in) const override;
  void forward(const Context& context, const Args& args) const override;
  std::vector<const Param*> params() const override {
    if (!weights) return {};  // fixed ones
    return {weights, biases};
  }
  void train_forward(const Context& context, const TrainArgs& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
  bool backward_reads_inputs() const override { return true; }
  TrainingMemory training_memory(const std::vector<Shape>&, const Shape&, int64_t) const override;
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
  std::unique_ptr<Op> split_channels(int64_t first, int64_t count, int64_t all, int64_t height,
                                     int64_t width) override;
  const void* identity() const override { return weights; }
  std::string variant() const override {
    return std::string(folded ? " folded" : "") + (binary ? " binary" : "") +
           (without_biases ? " without biases" : "") +
           (used_channels
                ? " channels " + std::to_string(first_channel) + "+" + std::to_string(used_channels)
                : "");
  }

 private:
  // The weights a training step computes with: binary ones are made anew in scratch.
  const float* used_weights(const Context& context, const TrainArgs& args) const;
};

}  // namespace dn
