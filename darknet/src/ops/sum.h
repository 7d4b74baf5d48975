// The sum of [shortcut]: y = w_0 x + w_1 z_1 + ..., where sources may have fewer or more channels
// than the first input (the first channels count) and, as in pjreddie/darknet, another size.
#pragma once

#include "graph/op.h"
#include "graph/param.h"

namespace dn {

enum class WeightsNormalization { none, relu, softmax };

class Sum final : public OpBase<Sum> {
 public:
  const Param* weights = nullptr;  // inputs (x c) numbers; nullptr: factors
  bool per_channel = false;
  WeightsNormalization normalization = WeightsNormalization::none;
  std::vector<float> factors;  // one per input, where weights is nullptr; empty: all 1

  const char* kind() const override { return "sum"; }
  Shape shape(const std::vector<Shape>& in) const override;
  void forward(const Context& context, const Args& args) const override;
  std::vector<const Param*> params() const override {
    if (!weights) return {};
    return {weights};
  }
  void train_forward(const Context& context, const TrainArgs& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
  bool backward_reads_inputs() const override { return weights != nullptr; }
  TrainingMemory training_memory(const std::vector<Shape>& in, const Shape&,
                                 int64_t) const override;
  std::vector<Constant> constants() const override;  // factors: inputs x (c or 1)
  double operations(const std::vector<Shape>& in, const Shape& out) const override {
    return double(in.size() - 1) * double(out.size());
  }
  void describe(Json& json) const override;
  const void* identity() const override { return weights; }
  bool is_plain_sum(const std::vector<Shape>& in) const override;
};

}  // namespace dn
