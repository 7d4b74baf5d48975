// +1 for x > 0, else -1: the input of an XNOR convolution.
#pragma once

#include "graph/op.h"

namespace dn {

struct SignForward {
  const float* in;
  float* out;
  DN_HD void operator()(int64_t i) const { out[i] = in[i] > 0 ? 1.f : -1.f; }
};

// compat: the step counts as the identity within -1..1 (the straight-through estimator of
// Courbariaux et al., "Binarized Neural Networks", 2016).
struct SignBackward {
  const float *in, *out_delta;
  float* in_delta;
  DN_HD void operator()(int64_t i) const {
    if (in[i] > -1 && in[i] < 1) in_delta[i] += out_delta[i];
  }
};

class Sign final : public OpBase<Sign> {
 public:
  const char* kind() const override { return "sign"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  void forward(const Context& context, const Args& args) const override {
    context.each(args.batch * args.out_shape.size(), SignForward{args.in[0], args.out});
  }
  void backward(const Context& context, const BackwardArgs& args) const override {
    if (args.in_delta[0])
      context.each(args.batch * args.out_shape.size(),
                   SignBackward{args.in[0], args.out_delta, args.in_delta[0]});
  }
  bool backward_reads_inputs() const override { return true; }
};

}  // namespace dn
