// The transforms of Winograd convolution: small bilinear algorithms for 3 taps along one dimension.
//
// Inputs and kernel are transformed to the same number of coefficients ("frequencies"), multiplied
// one by one, and the products are transformed to outputs. In two dimensions each transform is done
// along columns, then along rows, with the square of the frequencies. Each struct has, along one
// dimension:
//   kOutputs    outputs of a tile          kInputs   inputs it needs
//   kStep       inputs to the next tile    kFrequencies
//   kWeights    different frequencies of a kernel; weight_of(f) is the one that meets f
// A kernel is transformed as numbers (T = S = double) or as vectors of floats (vf and float).
#pragma once

#include "simd.h"

namespace dn::cpu::DN_ISA {

// F(2, 3): points 0, 1, -1 and infinity.
struct Winograd2 {
  static constexpr int kOutputs = 2, kInputs = 4, kStep = 2, kFrequencies = 4, kWeights = 4;
  static constexpr int weight_of(int f) { return f; }

  DN_MEMBER void input(const vf* d, vf* out) {
    out[0] = d[2] - d[0];
    out[1] = d[2] + d[1];
    out[2] = d[2] - d[1];
    out[3] = d[3] - d[1];
  }
  template <class T, class S>
  DN_MEMBER void kernel(const T* g, T* out) {
    const T even = S(0.5) * (g[0] + g[2]), odd = S(0.5) * g[1];
    out[0] = -g[0];
    out[1] = even + odd;
    out[2] = even - odd;
    out[3] = g[2];
  }
  DN_MEMBER void output(const vf* m, vf* out) {
    out[0] = m[0] + (m[1] + m[2]);
    out[1] = (m[1] - m[2]) + m[3];
  }
};

// F(4, 3): points 0, +-a, +-b and infinity, a = sqrt(1/2), b = sqrt(2). With the usual points
// 0, +-1, +-2 the error is four times larger.
struct Winograd4 {
  static constexpr int kOutputs = 4, kInputs = 6, kStep = 4, kFrequencies = 6, kWeights = 6;
  static constexpr int weight_of(int f) { return f; }
  static constexpr float a = 0.707106781f, b = 1.41421356f;

  DN_MEMBER void input(const vf* d, vf* out) {
    const vf even_a = d[4] - 2.f * d[2], odd_a = d[3] - 2.f * d[1];
    const vf even_b = d[4] - 0.5f * d[2], odd_b = d[3] - 0.5f * d[1];
    out[0] = (d[0] + d[4]) - 2.5f * d[2];
    out[1] = even_a + a * odd_a;
    out[2] = even_a - a * odd_a;
    out[3] = even_b + b * odd_b;
    out[4] = even_b - b * odd_b;
    out[5] = (d[1] + d[5]) - 2.5f * d[3];
  }
  template <class T, class S>
  DN_MEMBER void kernel(const T* g, T* out) {
    const S root = S(0.70710678118654752440), third = S(2. / 3), sixth = S(1. / 6);
    const T even_a = third * (g[0] + S(0.5) * g[2]), odd_a = (third * root) * g[1];
    const T even_b = sixth * (g[0] + S(2) * g[2]), odd_b = (sixth * 2 * root) * g[1];
    out[0] = g[0];
    out[1] = -even_a - odd_a;
    out[2] = odd_a - even_a;
    out[3] = even_b + odd_b;
    out[4] = even_b - odd_b;
    out[5] = g[2];
  }
  DN_MEMBER void output(const vf* m, vf* out) {
    const vf sum_a = m[1] + m[2], diff_a = m[1] - m[2];
    const vf sum_b = m[3] + m[4], diff_b = m[3] - m[4];
    out[0] = m[0] + (sum_a + sum_b);
    out[1] = a * diff_a + b * diff_b;
    out[2] = 0.5f * sum_a + 2.f * sum_b;
    out[3] = m[5] + (0.5f * a * diff_a + 2.f * b * diff_b);
  }
};

// Stride 2, 4 outputs: the taps 0 and 2 on the even inputs are F(4, 2), points +-1/2, +-1 and
// infinity; tap 1 on the odd inputs is multiplied directly (frequencies 5 to 8, one weight).
struct WinogradStride2 {
  static constexpr int kOutputs = 4, kInputs = 9, kStep = 8, kFrequencies = 9, kWeights = 6;
  static constexpr int weight_of(int f) { return f < 5 ? f : 5; }

  DN_MEMBER void input(const vf* d, vf* out) {
    const vf even_a = d[6] - d[2], odd_a = d[4] - d[0];
    const vf even_b = d[6] - 0.25f * d[2], odd_b = d[4] - 0.25f * d[0];
    out[0] = even_a + 0.5f * odd_a;
    out[1] = even_a - 0.5f * odd_a;
    out[2] = even_b + odd_b;
    out[3] = even_b - odd_b;
    out[4] = (d[8] + 0.25f * d[0]) - 1.25f * d[4];
    for (int i = 0; i < 4; ++i) out[5 + i] = d[1 + 2 * i];
  }
  template <class T, class S>
  DN_MEMBER void kernel(const T* g, T* out) {
    const S two = S(2. / 3), four = S(4. / 3);
    out[0] = -four * (g[0] + S(0.5) * g[2]);
    out[1] = four * (g[0] - S(0.5) * g[2]);
    out[2] = two * (g[0] + g[2]);
    out[3] = two * (g[2] - g[0]);
    out[4] = g[2];
    out[5] = g[1];
  }
  DN_MEMBER void output(const vf* m, vf* out) {
    const vf sum_a = m[0] + m[1], diff_a = m[0] - m[1];
    const vf sum_b = m[2] + m[3], diff_b = m[2] - m[3];
    out[0] = m[5] + (sum_a + sum_b);
    out[1] = m[6] + (0.5f * diff_a + diff_b);
    out[2] = m[7] + (0.25f * sum_a + sum_b);
    out[3] = m[8] + (m[4] + (0.125f * diff_a + diff_b));
  }
};

}  // namespace dn::cpu::DN_ISA
