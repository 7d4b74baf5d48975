// The innermost loop of the convolution of 16-bit integers: a tile of T output pixels x NV vectors
// of output channels stays in registers while the input channels are summed, two at a time. Sums of
// integers are exact.
#pragma once

#include <immintrin.h>

#include "activations.h"

namespace dn::cpu::DN_ISA {

// Two 16-bit integers of neighbouring channels, the first in the low half.
typedef uint32_t Pair;

constexpr int kBlockPairs = kBlock / 2;  // of a pixel in a channel block

struct PairTileJob {
  const Pair* src;      // [channel block][pixel][pair]
  int64_t src_block;    // pairs from one channel block to the next
  const Pair* weights;  // [pair][channels of the tile]
  int pairs;
  int tiles;              // that are computed, each right behind the one before
  const float* scale;     // a number per output channel, times
  float src_scale;        // that, is what the integers' sums are multiplied by
  const float* bias;      // of each output channel
  float* dst;             // [channel block][pixel][16]
  const float* residual;  // as dst; may be null
  int64_t plane;          // floats from one channel block of `dst` and `residual` to the next
  Act act;                // a brief one, before the residual is added
};

typedef void (*PairTileKernel)(const PairTileJob*);

// From the sums of integers to results; the first is `place` floats behind the job's.
template <Act A, int NV, int T>
DN_INLINE void finish_pair_tile(const PairTileJob* job, int64_t place, const vi (&sum)[T][NV]) {
#pragma GCC unroll 4
  for (int v = 0; v < NV; ++v) {
    float* dst = hidden(job->dst + v * job->plane + place);
    const float* residual =
        job->residual ? hidden(job->residual + v * job->plane + place) : nullptr;
    const vf scale = load(job->scale + v * VL) * splat(job->src_scale);
    const vf bias = load(job->bias + v * VL);
#pragma GCC unroll 32
    for (int t = 0; t < T; ++t) {
      vf x = act<A>(__builtin_convertvector(sum[t][v], vf) * scale + bias);
      if (residual) x += load(residual + t * kBlock);
      store(dst + t * kBlock, x);
    }
  }
}

template <int NV, int T>
static void pair_tile_kernel(const PairTileJob* job) {
  for (int tile = 0; tile < job->tiles; ++tile) {
    const int64_t place = (int64_t)tile * (T * kBlock);
    vi sum[T][NV];
#pragma GCC unroll 32
    for (int t = 0; t < T; ++t) {
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) sum[t][v] = vi{};
    }
    const Pair* w = job->weights;
    const Pair* src = job->src + tile * (T * kBlockPairs);
    for (int left = job->pairs; left > 0; left -= kBlockPairs, src += job->src_block) {
      const int pairs = least(left, kBlockPairs);
      const Pair* s = src;
      for (const Pair* end = s + pairs; s < end; ++s, w += NV * VL) {
        __m512i channel[NV];
#pragma GCC unroll 4
        for (int v = 0; v < NV; ++v) channel[v] = _mm512_loadu_si512(w + v * VL);
#pragma GCC unroll 32
        for (int t = 0; t < T; ++t) {
          const __m512i pixel = _mm512_set1_epi32((int)s[t * kBlockPairs]);
#pragma GCC unroll 4
          for (int v = 0; v < NV; ++v)
            sum[t][v] = (vi)_mm512_dpwssd_epi32((__m512i)sum[t][v], pixel, channel[v]);
        }
      }
      // see tile_kernel in register_tile.h
      asm("" : "+r"(job));
    }
    switch (job->act) {
      case Act::Leaky:
        finish_pair_tile<Act::Leaky>(job, place, sum);
        break;
      case Act::Relu:
        finish_pair_tile<Act::Relu>(job, place, sum);
        break;
      case Act::Relu6:
        finish_pair_tile<Act::Relu6>(job, place, sum);
        break;
      default:
        finish_pair_tile<Act::Linear>(job, place, sum);
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
