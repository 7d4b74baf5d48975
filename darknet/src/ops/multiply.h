// The product of two inputs; the first may have one cell per channel, or one channel, and is then
// repeated ([scale_channels], [sam]).
#pragma once

#include "graph/op.h"

namespace dn {

class Multiply final : public OpBase<Multiply> {
 public:
  const char* kind() const override { return "multiply"; }
  Shape shape(const std::vector<Shape>& in) const override;
  void forward(const Context& context, const Args& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
  bool backward_reads_inputs() const override { return true; }
};

}  // namespace dn
