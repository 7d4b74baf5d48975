// The innermost loop of every dense convolution: a tile of T output pixels x NV vectors of output
// channels that stays in registers while all taps and input channels are summed.
//
// Each output is one chain of multiply-adds in the order (channel block, ky, kx, channel), whatever
// the tile size, so that results do not depend on how the work is cut.
#pragma once

#include "activations.h"
#include "products.h"

namespace dn::cpu::DN_ISA {

// The input of a tile. For each of `blocks` channel blocks, `taps` taps and `count` channels
// (`last_count` in the last block), one word (see products.h; a float, if not for AVX512-BF16) per
// pixel is read at
//   src + block * block_stride + offsets[tap] + channel + pixel * PX.
// PX of 1 or 2 is a plain image: a block is one channel and `count` is not looked at.
struct TileInput {
  const float* src;
  int64_t block_stride;
  const int* offsets;
  int blocks, taps, count, last_count;
  int pixel_stride;  // PX, when it is not known at compile time
};

struct TileJob {
  TileInput in;
  // Weights: blocks at a distance of `weights_stride`; inside, [tap][channel][NV vectors].
  // The first `skip_taps` (of kernel rows above the input) are passed over.
  const float* weights;
  int64_t weights_stride;
  int skip_taps;
  // Tiles in a row that are computed, each right behind the one before, in source and destination.
  int tiles;
  int tiles_before;       // that used these weights: see fetch_ahead
  int64_t weights_ahead;  // floats from these weights to the next
  const float* start;     // of each output channel (the bias), or null to add to what `dst` holds
  float* dst;             // [channel block][pixel][16]
  const float* residual;  // as dst, is added to the results; may be null
  int64_t plane;          // floats from one channel block of `dst` and `residual` to the next
  Act act;                // a brief one, before the residual is added
};

typedef void (*TileKernel)(const TileJob*);

// Where vector `v` of pixel `t` is.
template <typename Float>
DN_INLINE Float* at(Float* dst, int64_t plane, int t, int v) {
  return dst + v / kLanes * plane + t * kBlock + v % kLanes * VL;
}

// `weights_ahead` of the `i`th of the tiles that use the same weights: how far behind each used
// one another is fetched into cache. The first two fetch half of the cache lines of the next
// weights each, spread over their run time. Left to the hardware, the first tile would wait for all
// of them.
DN_INLINE int64_t fetch_ahead(int i, int64_t weights) {
  return i == 0 ? weights : i == 1 ? weights + 16 : 0;
}

// From the sums of tile number `tile` to results.
template <Act A, int NV, int T>
DN_INLINE void finish_tile(const TileJob* job, int tile, const vf (&sum)[T][NV]) {
  const int64_t plane = job->plane;
  float* dst = hidden(job->dst + tile * (T * kBlock));
  if constexpr (NV < kLanes) {  // the rest of the block holds finite numbers
#pragma GCC unroll 32
    for (int t = 0; t < T; ++t) {
#pragma GCC unroll 4
      for (int v = NV; v < kLanes; ++v) store(at(dst, plane, t, v), vf{});
    }
  }
  if (const float* residual = job->residual) {
    residual = hidden(residual + tile * (T * kBlock));
#pragma GCC unroll 32
    for (int t = 0; t < T; ++t) {
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v)
        store(at(dst, plane, t, v), act<A>(sum[t][v]) + load(at(residual, plane, t, v)));
    }
  } else {
#pragma GCC unroll 32
    for (int t = 0; t < T; ++t) {
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v) store(at(dst, plane, t, v), act<A>(sum[t][v]));
    }
  }
}

template <int NV, int T, int PX>
static void tile_kernel(const TileJob* job) {
  for (int tile = 0; tile < job->tiles; ++tile) {
    // The pragmas unroll before `sum` is split into registers; later would leave it in memory.
    vf sum[T][NV];
    const float* dst = hidden(job->dst + tile * (T * kBlock));
    if (const float* start = job->start) {
      // The output is not in cache yet: have its lines brought while the tile is computed.
#pragma GCC unroll 32
      for (int t = 0; t < T; ++t) {
#pragma GCC unroll 4
        for (int v = 0; v < NV; v += kLanes) __builtin_prefetch(at(dst, job->plane, t, v), 1, 3);
      }
#pragma GCC unroll 32
      for (int t = 0; t < T; ++t) {
#pragma GCC unroll 4
        for (int v = 0; v < NV; ++v) sum[t][v] = load(start + v * VL);
      }
    } else {
#pragma GCC unroll 32
      for (int t = 0; t < T; ++t) {
#pragma GCC unroll 4
        for (int v = 0; v < NV; ++v) sum[t][v] = load(at(dst, job->plane, t, v));
      }
    }
    const int64_t px = PX ? PX : job->in.pixel_stride;
    const int64_t ahead = fetch_ahead(job->tiles_before + tile, job->weights_ahead);
    const float* block = job->in.src + tile * T * px;
    const float* weights = job->weights;
    for (int left = job->in.blocks; left > 0; --left) {
      const int count = PX == 1 || PX == 2 ? 1 : left > 1 ? job->in.count : job->in.last_count;
      const float* w = weights;
      if (job->skip_taps) w += (int64_t)job->skip_taps * count * (NV * VL);
      const int* offset = job->in.offsets;
      for (const int* end = offset + job->in.taps; offset < end; ++offset) {
        const float* s = block + *offset;
        for (int i = 0; i < count; ++i, ++s, w += NV * VL) {
          __builtin_prefetch(w + ahead, 0, 2);
          vf channel[NV];
#pragma GCC unroll 4
          for (int v = 0; v < NV; ++v) channel[v] = load(w + v * VL);
#pragma GCC unroll 32
          for (int t = 0; t < T; ++t) {
            const vf pixel = splat(s[t * px]);
#pragma GCC unroll 4
            for (int v = 0; v < NV; ++v) sum[t][v] = multiply_add(sum[t][v], pixel, channel[v]);
          }
        }
      }
      // Hides that the job is the same after the loop: its fields are read again there, and do not
      // take registers (GCC keeps what it can in vector registers, which are all needed) through
      // it.
      asm("" : "+r"(job));
      block += job->in.block_stride;
      weights += job->weights_stride;
    }
    switch (job->act) {
      case Act::Leaky:
        finish_tile<Act::Leaky>(job, tile, sum);
        break;
      case Act::Relu:
        finish_tile<Act::Relu>(job, tile, sum);
        break;
      case Act::Relu6:
        finish_tile<Act::Relu6>(job, tile, sum);
        break;
      default:
        finish_tile<Act::Linear>(job, tile, sum);
    }
  }
}

template <int NV, int PX, int T>
static TileKernel kernel_of(int pixels) {
  if constexpr (T > 1) {
    if (pixels < T) return kernel_of<NV, PX, T - 1>(pixels);
  }
  return tile_kernel<NV, T, PX>;
}

// The most pixels of the tiles of a convolution with that many output channels.
constexpr int tile_pixels(int channels) {
  return channels == kFewestChannels ? kHalfPixels
         : channels == kBlock        ? kNarrowPixels
                                     : kTilePixels;
}

template <int PX>
static TileKernel kernel_for(int channels, int pixels) {
  return channels == kTileChannels ? kernel_of<kTileVectors, PX, kTilePixels>(pixels)
         : channels == kBlock      ? kernel_of<kLanes, PX, kNarrowPixels>(pixels)
                                   : kernel_of<kHalfLanes, PX, kHalfPixels>(pixels);
}

// The kernel for `channels` output channels: kTileChannels (and up to kTilePixels pixels), one
// block (up to kNarrowPixels) or kFewestChannels (up to kHalfPixels).
static inline TileKernel find_kernel(int channels, int pixels, int pixel_stride) {
  switch (pixel_stride) {
    case 1:
      return kernel_for<1>(channels, pixels);
    case 2:
      return kernel_for<2>(channels, pixels);
    case kWords:
      return kernel_for<kWords>(channels, pixels);
    case 2 * kWords:
      return kernel_for<2 * kWords>(channels, pixels);
  }
  return kernel_for<0>(channels, pixels);
}

}  // namespace dn::cpu::DN_ISA
