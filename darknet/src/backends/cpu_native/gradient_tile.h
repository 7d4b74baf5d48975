// The innermost loop of every gradient of dense weights: R input channels times NV vectors of
// output channels stay in registers while the products of many pixels are summed.
#pragma once

#include "products.h"

namespace dn::cpu::DN_ISA {

#if defined(__AVX512F__)
constexpr int kTileRows = 8;  // input channels of the largest tile: 16 + 2 + 1 of 32 registers
#elif defined(__AVX2__) || defined(__aarch64__)
constexpr int kTileRows = 4;
#else
constexpr int kTileRows = 2;
#endif

// sums[channel of the input][channel of the output] over `rows` rows of `count` pixels; see
// products.h for words, of one pixel or of two that follow each other.
struct OuterJob {
  const float* input;  // a channel of the first word; the next channels follow it
  const float* delta;  // the first channel block of the first pixel's delta
  int64_t input_pixel, input_row, delta_pixel, delta_row;  // floats to the next
  int64_t delta_plane;                                     // to the next channel block
  int rows, count;
  float* sums;  // [R][channels of the tile]
  bool first;   // they are written, else added to
};

template <int NV, int R>
static void outer_tile(const OuterJob& job) {
  vf sum[R][NV];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v)
      sum[r][v] = job.first ? vf{} : load(job.sums + r * NV * VL + v * VL);
  }
  for (int y = 0; y < job.rows; ++y) {
    const float* x = job.input + y * job.input_row;
    const float* d = job.delta + y * job.delta_row;
    for (int i = 0; i < job.count; ++i, x += job.input_pixel, d += job.delta_pixel) {
      vf delta[NV];
#pragma GCC unroll 4
      for (int v = 0; v < NV; ++v)
        delta[v] = load(d + v / kLanes * job.delta_plane + v % kLanes * VL);
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) {
        const vf value = splat(x[r]);
#pragma GCC unroll 4
        for (int v = 0; v < NV; ++v) sum[r][v] = multiply_add(sum[r][v], value, delta[v]);
      }
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) store(job.sums + r * NV * VL + v * VL, sum[r][v]);
  }
}

// The sums of the first `channels` (up to 16, or a few more) channels of an input block with a tile
// of `width` output channels; sums: [16][width].
static void outer_block(OuterJob job, int channels, int width) {
  for (int c = 0; c < channels; c += kTileRows) {
    if (width == kTileChannels)
      outer_tile<kTileVectors, kTileRows>(job);
    else
      outer_tile<kLanes, kTileRows>(job);
    job.input += kTileRows;
    job.sums += kTileRows * width;
  }
}

}  // namespace dn::cpu::DN_ISA
