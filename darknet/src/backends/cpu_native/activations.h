// The activations on vectors, and over spans of floats.
#pragma once

#include "simd.h"

namespace dn::cpu::DN_ISA {

// e^x with a relative error of about 1e-7, for x clamped to where the result is a normal float.
DN_INLINE vf vexp(vf x) {
  x = vmin(vmax(x, splat(-87.3f)), splat(88.3f));
  const float shift = 12582912.f;  // 1.5 * 2^23: the sum has round(x / ln 2) in its low bits
  const vf rounded = x * splat(1.44269504f) + splat(shift);
  const vf n = rounded - splat(shift);
  vf r = x - n * splat(0.693145752f);  // ln 2 in two parts, so that r is exact to the last bit
  r = r - n * splat(1.42860677e-6f);
  vf p = splat(1.f / 5040);
  p = p * r + splat(1.f / 720);
  p = p * r + splat(1.f / 120);
  p = p * r + splat(1.f / 24);
  p = p * r + splat(1.f / 6);
  p = p * r + splat(0.5f);
  p = p * r + splat(1.f);
  p = p * r + splat(1.f);
  return (vf)((vi)p + ((vi)rounded << 23));  // times 2^n
}

// x > 0 ? x : slope * x, for slopes 0 .. 1: linear, leaky, relu and relie in one formula.
DN_INLINE vf sloped(vf x, vf slope) { return vmax(x, x * slope); }

DN_INLINE bool is_sloped(Act a) {
  return a == Act::Linear || a == Act::Leaky || a == Act::Relu || a == Act::Relie;
}
DN_INLINE float slope_of(Act a) {
  return a == Act::Linear ? 1.f : a == Act::Leaky ? 0.1f : a == Act::Relie ? 0.01f : 0.f;
}

// The activations that kernels of short sums do while these are in registers, each in code of its
// own: what it takes is a large part of what the sum takes.
DN_INLINE bool is_brief(Act a) {
  return a == Act::Linear || a == Act::Leaky || a == Act::Relu || a == Act::Relu6;
}

template <Act A>
DN_INLINE vf act(vf x) {
  const vf one = splat(1.f), zero = vf{};
  switch (A) {
    case Act::Relu:
      return vmax(hidden_zero(), x);  // in this order NaN stays NaN
    case Act::Relu6:
      return vmin(splat(6.f), vmax(hidden_zero(), x));
    case Act::Logistic:
      return one / (one + vexp(-x));
    case Act::Tanh:
      return splat(2.f) / (one + vexp(splat(-2.f) * x)) - one;
    case Act::Swish:
      return x / (one + vexp(-x));
    case Act::Mish: {
      // tanh(log(1 + e)) = n / (n + 2) with n = e (e + 2); from x = 20 on that is 1
      const vf e = vexp(vmin(x, splat(20.f)));
      const vf n = e * (e + splat(2.f));
      return x * (n / (n + splat(2.f)));
    }
    case Act::HardMish: {
      const vf low = x > splat(-2.f) ? splat(0.5f) * x * x + x : zero;
      return x > zero ? x : low;
    }
    case Act::HardTan:
      return vmin(vmax(x, splat(-1.f)), one);
    case Act::Elu:
      return x > zero ? x : vexp(x) - one;
    default:
      return sloped(x, splat(slope_of(A)));
  }
}

// p[i] = act(p[i] + add[i]), `add` may be null, over `n` floats, a multiple of 16, in cache.
template <Act A>
static void act_span(const float* src, const float* add, float* dst, int64_t n) {
  if (add) {
    for (int64_t i = 0; i < n; i += VL) store(dst + i, act<A>(load(src + i) + load(add + i)));
  } else {
    for (int64_t i = 0; i < n; i += VL) store(dst + i, act<A>(load(src + i)));
  }
}

static inline void apply(Act a, const float* src, const float* add, float* dst, int64_t n) {
  switch (a) {
#define DN_CASE(name) \
  case Act::name:     \
    return act_span<Act::name>(src, add, dst, n);
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
