// +1 for x > 0, else -1: the input of an XNOR convolution.
#pragma once

#include "graph/op.h"

namespace dn {

struct SignForward {
  const float* in;
  float* out;
  DN_HD void operator()(int64_t i) const { out[i] = in[i] > 0 ? 1.f : -1.f; }
};

class Sign final : public OpBase<Sign> {
 public:
  const char* kind() const override { return "sign"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  void forward(const Context& context, const Args& args) const override {
    context.each(args.batch * args.out_shape.size(), SignForward{args.in[0], args.out});
  }
};

}  // namespace dn
