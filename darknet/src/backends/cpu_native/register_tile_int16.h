// The innermost loop of the convolution of 16-bit integers: a tile of T output pixels x NV vectors
// of output channels stays in registers while the input channels are summed, two at a time. Sums of
// integers are exact, so that results do not depend on how the work is cut.
#pragma once

#include <immintrin.h>

#include "activations.h"

namespace dn::cpu::DN_ISA {

// Two 16-bit integers of neighbouring channels, the first in the low half.
typedef uint32_t Pair;

// The pairs of two neighbouring pixels lie in turns, two by two: what packing their vectors gives.
constexpr int kFour = 4;

struct PairTileJob {
  const Pair* src;      // [channel block][two pixels of the tile][four channels][pixel][pair]
  const Pair* weights;  // [pair][channels of the tile]
  int pairs;
  const float* scale;     // a number per output channel, times
  float src_scale;        // that, is what the integers' sums are multiplied by
  const float* bias;      // of each output channel
  float* dst;             // [channel block][pixel][16]
  const float* residual;  // as dst; may be null
  int64_t plane;          // floats from one channel block of `dst` and `residual` to the next
  float slope, limit;     // the results are min(x > 0 ? x : slope * x, limit) + residual
};

typedef void (*PairTileKernel)(const PairTileJob*);

// Where a pixel of a tile is, in a block of `src`.
constexpr int pair_offset(int pixel) { return pixel / 2 * kBlock + pixel % 2 * (kFour / 2); }

template <int NV, int T>
static void pair_tile_kernel(const PairTileJob* job) {
  // The output is not in cache yet: have its lines brought while the tile is computed.
#pragma GCC unroll 32
  for (int t = 0; t < T; ++t) {
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) __builtin_prefetch(job->dst + v * job->plane + t * kBlock, 1, 3);
  }
  vi sum[T][NV];
#pragma GCC unroll 32
  for (int t = 0; t < T; ++t) {
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) sum[t][v] = vi{};
  }
  const Pair* w = job->weights;
  const Pair* src = job->src;
  for (int left = job->pairs; left > 0; left -= kBlock / 2, src += (T + 1) / 2 * kBlock) {
    const Pair* s = src;
    const int pairs = least(left, kBlock / 2);
    int step = 1;  // to the second pair of a four, and then to the next four
    for (int i = 0; i < pairs; ++i, s += step, step = kFour - step, w += NV * VL) {
      __m512i channel[NV];
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) channel[v] = _mm512_loadu_si512(w + v * VL);
#pragma GCC unroll 32
      for (int t = 0; t < T; ++t) {
        const __m512i pixel = _mm512_set1_epi32((int)s[pair_offset(t)]);
#pragma GCC unroll 4
        for (int v = 0; v < NV; ++v)
          sum[t][v] = (vi)_mm512_dpwssd_epi32((__m512i)sum[t][v], pixel, channel[v]);
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
    const vf scale = load(job->scale + v * VL) * splat(job->src_scale);
    const vf bias = load(job->bias + v * VL);
#pragma GCC unroll 32
    for (int t = 0; t < T; ++t) {
      vf x = __builtin_convertvector(sum[t][v], vf) * scale + bias;
      x = vmin(limit, sloped(x, slope));
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

// Register tiles are of two blocks of output channels, as elsewhere; of three, where there are
// three.
constexpr int kThreeBlocks = 3 * kBlock;
constexpr int pair_tile_channels(int k_padded) {
  return k_padded == kThreeBlocks ? kThreeBlocks : kTileChannels;
}

// The most pixels of tiles of that many channels.
constexpr int pair_tile_pixels(int channels) {
  return channels == kThreeBlocks    ? kTilePixels * kTileVectors / 3
         : channels == kTileChannels ? kTilePixels
                                     : kNarrowPixels;
}

static inline PairTileKernel find_pair_kernel(int channels, int pixels) {
  if (channels == kThreeBlocks) return pair_kernel_of<3, pair_tile_pixels(kThreeBlocks)>(pixels);
  return channels == kTileChannels ? pair_kernel_of<kTileVectors, kTilePixels>(pixels)
                                   : pair_kernel_of<1, kNarrowPixels>(pixels);
}

}  // namespace dn::cpu::DN_ISA
