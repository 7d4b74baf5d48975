// An activation on its own, element by element.
#pragma once

#include "graph/op.h"

namespace dn {

struct ActivateForward {
  const float* in;
  float* out;
  Activation activation;
  DN_HD void operator()(int64_t i) const { out[i] = activate(activation, in[i]); }
};

class Activate final : public OpBase<Activate> {
 public:
  Activation activation = Activation::linear;

  const char* kind() const override { return "activation"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  void forward(const Context& context, const Args& args) const override {
    context.each(args.batch * args.out_shape.size(),
                 ActivateForward{args.in[0], args.out, activation});
  }
  bool is_activation(Activation& which) const override {
    which = activation;
    return true;
  }
  void describe(Json& json) const override { json.field("activation", name_of(activation)); }
};

}  // namespace dn
