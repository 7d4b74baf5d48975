// Joins channels, in the order of the inputs.
#pragma once

#include "graph/op.h"

namespace dn {

class Concat final : public OpBase<Concat> {
 public:
  const char* kind() const override { return "concat"; }
  bool joins_channels() const override { return true; }
  Shape shape(const std::vector<Shape>& in) const override;
  void forward(const Context& context, const Args& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
};

}  // namespace dn
