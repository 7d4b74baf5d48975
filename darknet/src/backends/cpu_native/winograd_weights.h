// The weights of a Winograd convolution: kept as kernels or transformed, rounded where words are
// pairs (products.h).
#pragma once

#include "winograd_geometry.h"

namespace dn::cpu::DN_ISA {

// Taps of the kernels of a word of channels: floats [channel][tap][width] ...
struct FloatKernels {
  static constexpr int kFloats = 9 * kPerWord;  // of a word and output channel
  DN_MEMBER vf tap(const float* kernels, int channel, int tap, int width) {
    return load(kernels + (channel * 9 + tap) * width);
  }
};

// ... or words [tap][width], as they are kept.
struct KeptKernels {
  static constexpr int kFloats = 9;
  DN_MEMBER vf tap(const float* kernels, int channel, int tap, int width) {
    return number_of(load(kernels + tap * width), channel);
  }
};

// Transforms kernels of `count` input channels to [transformed weight][word of channels][width];
// those of a last half word count as 0.
template <class W, class Kernels>
void transform_weights(const float* kernels, int count, int width, float* out) {
  constexpr int N = W::kWeights;
  const int words = ceil_div(count, kPerWord);
  for (int word = 0; word < words; ++word, kernels += Kernels::kFloats * width) {
    const int channels = least(kPerWord, count - word * kPerWord);
#pragma GCC unroll 1
    for (int lane = 0; lane < width; lane += VL) {
      vf columns[kPerWord][3][N] = {};
      for (int i = 0; i < channels; ++i) {
#pragma GCC unroll 3
        for (int x = 0; x < 3; ++x) {
          const vf column[3] = {Kernels::tap(kernels + lane, i, x, width),
                                Kernels::tap(kernels + lane, i, x + 3, width),
                                Kernels::tap(kernels + lane, i, x + 6, width)};
          W::template kernel<vf, float>(column, columns[i][x]);
        }
      }
#pragma GCC unroll 6
      for (int y = 0; y < N; ++y) {
        vf row[3], all[kPerWord][N];
#pragma GCC unroll 2
        for (int i = 0; i < kPerWord; ++i) {
#pragma GCC unroll 3
          for (int x = 0; x < 3; ++x) row[x] = columns[i][x][y];
          W::template kernel<vf, float>(row, all[i]);
        }
#pragma GCC unroll 6
        for (int x = 0; x < N; ++x)
          store(out + (int64_t)((y * N + x) * words + word) * width + lane,
                words_of(all[0][x], all[kPerWord - 1][x]));
      }
    }
  }
}

// The weights of the register tile of output channels that begins with k0.
template <class W>
void pack_tile(const WinogradGeometry& g, const float* weights, float* packed, int k0) {
  constexpr int N = W::kWeights;
  const int width = least(kTileChannels, g.k_padded - k0);
  if (g.keep_kernels) {
    float* out = packed + (int64_t)k0 * 9 * g.depth;
    for (int c = 0; c < g.s.c; c += kPerWord) {
      const int count = least(kPerWord, g.s.c - c);
      for (int tap = 0; tap < 9; ++tap) {
        for (int k = k0; k < k0 + width; ++k) {
          float numbers[kPerWord] = {};
          for (int i = 0; i < count && k < g.s.k; ++i)
            numbers[i] = weights[((int64_t)k * g.s.c + c + i) * 9 + tap];
          *out++ = word_of(numbers);
        }
      }
    }
    return;
  }
  float* out = packed + (int64_t)k0 * N * N * g.s.c;
  for (int c = 0; c < g.s.c; ++c) {
    for (int k = k0; k < k0 + width; ++k) {
      double columns[3][N] = {}, row[3], all[N];
      for (int x = 0; x < 3 && k < g.s.k; ++x) {
        const float* tap = weights + ((int64_t)k * g.s.c + c) * 9 + x;
        const double column[3] = {tap[0], tap[3], tap[6]};
        W::template kernel<double, double>(column, columns[x]);
      }
      for (int y = 0; y < N; ++y) {
        for (int x = 0; x < 3; ++x) row[x] = columns[x][y];
        W::template kernel<double, double>(row, all);
        for (int x = 0; x < N; ++x) {
          out[((int64_t)(y * N + x) * g.s.c + c) * width + (k - k0)] = (float)all[x];
        }
      }
    }
  }
}

// The same by the transform of vectors of floats.
template <class W>
void pack_tile_quickly(const WinogradGeometry& g, const float* weights, float* packed, int k0) {
  constexpr int N = W::kWeights;
  const int width = least(kTileChannels, g.k_padded - k0);
  alignas(64) float taps[kPerWord * 9 * kTileChannels], all[N * N * kTileChannels];
  float* out = packed + (int64_t)k0 * N * N * g.depth;
  for (int c = 0; c < g.s.c; c += kPerWord) {
    const int count = least(kPerWord, g.s.c - c);
    for (int i = 0; i < count; ++i) {
      for (int k = 0; k < width; ++k) {
        const float* from = weights + ((int64_t)(k0 + k) * g.s.c + c + i) * 9;
        for (int tap = 0; tap < 9; ++tap)
          taps[(i * 9 + tap) * width + k] = k0 + k < g.s.k ? from[tap] : 0.f;
      }
    }
    transform_weights<W, FloatKernels>(taps, count, width, all);
    for (int w = 0; w < N * N; ++w)
      memcpy(out + ((int64_t)w * g.depth + c / kPerWord) * width, all + w * width, width * 4);
  }
}

// packed: bias[k padded], then for each register tile of output channels
// [transformed weight][word of input channels][channels of the tile], or
// [word of input channels][tap][channels of the tile] where kernels are kept.
template <class W>
void pack_weights(const ConvDesc& d, const float* weights, const float* bias, float* packed,
                  int threads) {
  const WinogradGeometry g = geometry_of<W>(d, 1);
  for (int k = 0; k < g.k_padded; ++k) packed[k] = bias && k < g.s.k ? bias[k] : 0.f;
  packed += g.k_padded;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
  for (int tile = 0; tile < g.k_tiles; ++tile) {
    if ((d.quick_pack || kPerWord > 1) && !g.keep_kernels)
      pack_tile_quickly<W>(g, weights, packed, tile * kTileChannels);
    else
      pack_tile<W>(g, weights, packed, tile * kTileChannels);
  }
}

}  // namespace dn::cpu::DN_ISA
