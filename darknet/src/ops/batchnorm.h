// Batch normalisation with the running statistics, and its bias.
#pragma once

#include "ops/conv.h"

namespace dn {

class Batchnorm final : public OpBase<Batchnorm> {
 public:
  BatchnormParams params;
  const Param* biases = nullptr;  // nullptr: none

  const char* kind() const override { return "batchnorm"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  void forward(const Context& context, const Args& args) const override;
  std::vector<Constant> constants() const override;  // factor, offset
  bool fold_into(Op& before) const override { return before.fold_batchnorm(params, biases); }
  const void* identity() const override { return params.scales; }
};

}  // namespace dn
