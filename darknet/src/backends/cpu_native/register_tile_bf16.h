// The innermost loop of the convolution that multiplies bfloat16: a tile of T output pixels x NV
// vectors of output channels stays in registers while the input channels are summed, two at a time.
//
// Each output is one chain of sums in the order of the channels, whatever the tile size, so that
// results do not depend on how the work is cut.
#pragma once

#include <immintrin.h>

#include "activations.h"

namespace dn::cpu::DN_ISA {

// Two bfloat16 numbers of neighbouring channels, the first in the low half.
typedef uint32_t Pair;
constexpr int kBlockPairs = kBlock / 2;

struct PairTileJob {
  const Pair* src;      // [channel block][pixel of the tile][8 pairs]
  const Pair* weights;  // [pair][channels of the tile]
  int pairs;
  const float* start;     // a value per output channel: the bias
  float* dst;             // [channel block][pixel][16]
  const float* residual;  // as dst; may be null
  int64_t plane;          // floats from one channel block of `dst` and `residual` to the next
  float slope, limit;     // the results are min(x > 0 ? x : slope * x, limit) + residual
};

typedef void (*PairTileKernel)(const PairTileJob*);

DN_INLINE vf sum_of_products(vf sum, __m512i pixel, __m512i channel) {
  return (vf)_mm512_dpbf16_ps((__m512)sum, (__m512bh)pixel, (__m512bh)channel);
}

template <int NV, int T>
static void pair_tile_kernel(const PairTileJob* job) {
  vf sum[T][NV];
  // The output is not in cache yet: have its lines brought while the tile is computed.
#pragma GCC unroll 32
  for (int t = 0; t < T; ++t) {
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) __builtin_prefetch(job->dst + v * job->plane + t * kBlock, 1, 3);
  }
#pragma GCC unroll 32
  for (int t = 0; t < T; ++t) {
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) sum[t][v] = load(job->start + v * VL);
  }
  const Pair* w = job->weights;
  const Pair* src = job->src;
  for (int left = job->pairs; left > 0; left -= kBlockPairs, src += T * kBlockPairs) {
    const Pair* s = src;
    for (const Pair* end = s + least(left, kBlockPairs); s < end; ++s, w += NV * VL) {
      __m512i channel[NV];
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) channel[v] = _mm512_loadu_si512(w + v * VL);
#pragma GCC unroll 32
      for (int t = 0; t < T; ++t) {
        const __m512i pixel = _mm512_set1_epi32((int)s[t * kBlockPairs]);
#pragma GCC unroll 4
        for (int v = 0; v < NV; ++v) sum[t][v] = sum_of_products(sum[t][v], pixel, channel[v]);
      }
    }
    // see tile_kernel in register_tile.h
    asm("" : "+r"(job));
  }
  const vf slope = splat(job->slope), limit = splat(job->limit);
  const float* residual = job->residual;
  const int64_t plane = job->plane;
  float* dst = job->dst;
#pragma GCC unroll 4
  for (int v = 0; v < NV; ++v) {
#pragma GCC unroll 32
    for (int t = 0; t < T; ++t) {
      vf x = vmin(limit, sloped(sum[t][v], slope));
      if (residual) x += load(residual + v * plane + t * kBlock);
      store(dst + v * plane + t * kBlock, x);
    }
  }
}

template <int NV, int T>
static PairTileKernel pair_kernel_of(int pixels) {
  if constexpr (T > 1) {
    if (pixels < T) return pair_kernel_of<NV, T - 1>(pixels);
  }
  return pair_tile_kernel<NV, T>;
}

// The kernel for `channels` output channels: kTileChannels (and up to kTilePixels pixels), or one
// block (and up to kNarrowPixels).
static inline PairTileKernel find_pair_kernel(int channels, int pixels) {
  return channels == kTileChannels ? pair_kernel_of<kTileVectors, kTilePixels>(pixels)
                                   : pair_kernel_of<1, kNarrowPixels>(pixels);
}

// Rounds `n` floats, a multiple of 16, to bfloat16.
DN_INLINE void round_to_bf16(const float* src, Pair* dst, int n) {
  int i = 0;
  for (; i + 2 * VL <= n; i += 2 * VL) {
    const __m512bh both = _mm512_cvtne2ps_pbh((__m512)load(src + i + VL), (__m512)load(src + i));
    memcpy(dst + i / 2, &both, sizeof both);
  }
  if (i < n) {
    const __m256bh last = _mm512_cvtneps_pbh((__m512)load(src + i));
    memcpy(dst + i / 2, &last, sizeof last);
  }
}

}  // namespace dn::cpu::DN_ISA
