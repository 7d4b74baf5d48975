// Winograd convolution, 3x3 with stride 1 or 2.
//
// Output tiles of 4x4 or 2x2 pixels are computed from transformed inputs and kernels: each of their
// coefficients ("frequencies", see winograd_transforms.h) is summed over the input channels by
// itself, as a small matrix product, and the products are transformed back.
//
// Blocks of tiles go through all three steps while their coefficients are in the second-level
// cache. With few weights, each thread takes its own tiles. With many, the threads share the
// transformed input and each takes its own output channels, so that weights are read once. Many
// weights are kept as kernels: transformed they are two to four times the bytes, which takes longer
// to read from memory than to transform.
//
// Compiled for AVX512-BF16, coefficients, kept kernels and transformed weights are rounded to
// bfloat16 (see products.h); transforms and sums are float.
#include "winograd_weights.h"

namespace dn::cpu::DN_ISA {
namespace {

// Transforms the inputs of a tile in one channel block: `s` is its first pixel, rows are `row`
// floats apart. Frequency f is written to the words at out + at[f].
template <class W>
DN_INLINE void input_tile(const float* s, int64_t row, float* out, const int64_t* at) {
  constexpr int N = W::kInputs, F = W::kFrequencies;
#pragma GCC unroll 1
  for (int lane = 0; lane < kBlock; lane += VL) {
    vf half[F][N], d[N], r[F];
#pragma GCC unroll 9
    for (int x = 0; x < N; ++x) {
#pragma GCC unroll 9
      for (int y = 0; y < N; ++y) d[y] = load(s + y * row + x * kBlock + lane);
      W::input(d, r);
#pragma GCC unroll 9
      for (int y = 0; y < F; ++y) half[y][x] = r[y];
    }
#pragma GCC unroll 9
    for (int y = 0; y < F; ++y) {
      W::input(half[y], r);
#pragma GCC unroll 9
      for (int x = 0; x < F; ++x) store_words(out + at[y * F + x] + lane, r[x]);
    }
  }
}

// Transforms the products at m + at[f] to the outputs of a tile.
template <class W>
DN_INLINE void output_tile(const float* m, const int64_t* at, const float* bias, float slope,
                           float* out, int64_t row) {
  constexpr int M = W::kOutputs, F = W::kFrequencies;
#pragma GCC unroll 1
  for (int lane = 0; lane < kBlock; lane += VL) {
    vf half[M][F], d[F], r[M];
#pragma GCC unroll 9
    for (int x = 0; x < F; ++x) {
#pragma GCC unroll 9
      for (int y = 0; y < F; ++y) d[y] = load(m + at[y * F + x] + lane);
      W::output(d, r);
#pragma GCC unroll 9
      for (int y = 0; y < M; ++y) half[y][x] = r[y];
    }
    const vf b = load(bias + lane), slopes = splat(slope);
#pragma GCC unroll 9
    for (int y = 0; y < M; ++y) {
      W::output(half[y], r);
#pragma GCC unroll 9
      for (int x = 0; x < M; ++x) {
        store(out + y * row + x * kBlock + lane, sloped(r[x] + b, slopes));
      }
    }
  }
}

struct Job {
  bool bf16;
  WinogradGeometry g;
  const float* bias;
  const float* weights;
  Source src;
  Target dst;
  Epilogue e;
};

// bf16 is the upper half of a float; two of them are a word. Tensors are bf16 only where words are.
DN_INLINE void widen(const uint16_t* from, float* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t bits = (uint32_t)from[i] << 16;
    memcpy(to + i, &bits, 4);
  }
}

DN_INLINE void narrow(const float* from, uint16_t* to) { store_words((float*)to, load(from)); }

struct TilePlace {
  int image, row, column;
};
TilePlace place_of(const WinogradGeometry& g, int tile) {
  const int per_image = g.tile_rows * g.tile_columns;
  const int in_image = tile % per_image;
  return {tile / per_image, in_image / g.tile_columns, in_image % g.tile_columns};
}

// Transforms channel block `block` of the tiles [tile0, tile1) of those from `first`.
template <class W>
void transform_block(const Job& job, const WinogradLayout& layout, int block, int first, int tile0,
                     int tile1, float* inputs) {
  const WinogradGeometry& g = job.g;
  const ConvShape& s = g.s;
  constexpr int N = W::kInputs, F = W::kFrequencies;
  alignas(64) float patch[N * N * kBlock];
  const int64_t row = (int64_t)s.w * kBlock;
  int64_t at[F * F];
  for (int f = 0; f < F * F; ++f) at[f] = layout.at[f] + block * layout.step[f];
  for (int t = tile0; t < tile1; ++t) {
    const TilePlace place = place_of(g, first + t);
    const int y0 = place.row * W::kStep - s.pad_top, x0 = place.column * W::kStep - s.pad_left;
    const bool inside = y0 >= 0 && x0 >= 0 && y0 + N <= s.h && x0 + N <= s.w;
    const float* from = patch;
    int64_t from_row = N * kBlock;
    if (inside && !job.bf16) {
      from = job.src.data + place.image * job.src.batch_stride + (block * s.h + y0) * row +
             x0 * kBlock;
      from_row = row;
    } else {
      if (!inside) memset(patch, 0, sizeof(patch));
      const int left = most(0, -x0), right = least(N, s.w - x0);
      for (int y = most(0, -y0); y < N && y0 + y < s.h && left < right; ++y) {
        float* to = patch + (y * N + left) * kBlock;
        if (job.bf16) {
          const uint16_t* pixel = (const uint16_t*)job.src.data +
                                  place.image * job.src.batch_stride +
                                  ((int64_t)(y0 + y) * s.w + x0 + left) * s.c + block * kBlock;
          for (int x = left; x < right; ++x, pixel += s.c, to += kBlock) widen(pixel, to, kBlock);
        } else {
          memcpy(to,
                 job.src.data + place.image * job.src.batch_stride + (block * s.h + y0 + y) * row +
                     (x0 + left) * kBlock,
                 (right - left) * kBlock * 4);
        }
      }
    }
    input_tile<W>(from, from_row, inputs + t * kWords, at);
  }
}

// Writes the outputs `local` of a tile, activation done, as bf16 NHWC.
template <class W>
void write_bf16(const Job& job, const TilePlace& place, int k_block, float* local) {
  const ConvShape& s = job.g.s;
  constexpr int M = W::kOutputs;
  const int y0 = place.row * M, x0 = place.column * M;
  const int64_t offset = ((int64_t)y0 * s.ow + x0) * s.k + k_block * kBlock;
  uint16_t* dst = (uint16_t*)job.dst.data + place.image * job.dst.batch_stride + offset;
  const uint16_t* residual = nullptr;
  if (job.e.residual)
    residual = (const uint16_t*)job.e.residual + place.image * job.e.residual_stride + offset;
  for (int y = 0; y < least(M, s.oh - y0); ++y) {
    for (int x = 0; x < least(M, s.ow - x0); ++x) {
      const int64_t at = ((int64_t)y * s.ow + x) * s.k;
      float* from = local + (y * M + x) * kBlock;
      if (residual) {
        alignas(64) float other[kBlock];
        widen(residual + at, other, kBlock);
        apply(job.e.act_after_residual, from, other, from, kBlock);
      }
      narrow(from, dst + at);
    }
  }
}

// Transforms the products of block `b` of a register tile of output channels back, and writes the
// outputs: channel block `k_block` of `count` tiles from `first`.
template <class W>
void write_outputs(const Job& job, const WinogradLayout& layout, int b, int k_block, int first,
                   int count, const float* products) {
  const WinogradGeometry& g = job.g;
  const ConvShape& s = g.s;
  constexpr int M = W::kOutputs, F = W::kFrequencies;
  const bool in_one = is_sloped(job.e.act);
  const float slope = in_one ? slope_of(job.e.act) : 1.f;
  const float* bias = job.bias + k_block * kBlock;
  const int64_t row = (int64_t)s.ow * kBlock;
  alignas(64) float local[M * M * kBlock];
  int64_t at[F * F];
  for (int f = 0; f < F * F; ++f) at[f] = layout.at[f] + b * layout.step[f];
  for (int t = 0; t < count; ++t) {
    const TilePlace place = place_of(g, first + t);
    const int y0 = place.row * M, x0 = place.column * M;
    if (job.bf16) {
      output_tile<W>(products + t * kBlock, at, bias, slope, local, M * kBlock);
      if (!in_one) apply(job.e.act, local, nullptr, local, M * M * kBlock);
      write_bf16<W>(job, place, k_block, local);
      continue;
    }
    const int64_t offset = ((int64_t)k_block * s.oh + y0) * row + x0 * kBlock;
    float* dst = job.dst.data + place.image * job.dst.batch_stride + offset;
    const int rows = least(M, s.oh - y0), columns = least(M, s.ow - x0);
    const float* residual =
        job.e.residual ? job.e.residual + place.image * job.e.residual_stride + offset : nullptr;
    if (job.e.accumulate) residual = dst;
    const bool in_place = in_one && rows == M && columns == M && !residual;
    output_tile<W>(products + t * kBlock, at, bias, slope, in_place ? dst : local,
                   in_place ? row : M * kBlock);
    if (!in_place) {
      if (!in_one) apply(job.e.act, local, nullptr, local, M * M * kBlock);
      for (int y = 0; y < rows; ++y) {
        const float* from = local + y * M * kBlock;
        if (residual)
          apply(job.e.act_after_residual, from, residual + y * row, dst + y * row,
                columns * kBlock);
        else
          memcpy(dst + y * row, from, columns * kBlock * 4);
      }
    }
  }
}

// Part `i` of `parts` of `floats` is brought to the second-level cache.
DN_INLINE void fetch_part(const float* p, int floats, int i, int parts) {
  const int lines = floats / 16;
  for (int line = part(lines, i, parts); line < part(lines, i + 1, parts); ++line)
    __builtin_prefetch(p + line * 16, 0, 2);
}

// Sums the products of `count` transformed tiles for the register tile `kt` of output channels,
// and finishes their outputs. `in` and `out`: the layouts of inputs and products. `scratch`: room
// for transformed weights.
template <class W>
void multiply(const Job& job, const WinogradLayout& in, const WinogradLayout& out, int kt,
              int first, int count, const float* inputs, float* products, float* scratch) {
  alignas(64) static const float zeros[kTileChannels] = {};
  static const int no_offset = 0;
  const WinogradGeometry& g = job.g;
  const int channels = least(kTileChannels, g.k_padded - kt * kTileChannels);
  constexpr int weights = W::kWeights * W::kWeights;
  const float* packed =
      job.weights + (int64_t)kt * kTileChannels * (g.keep_kernels ? 9 : weights) * g.depth;
  TileJob tile;
  tile.in.offsets = &no_offset;
  tile.in.taps = 1;
  tile.in.count = kWords;
  tile.weights_stride = kWords * channels;
  tile.skip_taps = 0;
  tile.act = Act::Linear;
  tile.residual = nullptr;
  for (int b0 = 0; b0 < g.blocks; b0 += g.block_chunk) {
    tile.in.blocks = least(g.block_chunk, g.blocks - b0);
    const bool last = b0 + tile.in.blocks == g.blocks;
    tile.in.last_count = last ? g.last_count : kWords;
    const int chunk_channels = least(g.s.c - b0 * kBlock, tile.in.blocks * kBlock);
    const int chunk_words = (tile.in.blocks - 1) * kWords + tile.in.last_count;
    const int kernel_floats = 9 * chunk_words * channels;
    if (g.keep_kernels) {
      transform_weights<W, KeptKernels>(packed, chunk_channels, channels, scratch);
      packed += kernel_floats;  // the next ones; behind the last: those of the next tile
      tile.weights = scratch;
    } else {
      tile.weights = packed;
    }
    const int64_t weight_floats = (int64_t)chunk_words * channels;
    tile.start = b0 == 0 ? zeros : nullptr;
    for (int w = 0; w < weights; ++w, tile.weights += weight_floats) {
      const int pixels = in.pixels[w], parts = ceil_div(pixels, kTilePixels);
      tile.in.block_stride = pixels * kWords;
      tile.plane = pixels * kBlock;
      if (g.keep_kernels) fetch_part(packed, kernel_floats, w, weights);
      tile.weights_ahead = weight_floats;
      for (int p = 0; p < parts; p += tile.tiles) {
        const int t0 = wider_first(pixels, p, parts), t1 = wider_first(pixels, p + 1, parts);
        const int wider = pixels % parts;  // then there are two runs of tiles
        tile.tiles = (p < wider ? wider : parts) - p;
        tile.tiles_before = p;
        tile.in.src = inputs + in.first[w] + b0 * tile.in.block_stride + t0 * kWords;
        tile.dst = products + out.first[w] + t0 * kBlock;
        find_kernel(channels, t1 - t0, kWords)(&tile);
      }
    }
  }
  for (int b = 0; b < channels / kBlock; ++b) {
    write_outputs<W>(job, out, b, kt * kTileChannels / kBlock + b, first, count, products);
  }
}

// All blocks of tiles of one thread.
template <class W>
void run_own(const Job& job, int tile0, int tile1, float* scratch) {
  const WinogradGeometry& g = job.g;
  const int blocks = ceil_div(tile1 - tile0, g.block_tiles);
  for (int i = 0; i < blocks; ++i) {
    const int first = tile0 + part(tile1 - tile0, i, blocks);
    const int count = tile0 + part(tile1 - tile0, i + 1, blocks) - first;
    WinogradLayout in, out;
    lay_out<W>(g.blocks, count, kWords, &in);
    lay_out<W>(kTileChannels / kBlock, count, kBlock, &out);
    for (int b = 0; b < g.blocks; ++b) transform_block<W>(job, in, b, first, 0, count, scratch);
    for (int kt = 0; kt < g.k_tiles; ++kt) {
      multiply<W>(job, in, out, kt, first, count, scratch, scratch + g.input_floats,
                  scratch + g.input_floats + g.product_floats);
    }
  }
}

// One block of tiles, by all threads together.
template <class W>
void run_shared(const Job& job, int first, int count, float* scratch, int threads) {
  const WinogradGeometry& g = job.g;
  WinogradLayout in, out;
  lay_out<W>(g.blocks, count, kWords, &in);
  lay_out<W>(kTileChannels / kBlock, count, kBlock, &out);
#pragma omp parallel num_threads(threads)
  {
#pragma omp for schedule(static, 1)
    for (int id = 0; id < threads; ++id) {
      // The tiles of all channel blocks in one row, cut evenly.
      const int begin = part(g.blocks * count, id, threads);
      const int end = part(g.blocks * count, id + 1, threads);
      for (int b = begin / count; b * count < end; ++b) {
        transform_block<W>(job, in, b, first, most(begin - b * count, 0),
                           least(end - b * count, count), scratch);
      }
    }
#pragma omp for schedule(static, 1)
    for (int id = 0; id < threads; ++id) {
      float* products = scratch + g.input_floats + id * (g.product_floats + g.weight_floats);
      for (int kt = part(g.k_tiles, id, threads); kt < part(g.k_tiles, id + 1, threads); ++kt) {
        multiply<W>(job, in, out, kt, first, count, scratch, products, products + g.product_floats);
      }
    }
  }
}

// The entry points, for one kind of transform.
template <class W>
struct Winograd {
  static size_t packed_bytes(const ConvDesc& d) {
    const WinogradGeometry g = geometry_of<W>(d, 1);
    const int64_t each = g.keep_kernels ? 9 : W::kWeights * W::kWeights;
    return 4 * g.k_padded * (1 + each * g.depth);
  }

  static size_t scratch_bytes(const ConvDesc& d, int threads) {
    const WinogradGeometry g = geometry_of<W>(d, threads);
    return 4 * ((g.share_input ? 1 : threads) * g.input_floats +
                threads * (g.product_floats + g.weight_floats));
  }

  static void pack(const ConvDesc& d, const float* weights, const float* bias, float* packed,
                   int threads) {
    pack_weights<W>(d, weights, bias, packed, threads);
  }

  static void conv(const ConvDesc& d, const float* packed, Source src, Target dst,
                   const Epilogue& e, float* scratch, int threads) {
    const WinogradGeometry g = geometry_of<W>(d, threads);
    const Job job = {kPerWord > 1 && d.bf16, g, packed, packed + g.k_padded, src, dst, e};
    if (g.share_input) {
      const int blocks = ceil_div(g.tiles, g.block_tiles);
      for (int i = 0; i < blocks; ++i) {
        const int first = part(g.tiles, i, blocks);
        run_shared<W>(job, first, part(g.tiles, i + 1, blocks) - first, scratch, threads);
      }
      return;
    }
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int id = 0; id < threads; ++id) {
      run_own<W>(job, part(g.tiles, id, threads), part(g.tiles, id + 1, threads),
                 scratch + id * (g.input_floats + g.product_floats + g.weight_floats));
    }
  }
};

}  // namespace

#define DN_CALL(function, ...)                                                 \
  d.algo == ConvAlgo::Winograd2   ? Winograd<Winograd2>::function(__VA_ARGS__) \
  : d.algo == ConvAlgo::Winograd4 ? Winograd<Winograd4>::function(__VA_ARGS__) \
                                  : Winograd<WinogradStride2>::function(__VA_ARGS__)

size_t winograd_packed_bytes(const ConvDesc& d) { return DN_CALL(packed_bytes, d); }

size_t winograd_scratch_bytes(const ConvDesc& d, int threads) {
  return DN_CALL(scratch_bytes, d, threads);
}

void pack_winograd(const ConvDesc& d, const float* weights, const float* bias, float* packed,
                   int threads) {
  DN_CALL(pack, d, weights, bias, packed, threads);
}

void conv_winograd(const ConvDesc& d, const float* packed, Source src, Target dst,
                   const Epilogue& e, float* scratch, int threads) {
  DN_CALL(conv, d, packed, src, dst, e, scratch, threads);
}

#undef DN_CALL

}  // namespace dn::cpu::DN_ISA
