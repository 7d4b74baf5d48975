// The way back of fully connected layers. Weights and their gradient are read where they are, once
// in a pass: they are most of the memory that such a layer touches, and a packed copy of them would
// cost more than the products of a small mini-batch.
#include "simd.h"
#include "train_api.h"

namespace dn::cpu::DN_ISA {
namespace {

constexpr int kColumns = 1024;  // at a time, with so much depth that a copy of b stays in cache
constexpr int kBlockFloats = 64 * 1024;
static_assert(kColumns % kTileChannels == 0, "whole tiles");

// c[row][column] = sum over k of a(row, k) * b[k][column].
struct Product {
  const float* a;
  int64_t a_row, a_depth;  // to the next
  const float* b;
  int64_t b_depth;
  float* c;
  int64_t c_row;
  int rows, columns, depth;
  bool add;        // to what c holds
  int most_depth;  // at a time; c is read and written that often
};

int depth_of(const Product& p) { return least(p.depth, p.most_depth); }
int columns_of(const Product& p) {
  const int fit = kBlockFloats / most(1, depth_of(p)) / kTileChannels * kTileChannels;
  return most(kTileChannels, least(kColumns, fit));
}
int64_t product_floats(const Product& p) {
  return (int64_t)depth_of(p) *
         (least(columns_of(p), round_up(p.columns, kTileChannels)) + kTilePixels);
}

struct OuterTile {
  const float* a;  // [depth][rows of the tile]
  const float* b;  // [depth][...]
  int64_t b_depth;
  float* c;
  int64_t c_row;
  int depth;
  bool fresh;  // c is overwritten
};

template <int T>
void outer_tile(const OuterTile& tile) {
  vf sum[T][kTileVectors];
#pragma GCC unroll 32
  for (int t = 0; t < T; ++t) {
#pragma GCC unroll 4
    for (int v = 0; v < kTileVectors; ++v)
      sum[t][v] = tile.fresh ? vf{} : load(tile.c + t * tile.c_row + v * VL);
  }
  const float *a = tile.a, *b = tile.b;
  for (int k = 0; k < tile.depth; ++k, a += T, b += tile.b_depth) {
    vf value[kTileVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kTileVectors; ++v) value[v] = load(b + v * VL);
#pragma GCC unroll 32
    for (int t = 0; t < T; ++t) {
      const vf factor = splat(a[t]);
#pragma GCC unroll 4
      for (int v = 0; v < kTileVectors; ++v) sum[t][v] += factor * value[v];
    }
  }
#pragma GCC unroll 32
  for (int t = 0; t < T; ++t) {
#pragma GCC unroll 4
    for (int v = 0; v < kTileVectors; ++v) store(tile.c + t * tile.c_row + v * VL, sum[t][v]);
  }
}

typedef void (*OuterKernel)(const OuterTile&);
template <int T>
OuterKernel outer_kernel(int rows) {
  if constexpr (T > 1) {
    if (rows < T) return outer_kernel<T - 1>(rows);
  }
  return outer_tile<T>;
}

// A tile whose columns are not whole vectors: on a copy of c.
void run_rest(OuterKernel kernel, OuterTile tile, int rows, int columns) {
  alignas(64) float copy[kTilePixels * kTileChannels] = {};
  float* c = tile.c;
  for (int t = 0; t < rows && !tile.fresh; ++t)
    memcpy(copy + t * kTileChannels, c + t * tile.c_row, columns * 4);
  const int64_t c_row = tile.c_row;
  tile.c = copy;
  tile.c_row = kTileChannels;
  kernel(tile);
  for (int t = 0; t < rows; ++t) memcpy(c + t * c_row, copy + t * kTileChannels, columns * 4);
}

// Rows and columns of one thread.
void product_part(const Product& p, int row_begin, int row_end, int column_begin, int column_end,
                  float* scratch) {
  const int most_columns = columns_of(p);
  float* a_copy = scratch;
  float* b_copy = scratch + (int64_t)depth_of(p) * kTilePixels;
  for (int column = column_begin; column < column_end; column += most_columns) {
    const int columns = least(most_columns, column_end - column);
    const int padded = round_up(columns, kTileChannels);
    for (int k0 = 0; k0 < p.depth; k0 += p.most_depth) {
      const int depth = least(p.most_depth, p.depth - k0);
      for (int k = 0; k < depth; ++k) {
        float* to = b_copy + (int64_t)k * padded;
        memcpy(to, p.b + (k0 + k) * p.b_depth + column, columns * 4);
        for (int i = columns; i < padded; ++i) to[i] = 0.f;
      }
      for (int row = row_begin; row < row_end; row += kTilePixels) {
        const int rows = least(kTilePixels, row_end - row);
        for (int t = 0; t < rows; ++t) {
          const float* from = p.a + (row + t) * p.a_row + k0 * p.a_depth;
          for (int k = 0; k < depth; ++k) a_copy[k * rows + t] = from[k * p.a_depth];
        }
        const OuterKernel kernel = outer_kernel<kTilePixels>(rows);
        OuterTile tile = {a_copy, b_copy, padded, nullptr, p.c_row, depth, k0 == 0 && !p.add};
        for (int i = 0; i < columns; i += kTileChannels) {
          tile.b = b_copy + i;
          tile.c = p.c + row * p.c_row + column + i;
          if (columns - i >= kTileChannels)
            kernel(tile);
          else
            run_rest(kernel, tile, rows, columns - i);
        }
      }
    }
  }
}

// Rows: images, columns: inputs, depth: outputs.
Product delta_product(const ConnectedShape& s, const float* weights, Source out_delta,
                      Target in_delta, bool add) {
  return {out_delta.data,
          out_delta.batch_stride,
          1,
          weights,
          s.inputs,
          in_delta.data,
          in_delta.batch_stride,
          s.n,
          s.inputs,
          s.outputs,
          add,
          64};
}

// Rows: outputs, columns: inputs, depth: images, all at once, since the gradient is large.
Product gradient_product(const ConnectedShape& s, Source src, Source out_delta, float* gradient) {
  return {out_delta.data,
          1,
          out_delta.batch_stride,
          src.data,
          src.batch_stride,
          gradient,
          s.inputs,
          s.outputs,
          s.inputs,
          s.n,
          true,
          512};
}

}  // namespace

size_t connected_back_scratch(const ConnectedShape& s) {
  const int64_t floats = most(product_floats(delta_product(s, nullptr, {}, {}, false)),
                              product_floats(gradient_product(s, {}, {}, nullptr)));
  return (size_t)(floats + kBlock - 1) / kBlock * kBlock * 4;
}

void connected_delta(const ConnectedShape& s, const float* weights, Source out_delta,
                     Target in_delta, bool add, float* scratch, int threads) {
  const Product product = delta_product(s, weights, out_delta, in_delta, add);
  const int64_t own = (int64_t)connected_back_scratch(s) / 4;
  const int groups = ceil_div(s.inputs, kTileChannels);
#pragma omp parallel for num_threads(threads) schedule(static, 1) if (threads > 1)
  for (int id = 0; id < threads; ++id)
    product_part(product, 0, s.n, part(groups, id, threads) * kTileChannels,
                 least(s.inputs, part(groups, id + 1, threads) * kTileChannels),
                 scratch + id * own);
}

void connected_gradient(const ConnectedShape& s, Source src, Source out_delta, float* gradient,
                        float* scratch, int threads) {
  const Product product = gradient_product(s, src, out_delta, gradient);
  const int64_t own = (int64_t)connected_back_scratch(s) / 4;
  const int groups = ceil_div(s.outputs, kTilePixels);
#pragma omp parallel for num_threads(threads) schedule(static, 1) if (threads > 1)
  for (int id = 0; id < threads; ++id)
    product_part(product, part(groups, id, threads) * kTilePixels,
                 least(s.outputs, part(groups, id + 1, threads) * kTilePixels), 0, s.inputs,
                 scratch + id * own);
}

}  // namespace dn::cpu::DN_ISA
