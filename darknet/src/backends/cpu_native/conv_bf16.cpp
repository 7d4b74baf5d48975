// 1x1 convolution of float32 tensors that multiplies bfloat16 (ConvAlgo::DirectBf16): weights are
// rounded when they are packed, inputs on their way into a thread's scratch; sums are float32.
//
// As conv_direct.cpp, the output is cut into tiles of a few pixels of the map as one long row, and
// a thread works through its tiles in chunks whose rounded input stays in the second-level cache.
#include "register_tile_bf16.h"
#include "tile_work.h"

namespace dn::cpu::DN_ISA {
namespace {

constexpr int64_t kInputBudget = 128 << 10;  // bytes of rounded input of a chunk of tiles

struct Geometry {
  int n, c, k, pixels;  // pixels of a map
  int blocks, pairs;    // of input channels
  int k_padded;         // output channels, whole blocks
  int channel_tiles;    // register tiles of output channels
  int row_tiles;        // pixel tiles of a map
  int64_t tile_pairs;   // pairs of the rounded input of the widest tile
  int chunk_tiles;      // pixel tiles per chunk
};

Geometry geometry_of(const ConvDesc& d) {
  Geometry g;
  g.n = d.shape.n;
  g.c = d.shape.c;
  g.k = d.shape.k;
  g.pixels = d.shape.h * d.shape.w;
  g.blocks = ceil_div(g.c, kBlock);
  g.pairs = ceil_div(g.c, 2);
  g.k_padded = round_up(g.k, kBlock);
  g.channel_tiles = ceil_div(g.k_padded, kTileChannels);
  g.row_tiles = ceil_div(g.pixels, g.k_padded == kBlock ? kNarrowPixels : kTilePixels);
  g.tile_pairs = (int64_t)g.blocks * ceil_div(g.pixels, g.row_tiles) * kBlockPairs;
  g.tile_pairs = (g.tile_pairs + 15) / 16 * 16;  // whole cache lines
  g.chunk_tiles = (int)most<int64_t>(1, least<int64_t>(1024, kInputBudget / (4 * g.tile_pairs)));
  return g;
}

struct Job {
  Geometry g;
  bool plain_dst;
  const float* bias;
  const Pair* weights;
  Source src;
  Target dst;
  Epilogue e;
};

struct PixelTile {
  int image, first, pixels;
};

PixelTile tile_of(const Geometry& g, int index) {
  const int column = index % g.row_tiles;
  const int first = part(g.pixels, column, g.row_tiles);
  return {index / g.row_tiles, first, part(g.pixels, column + 1, g.row_tiles) - first};
}

void round_input(const Job& job, const PixelTile& tile, Pair* to) {
  const Geometry& g = job.g;
  const float* from =
      job.src.data + tile.image * job.src.batch_stride + (int64_t)tile.first * kBlock;
  const int tile_pairs = tile.pixels * kBlockPairs;
  for (int b = 0; b < g.blocks; ++b, to += tile_pairs)
    round_to_bf16(from + (int64_t)b * g.pixels * kBlock, to, tile.pixels * kBlock);
  if (g.c % 2 == 0) return;
  // the last channel's partner belongs to nobody: its weight is 0, but it need not be finite
  Pair* last = to - tile_pairs + (g.pairs - 1) % kBlockPairs;
  for (int t = 0; t < tile.pixels; ++t) last[t * kBlockPairs] &= 0xffffu;
}

bool is_clamped(Act a) { return is_sloped(a) || a == Act::Relu6; }

void run_tile(const Job& job, const PixelTile& tile, const Pair* src, int channel) {
  const Geometry& g = job.g;
  const int channels = least(kTileChannels, g.k_padded - channel);
  const int64_t place = (int64_t)channel * g.pixels + (int64_t)tile.first * kBlock;
  alignas(64) float local[kTilePixels * kTileChannels];
  const bool in_kernel = is_clamped(job.e.act);
  PairTileJob tile_job;
  tile_job.src = src;
  tile_job.weights = job.weights + (int64_t)channel * g.pairs;
  tile_job.pairs = g.pairs;
  tile_job.start = job.bias + channel;
  tile_job.plane = job.plain_dst ? tile.pixels * kBlock : (int64_t)g.pixels * kBlock;
  tile_job.dst = job.plain_dst ? local : job.dst.data + tile.image * job.dst.batch_stride + place;
  const float* residual =
      job.e.residual ? job.e.residual + tile.image * job.e.residual_stride + place : nullptr;
  tile_job.residual = in_kernel ? residual : nullptr;
  tile_job.slope = is_sloped(job.e.act) ? slope_of(job.e.act) : in_kernel ? 0.f : 1.f;
  tile_job.limit = job.e.act == Act::Relu6 ? 6.f : __builtin_inff();
  find_pair_kernel(channels, tile.pixels)(&tile_job);
  for (int b = 0; b < channels / kBlock; ++b) {
    float* p = tile_job.dst + b * tile_job.plane;
    const int n = tile.pixels * kBlock;
    if (!in_kernel) {
      apply(job.e.act, p, nullptr, p, n);
      if (residual) apply(job.e.act_after_residual, p, residual + b * tile_job.plane, p, n);
    } else if (residual && job.e.act_after_residual != Act::Linear) {
      apply(job.e.act_after_residual, p, nullptr, p, n);
    }
  }
  if (job.plain_dst) {
    write_plain(
        local, least(channels, g.k - channel), tile.pixels,
        job.dst.data + tile.image * job.dst.batch_stride + (int64_t)channel * g.pixels + tile.first,
        g.pixels);
  }
}

void run_part(const Job& job, int tile0, int tile1, int k0, int k1, Pair* scratch) {
  const Geometry& g = job.g;
  const int chunks = ceil_div(tile1 - tile0, g.chunk_tiles);
  for (int chunk = 0; chunk < chunks; ++chunk) {
    const int first = tile0 + part(tile1 - tile0, chunk, chunks);
    const int count = tile0 + part(tile1 - tile0, chunk + 1, chunks) - first;
    for (int i = 0; i < count; ++i)
      round_input(job, tile_of(g, first + i), scratch + i * g.tile_pairs);
    for (int kt = k0; kt < k1; ++kt)
      for (int i = 0; i < count; ++i)
        run_tile(job, tile_of(g, first + i), scratch + i * g.tile_pairs, kt * kTileChannels);
  }
}

}  // namespace

size_t bf16_packed_bytes(const ConvDesc& d) {
  const Geometry g = geometry_of(d);
  return 4 * (size_t)g.k_padded * (1 + g.pairs);
}

size_t bf16_scratch_bytes(const ConvDesc& d, int threads) {
  const Geometry g = geometry_of(d);
  return 4 * (size_t)threads * g.chunk_tiles * g.tile_pairs;
}

// packed: bias[k padded], then for each register tile of channels [pair][channel of the tile].
void pack_bf16(const ConvDesc& d, const float* weights, const float* bias, float* packed, int) {
  const Geometry g = geometry_of(d);
  for (int k = 0; k < g.k_padded; ++k) packed[k] = bias && k < g.k ? bias[k] : 0.f;
  Pair* out = (Pair*)(packed + g.k_padded);
  for (int k0 = 0; k0 < g.k_padded; k0 += kTileChannels) {
    const int width = least(kTileChannels, g.k_padded - k0);
    for (int c = 0; c < g.c; c += 2) {
      for (int k = k0; k < k0 + width; ++k) {
        alignas(64) float both[kBlock] = {};
        if (k < g.k) {
          const float* filter = weights + (int64_t)k * g.c;
          both[0] = filter[c];
          if (c + 1 < g.c) both[1] = filter[c + 1];
        }
        Pair rounded[kBlockPairs];
        round_to_bf16(both, rounded, kBlock);
        *out++ = rounded[0];
      }
    }
  }
}

void conv_bf16(const ConvDesc& d, const float* packed, Source src, Target dst, const Epilogue& e,
               float* scratch, int threads) {
  Job job;
  job.g = geometry_of(d);
  const Geometry& g = job.g;
  job.plain_dst = d.plain_dst;
  job.bias = packed;
  job.weights = (const Pair*)(packed + g.k_padded);
  job.src = src;
  job.dst = dst;
  job.e = e;
  const int tiles = g.n * g.row_tiles;
  const Cut cut =
      cut_work(tiles, g.channel_tiles, 2.0 * g.c * g.k, 4.0 * g.c * g.pixels * g.n, threads);
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int id = 0; id < threads; ++id) {
    const int pixel_part = id / cut.channels, channel_part = id % cut.channels;
    run_part(job, part(tiles, pixel_part, cut.pixels), part(tiles, pixel_part + 1, cut.pixels),
             part(g.channel_tiles, channel_part, cut.channels),
             part(g.channel_tiles, channel_part + 1, cut.channels),
             (Pair*)scratch + (int64_t)id * g.chunk_tiles * g.tile_pairs);
  }
}

extern const ConvTable bf16_table;
const ConvTable bf16_table = {bf16_packed_bytes, bf16_scratch_bytes, pack_bf16, conv_bf16};

}  // namespace dn::cpu::DN_ISA
