// Direct convolution, of blocked sources (ConvAlgo::Direct) and of plain images (ConvAlgo::First).
//
// The output is cut into tiles of a few pixels of one row (of the whole map, for 1x1 kernels). A
// thread takes a rectangle of tiles x output channels, and works through it in chunks that keep the
// input of a chunk and the weights of one register tile in the second-level cache. Tiles whose taps
// cross the left or right border read a zero-padded copy of their input; where bfloat16 is
// multiplied, all do, since the copy is what rounds it.
#include "register_tile.h"
#include "tile_work.h"

namespace dn::cpu::DN_ISA {
namespace {

constexpr int64_t kInputBudget = 256 << 10;   // bytes of input a chunk of tiles may touch
constexpr int kMostTilesAtOnce = 16;          // by one call of a kernel
constexpr int kMostPlainTiles = 4;            // the same, where the output is plain
constexpr int64_t kWeightBudget = 192 << 10;  // bytes of weights of a register tile at a time

// What source layouts and groups come down to.
struct Geometry {
  ConvShape s;       // 1x1 kernels: the map as one long row
  int lane;          // floats per pixel and channel block of the source: 16, or 1 when plain
  int words;         // the same of what is multiplied: see products.h
  int pixel_stride;  // words between the inputs of neighbouring output pixels
  int group_c, group_k;
  int group_k_padded;             // whole blocks
  int group_k_computed;           // whole blocks, or half of one less
  int blocks, count, last_count;  // see TileInput
  int depth;                      // words that are summed for each tap
  int channel_tiles;              // register tiles of channels in a group
  int64_t group_weights;          // words
  int row_tiles;                  // pixel tiles in an output row
  int tile_width;                 // of the widest, in pixels
  int block_chunk;                // channel blocks summed at a time
  int chunk_tiles;                // pixel tiles per chunk
  int patch_width;                // input pixels in a row of a tile
  int64_t patch;                  // words of the padded copy of a tile's input
  int64_t src_plane, dst_plane;   // floats from one channel block to the next
};

Geometry geometry_of(const ConvDesc& d) {
  Geometry g;
  ConvShape& s = g.s;
  s = d.shape;
  g.lane = d.plain_src ? 1 : kBlock;
  g.words = d.plain_src ? 1 : kWords;
  g.src_plane = src_plane(s) * g.lane;
  g.dst_plane = dst_plane(s) * kBlock;
  const bool pointwise = s.kh == 1 && s.kw == 1 && s.stride_y == 1 && s.stride_x == 1 &&
                         s.pad_top == 0 && s.pad_left == 0 && s.oh == s.h && s.ow == s.w;
  if (pointwise) {
    s.w = s.ow = s.h * s.w;
    s.h = s.oh = 1;
  }
  g.group_c = s.c / s.groups;
  g.group_k = s.k / s.groups;
  g.group_k_padded = round_up(g.group_k, kBlock);
  g.pixel_stride = g.words * s.stride_x;
  g.blocks = d.plain_src ? g.group_c : ceil_div(g.group_c, kBlock);
  g.count = g.words;
  g.last_count = d.plain_src ? 1 : ceil_div(g.group_c - (g.blocks - 1) * kBlock, kPerWord);
  g.depth = (g.blocks - 1) * g.count + g.last_count;
  g.group_k_computed = round_up(g.group_k, kFewestChannels);
  g.channel_tiles = ceil_div(g.group_k_computed, kTileChannels);
  g.group_weights = (int64_t)g.group_k_computed * g.depth * s.kh * s.kw;

  g.row_tiles = ceil_div(s.ow, tile_pixels(g.group_k_computed));
  g.tile_width = ceil_div(s.ow, g.row_tiles);
  const int64_t block_weights = 4LL * g.count * s.kw * s.kh * kTileChannels;
  const int chunks = d.plain_dst ? 1 : (int)((g.blocks * block_weights - 1) / kWeightBudget) + 1;
  g.block_chunk = ceil_div(g.blocks, least(chunks, g.blocks));
  g.patch_width = (g.tile_width - 1) * s.stride_x + (s.kw - 1) * s.dilation + 1;
  g.patch = round_up(g.block_chunk * s.kh * g.patch_width * g.words, 16);
  const int64_t touched =
      g.row_tiles <= 2 || kPerWord > 1
          ? g.patch
          : (int64_t)g.block_chunk * g.lane * g.tile_width * s.stride_x * s.stride_y;
  g.chunk_tiles = (int)most<int64_t>(1, least<int64_t>(1024, kInputBudget / (4 * touched)));
  return g;
}

// Tiles of one size in a row of the output, which a kernel can do at once.
struct Run {
  TileInput in;
  int image, y, x;  // where it begins in the output
  int pixels;       // of a tile
  int tiles, tiles_before;
  bool inside;    // no tap crosses the left or right border, and nothing is to be rounded
  int skip_taps;  // see TileJob
};

// The scratch of a thread: offsets of the taps in the source and in a patch, runs, patches.
struct Scratch {
  int* offsets;
  int* patch_offsets;
  Run* runs;
  float* patches;
  int64_t floats;  // of all of it
};

Scratch lay_out(const Geometry& g, float* base) {
  const int taps = round_up(g.s.kh * g.s.kw, 16);
  const int runs = round_up((int)sizeof(Run) * g.chunk_tiles / 4, 16);
  Scratch scratch;
  scratch.offsets = (int*)base;
  scratch.patch_offsets = scratch.offsets + taps;
  scratch.runs = (Run*)(scratch.patch_offsets + taps);
  scratch.patches = base + 2 * taps + runs;
  scratch.floats = 2 * taps + runs + g.patch * g.chunk_tiles;
  return scratch;
}

// Copies the floats of `pixels` pixels as words. Lanes from `channels` on hold anything.
DN_INLINE void copy_words(const float* from, int pixels, int lane, int channels, float* to) {
  if constexpr (kPerWord == 1) {
    if (lane == 1) {  // a few numbers: a call would take longer
      for (int i = 0; i < pixels; ++i) to[i] = from[i];
    } else {
      memcpy(to, from, (int64_t)pixels * lane * 4);
    }
  } else {
    for (int i = 0; i < pixels; ++i, from += lane, to += kWords)
      store_words(to, load_channels(from, channels));
  }
}

// Points `run` at its input: in place when it is inside, else (then it is one tile) at a copy in
// `patch`.
void place_input(const Geometry& g, const Scratch& scratch, const float* group_src,
                 int64_t batch_stride, int first_block, int blocks, Run* run, float* patch) {
  const ConvShape& s = g.s;
  const int y0 = run->y * s.stride_y - s.pad_top, x0 = run->x * s.stride_x - s.pad_left;
  int skip = 0, rows = s.kh;  // the kernel rows that meet the input: `rows`, after `skip`
  while (rows > 0 && y0 + skip * s.dilation < 0) ++skip, --rows;
  while (rows > 0 && y0 + (skip + rows - 1) * s.dilation >= s.h) --rows;
  const int y = y0 + skip * s.dilation;

  const int64_t plane = g.src_plane;
  const float* block = group_src + run->image * batch_stride + first_block * plane;
  TileInput& in = run->in;
  in.blocks = blocks;
  in.taps = rows * s.kw;
  in.count = g.count;
  in.last_count = first_block + blocks == g.blocks ? g.last_count : g.count;
  in.pixel_stride = g.pixel_stride;
  run->skip_taps = skip * s.kw;
  if (run->inside) {
    in.src = block + ((int64_t)y * s.w + x0) * g.lane;
    in.block_stride = plane;
    in.offsets = scratch.offsets;
    return;
  }
  const int row_words = g.patch_width * g.words;
  in.src = patch;
  in.block_stride = (int64_t)rows * row_words;
  in.offsets = scratch.patch_offsets;
  const int from = most(x0, 0), to = most(from, least(x0 + g.patch_width, s.w));
  const int before = least(g.patch_width, from - x0) * g.words, inside = (to - from) * g.words;
  for (int b = 0; b < blocks; ++b, block += plane) {
    const int channels = least(kBlock, g.group_c - (first_block + b) * kBlock);
    for (int r = 0; r < rows; ++r, patch += row_words) {
      const float* row = block + ((int64_t)(y + r * s.dilation) * s.w + from) * g.lane;
      for (int i = 0; i < before; ++i) patch[i] = 0;
      copy_words(row, to - from, g.lane, channels, patch + before);
      for (int i = before + inside; i < row_words; ++i) patch[i] = 0;
    }
  }
}

struct Job {
  Geometry g;
  bool plain_dst;
  const float* bias;
  const float* weights;
  Source src;
  Target dst;
  Epilogue e;
};

// Runs `kernel` on a run and on `channels` output channels from `first_channel`. `tile_job` holds
// their weights. The bias is added with the `first` channel blocks, the rest of the epilogue is
// done after the `last`.
void do_run(const Job& job, const Run& run, TileKernel kernel, TileJob& tile_job, int first_channel,
            int channels, bool first, bool last) {
  const ConvShape& s = job.g.s;
  alignas(64) float local[kMostPlainTiles * kTileFloats];
  const int64_t place = (int64_t)run.y * s.ow + run.x;
  const int pixels = run.tiles * run.pixels;
  int64_t plane = pixels * kBlock;
  float* dst = local;
  const float* residual = nullptr;
  if (!job.plain_dst) {
    plane = job.g.dst_plane;
    const int64_t offset = first_channel / kBlock * plane + place * kBlock;
    dst = job.dst.data + run.image * job.dst.batch_stride + offset;
    if (job.e.residual && last)
      residual = job.e.residual + run.image * job.e.residual_stride + offset;
  }
  const bool brief = is_brief(job.e.act);
  tile_job.in = run.in;
  tile_job.skip_taps = run.skip_taps;
  tile_job.tiles = run.tiles;
  tile_job.tiles_before = run.tiles_before;
  tile_job.start = first && !job.e.accumulate ? job.bias + first_channel : nullptr;
  tile_job.dst = dst;
  tile_job.residual = brief ? residual : nullptr;
  tile_job.plane = plane;
  tile_job.act = brief && last ? job.e.act : Act::Linear;
  kernel(&tile_job);
  if (!last) return;
  const Act after = residual ? job.e.act_after_residual : Act::Linear;
  if (!brief || after != Act::Linear) {
    const int64_t n = (int64_t)pixels * kBlock;
    for (int b = 0; b < ceil_div(channels, kBlock); ++b) {
      float* p = dst + b * plane;
      if (!brief) apply(job.e.act, p, nullptr, p, n);
      if (residual) apply(after, p, brief ? nullptr : residual + b * plane, p, n);
    }
  }
  if (job.plain_dst) {
    const int64_t map = (int64_t)s.oh * s.ow;
    write_plain(local, least(channels, s.k - first_channel), pixels,
                job.dst.data + run.image * job.dst.batch_stride + first_channel * map + place, map);
  }
}

// Cuts the pixel tiles from `first` on into runs; returns how many they are.
int make_runs(const Job& job, int first, int count, Run* runs) {
  const Geometry& g = job.g;
  const ConvShape& s = g.s;
  const int most_tiles = job.plain_dst ? kMostPlainTiles : kMostTilesAtOnce;
  const int narrower = s.ow / g.row_tiles, wider_tiles = s.ow % g.row_tiles;
  int row = first / g.row_tiles, column = first % g.row_tiles;
  int x = wider_first(s.ow, column, g.row_tiles), made = 0;
  for (int i = 0; i < count; ++made) {
    Run& run = runs[made];
    run.image = row / s.oh;
    run.y = row % s.oh;
    run.x = x;
    run.pixels = narrower + (column < wider_tiles);
    run.tiles_before = i;
    // tiles of that size that are left in the row, of which so many are inside
    const int alike = (column < wider_tiles ? wider_tiles : g.row_tiles) - column;
    const int x0 = x * s.stride_x - s.pad_left;
    const int room = s.w - x0 - (s.kw - 1) * s.dilation - 1;
    const int inside =
        kPerWord > 1 || x0 < 0 || room < 0 ? 0 : (room / s.stride_x + 1) / run.pixels;
    run.inside = inside > 0;
    run.tiles = most(1, least(least(alike, inside), least(most_tiles, count - i)));
    i += run.tiles;
    column += run.tiles;
    x += run.tiles * run.pixels;
    if (column == g.row_tiles) column = x = 0, ++row;
  }
  return made;
}

// Register tiles [k0, k1) of group `group` on the scratch's runs.
void run_chunk(const Job& job, const Scratch& scratch, int group, int k0, int k1, int count) {
  const Geometry& g = job.g;
  const float* src = job.src.data + (int64_t)group * g.blocks * g.src_plane;
  const int64_t taps = (int64_t)g.s.kh * g.s.kw;
  for (int b0 = 0; b0 < g.blocks; b0 += g.block_chunk) {
    const int blocks = least(g.block_chunk, g.blocks - b0);
    for (int i = 0; i < count; ++i) {
      place_input(g, scratch, src, job.src.batch_stride, b0, blocks, scratch.runs + i,
                  scratch.patches + i * g.patch);
    }
    for (int kt = k0; kt < k1; ++kt) {
      const int channel = kt * kTileChannels;
      const int channels = least(kTileChannels, g.group_k_computed - channel);
      const int64_t block_weights = taps * g.count * channels;
      TileJob tile_job;
      tile_job.weights =
          job.weights + group * g.group_weights + channel * taps * g.depth + b0 * block_weights;
      tile_job.weights_stride = block_weights;
      tile_job.weights_ahead = blocks * block_weights;
      for (int i = 0; i < count; ++i) {
        const Run& run = scratch.runs[i];
        do_run(job, run, find_kernel(channels, run.pixels, g.pixel_stride), tile_job,
               group * g.group_k + channel, channels, b0 == 0, b0 + blocks == g.blocks);
      }
    }
  }
}

void run_part(const Job& job, int tile0, int tile1, int part_k, int parts_k, float* base) {
  const Geometry& g = job.g;
  const int k0 = part(g.channel_tiles, part_k, parts_k);
  const int k1 = part(g.channel_tiles, part_k + 1, parts_k);
  const Scratch scratch = lay_out(g, base);
  for (int tap = 0; tap < g.s.kh * g.s.kw; ++tap) {
    const int y = tap / g.s.kw, x = tap % g.s.kw;
    scratch.offsets[tap] = (y * g.s.w + x) * g.s.dilation * g.lane;
    scratch.patch_offsets[tap] = (y * g.patch_width + x * g.s.dilation) * g.words;
  }
  const int chunks = ceil_div(tile1 - tile0, g.chunk_tiles);
  for (int chunk = 0; chunk < chunks; ++chunk) {
    const int first = tile0 + part(tile1 - tile0, chunk, chunks);
    const int count = tile0 + part(tile1 - tile0, chunk + 1, chunks) - first;
    const int runs = make_runs(job, first, count, scratch.runs);
    for (int group = 0; group < g.s.groups; ++group) run_chunk(job, scratch, group, k0, k1, runs);
  }
}

}  // namespace

size_t direct_packed_bytes(const ConvDesc& d) {
  const Geometry g = geometry_of(d);
  return 4 * g.s.groups * (g.group_k_padded + g.group_weights);
}

size_t direct_scratch_bytes(const ConvDesc& d, int threads) {
  return 4 * threads * lay_out(geometry_of(d), nullptr).floats;
}

// packed: bias[k padded], then for each group and register tile of channels
// [channel block][ky][kx][word of channels][channels of the tile], without padding of the words.
void pack_direct(const ConvDesc& d, const float* weights, const float* bias, float* packed, int) {
  const Geometry g = geometry_of(d);
  const ConvShape& s = g.s;
  const int k_padded = g.group_k_padded * s.groups;  // groups > 1 need no padding
  for (int k = 0; k < k_padded; ++k) packed[k] = bias && k < s.k ? bias[k] : 0.f;
  float* out = packed + k_padded;
  const int block = d.plain_src ? 1 : kBlock;
  for (int group = 0; group < s.groups; ++group) {
    for (int k0 = 0; k0 < g.group_k_computed; k0 += kTileChannels) {
      const int width = least(kTileChannels, g.group_k_computed - k0);
      for (int c0 = 0; c0 < g.group_c; c0 += block) {
        for (int tap = 0; tap < s.kh * s.kw; ++tap) {
          for (int c = c0; c < least(c0 + block, g.group_c); c += kPerWord) {
            alignas(64) float all[2][kTileChannels] = {};
            for (int i = 0; i < least(kPerWord, g.group_c - c); ++i) {
              for (int k = k0; k < least(k0 + width, g.group_k); ++k) {
                const int64_t row = (int64_t)(group * g.group_k + k) * g.group_c + c + i;
                all[i][k - k0] = weights[row * s.kh * s.kw + tap];
              }
            }
            for (int lane = 0; lane < width; lane += VL, out += VL)
              store(out, words_of(load(all[0] + lane), load(all[1] + lane)));
          }
        }
      }
    }
  }
}

void conv_direct(const ConvDesc& d, const float* packed, Source src, Target dst, const Epilogue& e,
                 float* scratch, int threads) {
  Job job;
  job.g = geometry_of(d);
  const Geometry& g = job.g;
  job.plain_dst = d.plain_dst;
  job.bias = packed;
  job.weights = packed + g.group_k_padded * g.s.groups;
  job.src = src;
  job.dst = dst;
  job.e = e;
  const int tiles = g.s.n * g.s.oh * g.row_tiles;
  const Cut cut = cut_work(tiles, g.channel_tiles, 4.0 * g.group_c * g.s.kh * g.s.kw * g.group_k,
                           4.0 * g.group_c * g.s.h * g.s.w * g.s.n, threads);
  const int64_t thread_scratch = lay_out(g, nullptr).floats;
#pragma omp parallel for num_threads(threads) schedule(static, 1) if (threads > 1)
  for (int id = 0; id < threads; ++id) {
    const int pixel_part = id / cut.channels;
    run_part(job, part(tiles, pixel_part, cut.pixels), part(tiles, pixel_part + 1, cut.pixels),
             id % cut.channels, cut.channels, scratch + id * thread_scratch);
  }
}

}  // namespace dn::cpu::DN_ISA
