// The gradient of a 3x3 convolution's weights by Winograd's F(4x4): the transposes of the
// transforms of outputs and kernels stand around the same products, so that a tile of 4x4 deltas
// and 6x6 inputs takes 36 multiplications instead of 144.
//
// Blocks of tiles are transformed by all threads together; then each takes its own units, of one
// input channel block and one register tile of output channels, and sums the products of all tiles.
// Blocks do not depend on the number of threads.
//
// Compiled for AVX512-BF16, coefficients are rounded to bfloat16, and those of two tiles that
// follow each other make a word (see products.h).
#include "gradient_tile.h"
#include "train_api.h"
#include "winograd_transforms.h"

namespace dn::cpu::DN_ISA {
namespace {

constexpr int kOut = 4, kIn = 6, kFrequencies = kIn * kIn;
constexpr int64_t kBlockBytes = 3 << 20;  // of transformed inputs and deltas
constexpr int kFewestTiles = 128;         // in a block, or the sums would be read too often

// 4 deltas to 6 coefficients: the transpose of Winograd4::output.
DN_INLINE void transform_delta(const vf* d, vf* out) {
  constexpr float a = Winograd4::a, b = Winograd4::b;
  const vf even_a = d[0] + 0.5f * d[2], odd_a = a * (d[1] + 0.5f * d[3]);
  const vf even_b = d[0] + 2.f * d[2], odd_b = b * (d[1] + 2.f * d[3]);
  out[0] = d[0];
  out[1] = even_a + odd_a;
  out[2] = even_a - odd_a;
  out[3] = even_b + odd_b;
  out[4] = even_b - odd_b;
  out[5] = d[3];
}

// 6 sums of products to 3 taps: the transpose of Winograd4::kernel.
DN_INLINE void transform_sums(const vf* m, vf* out) {
  constexpr float third = 1.f / 3, root = 0.707106781f;
  const vf sum_a = m[1] + m[2], sum_b = m[3] + m[4];
  out[0] = m[0] - (2 * third) * sum_a + (0.5f * third) * sum_b;
  out[1] = (2 * third * root) * (m[2] - m[1]) + (third * root) * (m[3] - m[4]);
  out[2] = third * (sum_b - sum_a) + m[5];
}

struct Geometry {
  ConvShape s;
  int blocks, k_padded, k_blocks, k_tiles, units;
  int tile_rows, tile_columns, tiles;
  int tile_blocks, block_words;    // words: a tile, or two
  int64_t input_step, delta_step;  // words from one frequency to the next
  int64_t unit_floats;
};

Geometry geometry_of(const GradientDesc& d) {
  Geometry g;
  const ConvShape& s = g.s = d.shape;
  g.blocks = ceil_div(s.c, kBlock);
  g.k_padded = round_up(s.k, kBlock);
  g.k_blocks = g.k_padded / kBlock;
  g.k_tiles = ceil_div(g.k_padded, kTileChannels);
  g.units = g.blocks * g.k_tiles;
  g.tile_rows = ceil_div(s.oh, kOut);
  g.tile_columns = ceil_div(s.ow, kOut);
  g.tiles = s.n * g.tile_rows * g.tile_columns;
  const int64_t tile_bytes = 4LL * kFrequencies * kWords * (g.blocks + g.k_blocks);
  const int64_t wanted = most<int64_t>(kFewestTiles, kBlockBytes / tile_bytes);
  g.tile_blocks = (int)((g.tiles + wanted - 1) / wanted);
  g.block_words = ceil_div(ceil_div(g.tiles, g.tile_blocks), kPerWord);
  // an odd number of cache lines, so that the frequencies of a tile do not share a cache set
  g.input_step = (int64_t)(g.blocks * g.block_words | 1) * kBlock;
  g.delta_step = (int64_t)(g.k_blocks * g.block_words | 1) * kBlock;
  g.unit_floats = (int64_t)kFrequencies * kBlock * kTileChannels;
  return g;
}

// Copies the pixels of a tile of SIZE x SIZE that lie inside a map; the others are 0.
template <int SIZE>
void copy_patch(const float* plane, int h, int w, int y0, int x0, float* patch) {
  memset(patch, 0, SIZE * SIZE * kBlock * 4);
  const int left = most(0, -x0), right = least(SIZE, w - x0);
  for (int y = most(0, -y0); y < SIZE && y0 + y < h && left < right; ++y)
    memcpy(patch + (y * SIZE + left) * kBlock, plane + ((int64_t)(y0 + y) * w + x0 + left) * kBlock,
           (right - left) * kBlock * 4);
}

// Transforms N x N pixels to 6 x 6 coefficients, `step` floats apart.
template <int N, class Transform>
DN_INLINE void transform_tile(const float* s, int64_t row, float* out, int64_t step,
                              const Transform& transform) {
#pragma GCC unroll 1
  for (int lane = 0; lane < kBlock; lane += VL) {
    vf half[kIn][N], d[N], r[kIn];
#pragma GCC unroll 6
    for (int x = 0; x < N; ++x) {
#pragma GCC unroll 6
      for (int y = 0; y < N; ++y) d[y] = load(s + y * row + x * kBlock + lane);
      transform(d, r);
#pragma GCC unroll 6
      for (int y = 0; y < kIn; ++y) half[y][x] = r[y];
    }
#pragma GCC unroll 6
    for (int y = 0; y < kIn; ++y) {
      transform(half[y], r);
#pragma GCC unroll 6
      for (int x = 0; x < kIn; ++x) store(out + (y * kIn + x) * step + lane, r[x]);
    }
  }
}

struct Job {
  Geometry g;
  Source src, out_delta;
  float *inputs, *deltas, *sums;
};

// Transforms one channel block of inputs (block < g.blocks) or deltas of a tile.
void transform(const Job& job, int block, int tile, float* out, int64_t step) {
  const Geometry& g = job.g;
  const ConvShape& s = g.s;
  const int per_image = g.tile_rows * g.tile_columns, image = tile / per_image;
  const int row = tile % per_image / g.tile_columns, column = tile % per_image % g.tile_columns;
  alignas(64) float patch[kIn * kIn * kBlock];
  if (block < g.blocks) {
    const float* plane =
        job.src.data + image * job.src.batch_stride + (int64_t)block * s.h * s.w * kBlock;
    const int y0 = row * kOut - s.pad_top, x0 = column * kOut - s.pad_left;
    const bool inside = y0 >= 0 && x0 >= 0 && y0 + kIn <= s.h && x0 + kIn <= s.w;
    if (!inside) copy_patch<kIn>(plane, s.h, s.w, y0, x0, patch);
    transform_tile<kIn>(inside ? plane + ((int64_t)y0 * s.w + x0) * kBlock : patch,
                        (inside ? s.w : kIn) * kBlock, out, step,
                        [](const vf* d, vf* out) { Winograd4::input(d, out); });
    return;
  }
  block -= g.blocks;
  const float* plane = job.out_delta.data + image * job.out_delta.batch_stride +
                       (int64_t)block * s.oh * s.ow * kBlock;
  const int y0 = row * kOut, x0 = column * kOut;
  const bool inside = y0 + kOut <= s.oh && x0 + kOut <= s.ow;
  if (!inside) copy_patch<kOut>(plane, s.oh, s.ow, y0, x0, patch);
  transform_tile<kOut>(inside ? plane + ((int64_t)y0 * s.ow + x0) * kBlock : patch,
                       (inside ? s.ow : kOut) * kBlock, out, step,
                       [](const vf* d, vf* out) { transform_delta(d, out); });
}

// The same of the tiles of a word; `slot` is its place in the block of tiles. Behind the last tile
// a word is filled with zeros.
void transform_word(const Job& job, int block, int tile, int tiles, int slot) {
  const Geometry& g = job.g;
  const bool input = block < g.blocks;
  const int64_t step = input ? g.input_step : g.delta_step;
  float* out = (input ? job.inputs : job.deltas) +
               ((int64_t)(input ? block : block - g.blocks) * g.block_words + slot) * kBlock;
  if constexpr (kPerWord == 1) {
    transform(job, block, tile, out, step);
  } else {
    alignas(64) float both[2][kFrequencies * kBlock];
    if (tiles < 2) memset(both[1], 0, sizeof both[1]);
    for (int i = 0; i < tiles; ++i) transform(job, block, tile + i, both[i], kBlock);
    for (int f = 0; f < kFrequencies; ++f)
      store(out + f * step, words_of(load(both[0] + f * kBlock), load(both[1] + f * kBlock)));
  }
}

// Adds the products of `count` words of tiles to the sums of a unit, [frequency][16][channels of
// the tile].
void multiply(const Job& job, int unit, int count, bool first, float* sums) {
  const Geometry& g = job.g;
  const int tile = unit / g.blocks, block = unit % g.blocks;
  const int width = least(kTileChannels, g.k_padded - tile * kTileChannels);
  OuterJob outer;
  outer.input_pixel = outer.delta_pixel = kBlock;
  outer.input_row = outer.delta_row = 0;
  outer.delta_plane = (int64_t)g.block_words * kBlock;
  outer.rows = 1;
  outer.count = count;
  outer.first = first;
  for (int f = 0; f < kFrequencies; ++f) {
    outer.input = job.inputs + f * g.input_step + (int64_t)block * g.block_words * kBlock;
    outer.delta = job.deltas + f * g.delta_step +
                  (int64_t)tile * (kTileChannels / kBlock) * g.block_words * kBlock;
    outer.sums = sums + (int64_t)f * kBlock * width;
    outer_block(outer, least(kBlock, g.s.c - block * kBlock), width);
  }
}

// Transforms the sums of a unit back and adds them to the gradient.
void finish(const Job& job, int unit, const float* sums, float* gradient) {
  const Geometry& g = job.g;
  const int k0 = unit / g.blocks * kTileChannels, c0 = unit % g.blocks * kBlock;
  const int width = least(kTileChannels, g.k_padded - k0);
  for (int c = c0; c < least(g.s.c, c0 + kBlock); ++c) {
    alignas(64) float taps[9][kTileChannels];
    for (int lane = 0; lane < width; lane += VL) {
      vf half[3][kIn], m[kIn], r[3];
#pragma GCC unroll 6
      for (int x = 0; x < kIn; ++x) {
#pragma GCC unroll 6
        for (int y = 0; y < kIn; ++y)
          m[y] = load(sums + ((int64_t)(y * kIn + x) * kBlock + c - c0) * width + lane);
        transform_sums(m, r);
#pragma GCC unroll 3
        for (int y = 0; y < 3; ++y) half[y][x] = r[y];
      }
#pragma GCC unroll 3
      for (int y = 0; y < 3; ++y) {
        transform_sums(half[y], r);
#pragma GCC unroll 3
        for (int x = 0; x < 3; ++x) store(taps[y * 3 + x] + lane, r[x]);
      }
    }
    for (int k = k0; k < least(g.s.k, k0 + width); ++k) {
      float* to = gradient + ((int64_t)k * g.s.c + c) * 9;
      for (int tap = 0; tap < 9; ++tap) to[tap] += taps[tap][k - k0];
    }
  }
}

}  // namespace

size_t winograd_gradient_scratch(const GradientDesc& d, int threads) {
  const Geometry g = geometry_of(d);
  const int64_t units = g.tile_blocks == 1 ? threads : g.units;
  return 4 * (kFrequencies * (g.input_step + g.delta_step) + units * g.unit_floats);
}

void add_winograd_gradient(const GradientDesc& d, Source src, Source out_delta, float* gradient,
                           float* scratch, int threads) {
  const Geometry g = geometry_of(d);
  float* deltas = scratch + kFrequencies * g.input_step;
  const Job job = {g, src, out_delta, scratch, deltas, deltas + kFrequencies * g.delta_step};
  const int blocks = g.blocks + g.k_blocks;
#pragma omp parallel num_threads(threads) if (threads > 1)
  for (int i = 0; i < g.tile_blocks; ++i) {
    const int first = part(g.tiles, i, g.tile_blocks);
    const int tiles = part(g.tiles, i + 1, g.tile_blocks) - first;
    const int count = ceil_div(tiles, kPerWord);
#pragma omp for schedule(static, 1)
    for (int id = 0; id < threads; ++id)
      for (int t = part(blocks * count, id, threads); t < part(blocks * count, id + 1, threads);
           ++t) {
        const int before = t % count * kPerWord;
        transform_word(job, t / count, first + before, least(kPerWord, tiles - before), t % count);
      }
#pragma omp for schedule(static, 1)
    for (int id = 0; id < threads; ++id) {
      for (int unit = part(g.units, id, threads); unit < part(g.units, id + 1, threads); ++unit) {
        // with one block of tiles, sums are needed for a moment only
        float* sums = job.sums + (g.tile_blocks == 1 ? id : unit) * g.unit_floats;
        multiply(job, unit, count, i == 0, sums);
        if (i + 1 == g.tile_blocks) finish(job, unit, sums, gradient);
      }
    }
  }
}

}  // namespace dn::cpu::DN_ISA
