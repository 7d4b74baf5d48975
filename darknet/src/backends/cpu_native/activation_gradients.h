// The slopes of the activations, as functions of what goes in.
#pragma once

#include "activations.h"

namespace dn::cpu::DN_ISA {

template <Act A>
DN_INLINE vf act_slope(vf x) {
  const vf one = splat(1.f), zero = vf{};
  switch (A) {
    case Act::Relu6:
      return x > zero ? (x < splat(6.f) ? one : zero) : zero;
    case Act::Logistic: {
      const vf y = one / (one + vexp(-x));
      return y * (one - y);
    }
    case Act::Tanh: {
      const vf y = act<Act::Tanh>(x);
      return one - y * y;
    }
    case Act::Swish: {
      const vf s = one / (one + vexp(-x));
      return s + x * s * (one - s);
    }
    case Act::Mish: {
      const vf e = vexp(vmin(x, splat(20.f)));
      const vf n = e * (e + splat(2.f));
      const vf t = n / (n + splat(2.f)), s = e / (one + e);
      const vf slope = t + x * (one - t * t) * s;
      return x > splat(20.f) ? one : slope;
    }
    case Act::HardMish: {
      const vf low = x > splat(-2.f) ? x + one : zero;
      return x > zero ? one : low;
    }
    case Act::HardTan:
      return x > splat(-1.f) ? (x < one ? one : zero) : zero;
    case Act::Elu:
      return x >= zero ? one : vexp(x);
    default:
      return x > zero ? one : splat(slope_of(A));
  }
}

// Calls work.template run<A>() for the activation.
template <class Work>
static void with_act(Act a, const Work& work) {
  switch (a) {
#define DN_CASE(name) \
  case Act::name:     \
    return work.template run<Act::name>();
    DN_CASE(Linear)
    DN_CASE(Leaky)
    DN_CASE(Relu)
    DN_CASE(Relie)
    DN_CASE(Relu6)
    DN_CASE(Logistic)
    DN_CASE(Tanh)
    DN_CASE(Swish)
    DN_CASE(Mish)
    DN_CASE(HardMish)
    DN_CASE(HardTan)
    DN_CASE(Elu)
#undef DN_CASE
  }
}

}  // namespace dn::cpu::DN_ISA
