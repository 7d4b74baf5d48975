// An activation on its own, element by element.
#pragma once

#include "graph/op.h"
#include "ops/delta.h"

namespace dn {

struct ActivateForward {
  const float* in;
  float* out;
  Activation activation;
  DN_HD void operator()(int64_t i) const { out[i] = activate(activation, in[i]); }
};

struct ActivateBackward {
  const float *in, *out, *out_delta;  // in is read where the activation asks for it
  float* in_delta;
  Activation activation;
  DN_HD void operator()(int64_t i) const {
    in_delta[i] += out_delta[i] * activation_gradient(activation, in ? in[i] : 0.f, out[i]);
  }
};

class Activate final : public OpBase<Activate> {
 public:
  Activation activation = Activation::linear;
  // A loss measured behind it gives the delta of the input already ([logistic]).
  bool hands_on_delta = false;

  const char* kind() const override { return "activation"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  void forward(const Context& context, const Args& args) const override {
    context.each(args.batch * args.out_shape.size(),
                 ActivateForward{args.in[0], args.out, activation});
  }
  void backward(const Context& context, const BackwardArgs& args) const override {
    if (!args.in_delta[0]) return;
    const int64_t count = args.batch * args.out_shape.size();
    if (hands_on_delta) {
      context.each(count, AddScaledDelta{args.out_delta, args.in_delta[0], 1.f});
      return;
    }
    const float* in = gradient_reads_input(activation) ? args.in[0] : nullptr;
    context.each(count,
                 ActivateBackward{in, args.out, args.out_delta, args.in_delta[0], activation});
  }
  bool backward_reads_inputs() const override { return gradient_reads_input(activation); }
  bool backward_reads_output() const override { return !hands_on_delta; }
  bool is_activation(Activation& which) const override {
    which = activation;
    return true;
  }
  void describe(Json& json) const override { json.field("activation", name_of(activation)); }
};

}  // namespace dn
