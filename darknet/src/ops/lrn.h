// Local response normalisation over channels, with Darknet's window ([normalization]).
#pragma once

#include "graph/op.h"

namespace dn {

class Lrn final : public OpBase<Lrn> {
 public:
  int64_t size = 5;
  float alpha = 1e-4f, beta = 0.75f, kappa = 1;

  const char* kind() const override { return "lrn"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  void forward(const Context& context, const Args& args) const override;
  // compat: the norm counts as a constant, as in Darknet.
  void backward(const Context& context, const BackwardArgs& args) const override;
  bool backward_reads_inputs() const override { return true; }
  void describe(Json& json) const override;
};

}  // namespace dn
