// Each pixel's channels divided by their Euclidean length.
#pragma once

#include "graph/op.h"

namespace dn {

class L2norm final : public OpBase<L2norm> {
 public:
  const char* kind() const override { return "l2norm"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  void forward(const Context& context, const Args& args) const override;
  // compat: Darknet hands the delta on as if the length did not count; networks were trained so.
  void backward(const Context& context, const BackwardArgs& args) const override;
};

}  // namespace dn
