// Each pixel's channels divided by their Euclidean length.
#pragma once

#include "graph/op.h"

namespace dn {

class L2norm final : public OpBase<L2norm> {
 public:
  const char* kind() const override { return "l2norm"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  void forward(const Context& context, const Args& args) const override;
};

}  // namespace dn
