// The innermost loops of depthwise convolutions: each channel by itself, so 16 channels are one
// vector.
//
// A row of outputs is computed a few pixels at a time, summing in registers. Taps that lie left or
// right of the map read zeros. Each output is one chain of multiply-adds in the order (ky, kx),
// however the row is cut.
#pragma once

#include "activations.h"

namespace dn::cpu::DN_ISA {

// A row of outputs of one channel block.
struct DepthwiseRow {
  const float* src;      // input pixel of tap (0, 0) of output pixel 0; may lie outside the row
  const float* weights;  // of the first tap row used: [ky][kx][16]
  const float* bias;
  float* dst;        // of output pixel 0
  int64_t row_step;  // floats from one tap row to the next
  int64_t tap_step;  // floats from one tap to the next in its row
  int rows, kw, stride, dilation;
  int pad, width;  // columns left of the map that are read as zeros, and of the map
  Act act;         // a brief one
};

alignas(64) static const float kZeros[kBlock] = {};

// The bits of magnitudes, lane by lane: as integers they are in the floats' order, with infinity
// and NaN behind the others. Only convolutions of integers ask for them.
#if defined(__AVX512VNNI__)
DN_INLINE vi magnitude_bits(vf x) { return (vi)x & 0x7fffffff; }
// Those of the first `channels` lanes.
DN_INLINE vi first_lanes(vi bits, int channels) {
  const vi lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return lane < channels ? bits : vi{};
}
#else
DN_INLINE vi magnitude_bits(vf) { return vi{}; }
DN_INLINE vi first_lanes(vi, int) { return vi{}; }
#endif
DN_INLINE vi larger(vi a, vi b) { return a > b ? a : b; }

template <Act A, int T>
DN_INLINE vi store_activated(const vf (&sum)[T], float* dst) {
  vi largest = {};
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) {
    const vf x = act<A>(sum[t]);
    store(dst + t * kBlock, x);
    largest = larger(largest, magnitude_bits(x));
  }
  return largest;
}

// From the sums of T neighbouring pixels to results; returns the largest magnitudes.
template <int T>
DN_INLINE vi finish_depthwise(Act brief, const vf (&sum)[T], float* dst) {
  switch (brief) {
    case Act::Leaky:
      return store_activated<Act::Leaky>(sum, dst);
    case Act::Relu:
      return store_activated<Act::Relu>(sum, dst);
    case Act::Relu6:
      return store_activated<Act::Relu6>(sum, dst);
    default:
      return store_activated<Act::Linear>(sum, dst);
  }
}

// Adds a row of K taps to the sums of T pixels. Each input is loaded once, for all pixels it is a
// tap of. The first input, at `src`, is of column `column` of the map, which has `width`.
template <int T, int K, int S>
DN_INLINE void add_row(const float* src, const float* weights, int column, int width,
                       vf (&sum)[T]) {
  vf weight[K];
#pragma GCC unroll 5
  for (int kx = 0; kx < K; ++kx) weight[kx] = load(weights + kx * kBlock);
#pragma GCC unroll 32
  for (int at = 0; at < (T - 1) * S + K; ++at) {
    const float* from = src + at * kBlock;
    const int behind = (T - 1) * S + K - 1 - at;
    if (at < K / 2) from = column + at < 0 ? kZeros : from;
    if (behind < K / 2) from = column + at >= width ? kZeros : from;
    // hides the choice: GCC would multiply on both sides of it, and then add
    if (at < K / 2 || behind < K / 2) asm("" : "+r"(from));
    const vf input = load(from);
#pragma GCC unroll 5
    for (int kx = 0; kx < K; ++kx) {
      const int t = (at - kx) / S;
      if (at >= kx && (at - kx) % S == 0 && t < T) sum[t] += input * weight[kx];
    }
  }
}

// The same for any number of taps, all inside.
template <int T>
DN_INLINE void add_any_row(const float* src, const float* weights, int kw, int64_t tap_step,
                           int pixel_step, vf (&sum)[T]) {
  for (int kx = 0; kx < kw; ++kx) {
    const vf weight = load(weights + kx * kBlock);
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t) sum[t] += load(src + kx * tap_step + t * pixel_step) * weight;
  }
}

// T output pixels from pixel `x`. K and S are the kernel's width and stride: then up to K / 2
// columns at each side may lie outside. Or 0 for any: then all are inside.
template <int T, int K, int S>
DN_INLINE vi depthwise_pixels(const DepthwiseRow& r, int x) {
  const int stride = S ? S : r.stride, kw = K ? K : r.kw;
  const int column = x * stride - r.pad;
  vi largest = {};
  for (int lane = 0; lane < kBlock; lane += VL) {
    vf sum[T];
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t) sum[t] = load(r.bias + lane);
    const float* s = r.src + (int64_t)x * stride * kBlock + lane;
    const float* w = r.weights + lane;
    for (int ky = 0; ky < r.rows; ++ky, s += r.row_step, w += kw * kBlock) {
      if constexpr (K > 0)
        add_row<T, K, S>(s, w, column, r.width, sum);
      else
        add_any_row(s, w, kw, r.tap_step, stride * kBlock, sum);
    }
    largest = larger(largest, finish_depthwise(r.act, sum, r.dst + (int64_t)x * kBlock + lane));
  }
  return largest;
}

// Pixels; their sums and the weights of a row of taps stay in registers.
constexpr int kMostAtOnce = VL == 16 ? 14 : 8;

template <int T, int K, int S>
DN_INLINE vi depthwise_some(const DepthwiseRow& r, int x, int pixels) {
  if constexpr (T > 1) {
    if (pixels < T) return depthwise_some<T - 1, K, S>(r, x, pixels);
  }
  return depthwise_pixels<T, K, S>(r, x);
}

// Output pixels [x, end), in parts of nearly one size; see depthwise_pixels.
template <int K, int S>
static vi depthwise_inner(const DepthwiseRow& r, int x, int end) {
  vi largest = {};
  for (; end - x >= 2 * kMostAtOnce; x += kMostAtOnce)
    largest = larger(largest, depthwise_pixels<kMostAtOnce, K, S>(r, x));
  if (end - x > kMostAtOnce) {
    const int half = (end - x + 1) / 2;
    largest = larger(largest, depthwise_some<kMostAtOnce, K, S>(r, x, half));
    x += half;
  }
  if (x < end) largest = larger(largest, depthwise_some<kMostAtOnce, K, S>(r, x, end - x));
  return largest;
}

// One output pixel, some of whose taps may lie outside.
static inline vi depthwise_border(const DepthwiseRow& r, int x) {
  vi largest = {};
  for (int lane = 0; lane < kBlock; lane += VL) {
    vf sum = load(r.bias + lane);
    for (int ky = 0; ky < r.rows; ++ky) {
      const float* s = r.src + ky * r.row_step + (int64_t)x * r.stride * kBlock;
      const float* w = r.weights + ky * r.kw * kBlock + lane;
      for (int kx = 0; kx < r.kw; ++kx, s += r.tap_step) {
        const unsigned column = unsigned(x * r.stride - r.pad + kx * r.dilation);
        const float* from = column < unsigned(r.width) ? s : kZeros;  // no branch to guess wrong
        sum += load(from + lane) * load(w + kx * kBlock);
      }
    }
    float* dst = r.dst + (int64_t)x * kBlock + lane;
    largest = larger(largest, finish_depthwise<1>(r.act, {sum}, dst));
  }
  return largest;
}

typedef vi (*DepthwiseInner)(const DepthwiseRow&, int, int);

// Kernels of these shapes, centred on their output pixels, know what lies outside.
static inline DepthwiseInner find_centred(const ConvShape& s) {
  const int over = (s.ow - 1) * s.stride_x - s.pad_left + s.kw - s.w;  // columns, at the right
  if (s.dilation != 1 || s.pad_left != s.kw / 2 || over > s.kw / 2) return nullptr;
  if (s.kw == 3 && s.stride_x == 1) return depthwise_inner<3, 1>;
  if (s.kw == 3 && s.stride_x == 2) return depthwise_inner<3, 2>;
  if (s.kw == 5 && s.stride_x == 1) return depthwise_inner<5, 1>;
  if (s.kw == 5 && s.stride_x == 2) return depthwise_inner<5, 2>;
  return nullptr;
}

// What all rows of a convolution share.
struct Depthwise {
  ConvShape s;
  int blocks;
  const float* bias;
  const float* weights;
  DepthwiseInner inner;
  int inner0, inner1;  // columns of outputs that `inner` does; the others are of the border
  Act act;
};

// packed: bias[c padded], then [channel block][ky][kx][16].
static inline Depthwise depthwise_of(const ConvShape& s, const float* packed, Act act) {
  const int blocks = ceil_div(s.c, kBlock);
  const float* weights = packed + blocks * kBlock;
  if (DepthwiseInner centred = find_centred(s))
    return {s, blocks, packed, weights, centred, 0, s.ow, act};
  const int inner0 = most(0, least(s.ow, ceil_div(s.pad_left, s.stride_x)));
  const int room = s.w + s.pad_left - (s.kw - 1) * s.dilation - 1;
  const int inner1 = most(inner0, least(s.ow, room < 0 ? 0 : room / s.stride_x + 1));
  return {s, blocks, packed, weights, depthwise_inner<0, 0>, inner0, inner1, act};
}

// Output pixels [x0, x1) of row `oy` of the channel blocks [block0, block1), of the image that
// begins at `src`. `dst` is that of pixel x0 in the first block, `dst_block` floats before the
// next. Returns the largest magnitudes of the results, lane by lane, without lanes behind the last
// channel; see magnitude_bits.
static inline vi depthwise_span(const Depthwise& d, const float* src, int block0, int block1,
                                int oy, int x0, int x1, float* dst, int64_t dst_block) {
  const ConvShape& s = d.s;
  const int taps = s.kh * s.kw;
  const int y0 = oy * s.stride_y - s.pad_top;
  int skip = 0, rows = s.kh;  // the kernel rows that meet the input: `rows`, after `skip`
  while (rows > 0 && y0 + skip * s.dilation < 0) ++skip, --rows;
  while (rows > 0 && y0 + (skip + rows - 1) * s.dilation >= s.h) --rows;
  const int64_t y = y0 + skip * s.dilation;
  const int64_t src_block = src_plane(s) * kBlock;
  const bool in_kernel = is_brief(d.act);
  DepthwiseRow r;
  r.src = src + block0 * src_block + (y * s.w - s.pad_left) * kBlock;
  r.weights = d.weights + ((int64_t)block0 * taps + skip * s.kw) * kBlock;
  r.bias = d.bias + block0 * kBlock;
  r.dst = dst - (int64_t)x0 * kBlock;
  r.row_step = (int64_t)s.dilation * s.w * kBlock;
  r.tap_step = s.dilation * kBlock;
  r.rows = rows;
  r.kw = s.kw;
  r.stride = s.stride_x;
  r.dilation = s.dilation;
  r.pad = s.pad_left;
  r.width = s.w;
  r.act = in_kernel ? d.act : Act::Linear;
  const int inner0 = most(x0, least(d.inner0, x1)), inner1 = most(inner0, least(d.inner1, x1));
  vi largest = {};
  for (int block = block0; block < block1; ++block) {
    vi of_block = {};
    for (int x = x0; x < x1; ++x) {
      if (x == inner0) x = inner1;
      if (x == x1) break;
      of_block = larger(of_block, depthwise_border(r, x));
    }
    of_block = larger(of_block, d.inner(r, inner0, inner1));
    if (!in_kernel) {
      float* p = r.dst + (int64_t)x0 * kBlock;
      const int n = (x1 - x0) * kBlock;
      apply(d.act, p, nullptr, p, n);
      of_block = vi{};
      for (int i = 0; i < n; i += VL) of_block = larger(of_block, magnitude_bits(load(p + i)));
    }
    largest = larger(largest, first_lanes(of_block, s.c - block * kBlock));
    r.src += src_block;
    r.weights += taps * kBlock;
    r.bias += kBlock;
    r.dst += dst_block;
  }
  return largest;
}

}  // namespace dn::cpu::DN_ISA
