// What the direct convolutions share: how they cut their work, and how a tile becomes plain.
#pragma once

#include "simd.h"

namespace dn::cpu::DN_ISA {

// Cuts the work in `pixels` x `channels` parts, one per thread, so that the slowest is done first;
// of equals, the cut that moves less data: all weights to each of the parts of pixels, all of the
// input to each of the parts of channels.
struct Cut {
  int pixels, channels;
};
static inline Cut cut_work(int pixel_tiles, int channel_tiles, double weight_bytes,
                           double input_bytes, int threads) {
  Cut best = {threads, 1};
  double best_cost = 0;
  for (int channels = 1; channels <= threads; ++channels) {
    if (threads % channels) continue;
    const int pixels = threads / channels;
    const double steps = (double)ceil_div(pixel_tiles, pixels) * ceil_div(channel_tiles, channels);
    const double bytes = weight_bytes / channels + input_bytes / pixels;
    const double cost = steps * (1 + 1e-12 * bytes);
    if (channels == 1 || cost < best_cost) {
      best_cost = cost;
      best = {pixels, channels};
    }
  }
  return best;
}

// Copies [channel block][pixel][16] to [channel][pixel].
static inline void write_plain(const float* tile, int channels, int pixels, float* dst,
                               int64_t plane) {
  for (int k = 0; k < channels; ++k) {
    const float* from = tile + k / kBlock * pixels * kBlock + k % kBlock;
    for (int t = 0; t < pixels; ++t) dst[k * plane + t] = from[t * kBlock];
  }
}

}  // namespace dn::cpu::DN_ISA
