// The gradient of a convolution's weights, directly: for each tap, the products of input channels
// and output deltas summed over all pixels.
//
// Sums are kept for units of one input channel block, one register tile of output channels and all
// taps. Pixels come in chunks that stay in the second-level cache while all units of a thread meet
// them. Where there are few units the images are summed in several parts, which are put together at
// the end; how many does not depend on the threads.
//
// Compiled for AVX512-BF16, a thread makes words (see products.h) of each chunk's pixels, two by
// two, and those of the input once for each column of taps, zeros where a tap is outside.
#include "gradient_tile.h"
#include "tap_range.h"
#include "train_api.h"

namespace dn::cpu::DN_ISA {
namespace {

constexpr int64_t kChunkBytes = 384 << 10;  // of input and deltas
constexpr int kFewUnits = 8;

struct Geometry {
  ConvShape s;
  bool plain, pointwise;
  int blocks, k_padded, tiles;  // input channel blocks, output channels, register tiles of them
  int units, taps;
  int parts;
  int chunk;   // output rows, or pixels of pointwise kernels, at a time
  int chunks;  // in an image
  int64_t unit_floats;
  int64_t copy_floats;  // of a thread: a chunk's input with channels in blocks, or its words
};

Geometry geometry_of(const GradientDesc& d) {
  Geometry g;
  const ConvShape& s = g.s = d.shape;
  g.plain = d.plain_src;
  g.pointwise = !g.plain && s.kh == 1 && s.kw == 1 && s.stride_y == 1 && s.stride_x == 1 &&
                s.pad_top == 0 && s.pad_left == 0 && s.oh == s.h && s.ow == s.w;
  g.blocks = ceil_div(s.c, kBlock);
  g.k_padded = round_up(s.k, kBlock);
  g.tiles = ceil_div(g.k_padded, kTileChannels);
  g.units = g.blocks * g.tiles;
  g.taps = s.kh * s.kw;
  g.parts = g.units >= kFewUnits ? 1 : least(s.n, kFewUnits);
  g.unit_floats = (int64_t)g.taps * kBlock * kTileChannels;
  const int64_t channels = 4LL / kPerWord * (g.blocks * kBlock + g.k_padded);
  if (g.pointwise) {
    const int pixels = s.oh * s.ow;
    g.chunk = (int)least<int64_t>(pixels, most<int64_t>(64, kChunkBytes / channels));
    g.chunks = ceil_div(pixels, g.chunk);
    g.chunk = ceil_div(pixels, g.chunks);
  } else {
    const int64_t input = kPerWord == 1 ? s.w : s.ow * s.kw;
    const int64_t row =
        4LL / kPerWord * (g.blocks * kBlock * input * s.stride_y + g.k_padded * s.ow);
    g.chunk = (int)least<int64_t>(s.oh, most<int64_t>(1, kChunkBytes / row));
    g.chunks = ceil_div(s.oh, g.chunk);
    g.chunk = ceil_div(s.oh, g.chunks);
  }
  const int rows = (g.chunk - 1) * s.stride_y + (s.kh - 1) * s.dilation + 1;
  g.copy_floats = g.plain ? (int64_t)least(rows, s.h) * s.w * kBlock * g.blocks : 0;
  if (kPerWord > 1) {
    const int64_t row = ceil_div(g.pointwise ? g.chunk : s.ow, kPerWord) * kBlock;
    g.copy_floats = row * (g.pointwise ? g.blocks + g.k_padded / kBlock
                                       : g.blocks * rows * s.kw + g.k_padded / kBlock * g.chunk);
  }
  return g;
}

struct Job {
  Geometry g;
  Source src, out_delta;
  float* sums;  // [part][unit][tap][16][channels of the tile]
};

// Where a chunk's input lies: channel blocks are `plane` floats apart, and row 0 would be at
// `data`.
struct Input {
  const float* data;
  int64_t plane;
};

Input copy_plain(const Job& job, int image, int row0, int row1, float* copy) {
  const ConvShape& s = job.g.s;
  const int from = most(0, row0 * s.stride_y - s.pad_top);
  const int to = least(s.h, (row1 - 1) * s.stride_y - s.pad_top + (s.kh - 1) * s.dilation + 1);
  const int64_t pixels = (int64_t)most(0, to - from) * s.w, plane = (int64_t)s.h * s.w;
  for (int b = 0; b < job.g.blocks; ++b) {
    float* out = copy + b * pixels * kBlock;
    const float* in =
        job.src.data + image * job.src.batch_stride + b * kBlock * plane + (int64_t)from * s.w;
    const int lanes = least(kBlock, s.c - b * kBlock);
    memset(out, 0, pixels * kBlock * 4);
    for (int lane = 0; lane < lanes; ++lane)
      for (int64_t i = 0; i < pixels; ++i) out[i * kBlock + lane] = in[lane * plane + i];
  }
  return {copy - (int64_t)from * s.w * kBlock, pixels * kBlock};
}

void add_unit(const Job& job, const Input& input, int image, int chunk, int unit, bool first,
              float* sums) {
  const Geometry& g = job.g;
  const ConvShape& s = g.s;
  const int tile = unit / g.blocks, block = unit % g.blocks;
  const int width = least(kTileChannels, g.k_padded - tile * kTileChannels);
  const int channels = least(kBlock, s.c - block * kBlock);
  const int64_t out_plane = (int64_t)s.oh * s.ow * kBlock;
  OuterJob outer;
  outer.input_pixel = s.stride_x * kBlock;
  outer.input_row = (int64_t)s.stride_y * s.w * kBlock;
  outer.delta_pixel = kBlock;
  outer.delta_row = s.ow * kBlock;
  outer.delta_plane = out_plane;
  outer.first = first;
  const float* x = input.data + block * input.plane;
  const float* d = job.out_delta.data + image * job.out_delta.batch_stride +
                   tile * (kTileChannels / kBlock) * out_plane;
  if (g.pointwise) {
    const int begin = chunk * g.chunk;
    outer.input = x + (int64_t)begin * kBlock;
    outer.delta = d + (int64_t)begin * kBlock;
    outer.rows = 1;
    outer.count = least(g.chunk, s.oh * s.ow - begin);
    outer.sums = sums;
    outer_block(outer, channels, width);
    return;
  }
  for (int tap = 0; tap < g.taps; ++tap) {
    const int y0 = tap / s.kw * s.dilation - s.pad_top, x0 = tap % s.kw * s.dilation - s.pad_left;
    const Range ys =
        inside(chunk * g.chunk, least(s.oh, (chunk + 1) * g.chunk), y0, s.stride_y, s.h);
    const Range xs = inside(0, s.ow, x0, s.stride_x, s.w);
    outer.input =
        x + ((int64_t)(y0 + ys.from * s.stride_y) * s.w + x0 + xs.from * s.stride_x) * kBlock;
    outer.delta = d + ((int64_t)ys.from * s.ow + xs.from) * kBlock;
    outer.rows = ys.to - ys.from;
    outer.count = xs.to - xs.from;
    outer.sums = sums + (int64_t)tap * kBlock * width;
    outer_block(outer, channels, width);
  }
}

// A chunk's outputs, and their words: a pixel of a channel block is 16, a row `row` of them. Input
// row 0 is the one that output row y0 meets with its first tap: [block][row][kx][word][16].
struct Words {
  int y0, y1, x0, x1;
  float *input, *delta;
  int64_t row, input_plane, delta_plane;
};

Words words_of_chunk(const Geometry& g, int chunk, float* copy) {
  Words w;
  w.y0 = g.pointwise ? 0 : chunk * g.chunk;
  w.y1 = g.pointwise ? 1 : least(g.s.oh, w.y0 + g.chunk);
  w.x0 = g.pointwise ? chunk * g.chunk : 0;
  w.x1 = g.pointwise ? least(g.s.oh * g.s.ow, w.x0 + g.chunk) : g.s.ow;
  w.row = (int64_t)ceil_div(w.x1 - w.x0, kPerWord) * kBlock;
  const int rows = (w.y1 - w.y0 - 1) * g.s.stride_y + (g.s.kh - 1) * g.s.dilation + 1;
  w.input_plane = rows * g.s.kw * w.row;
  w.delta_plane = (w.y1 - w.y0) * w.row;
  w.input = copy;
  w.delta = copy + g.blocks * w.input_plane;
  return w;
}

// The words of the pixels first + x * stride of a row, x in [x0, x1); 0 for x outside of `range`.
void pair_pixels(const float* row, int x0, int x1, int first, int stride, Range range, float* out) {
  const auto pixel = [&](int x) {
    const bool there = x >= range.from && x < range.to;
    return there ? load(row + (int64_t)(first + x * stride) * kBlock) : vf{};
  };
  for (int x = x0; x < x1; x += 2, out += kBlock) store(out, words_of(pixel(x), pixel(x + 1)));
}

// Makes the words that units [begin, end) read.
void fill_words(const Job& job, const Words& w, int image, int begin, int end) {
  const Geometry& g = job.g;
  const ConvShape& s = g.s;
  const int width = g.pointwise ? s.h * s.w : s.w, rows = (int)(w.input_plane / (s.kw * w.row));
  const int tile0 = begin / g.blocks, tile1 = (end - 1) / g.blocks + 1;
  const int block0 = tile1 - tile0 > 1 ? 0 : begin % g.blocks;
  const int block1 = tile1 - tile0 > 1 ? g.blocks : (end - 1) % g.blocks + 1;
  const float* x = job.src.data + image * job.src.batch_stride;
  const float* d = job.out_delta.data + image * job.out_delta.batch_stride;
  for (int b = block0; b < block1; ++b) {
    for (int r = 0; r < rows; ++r) {
      const int y = w.y0 * s.stride_y - s.pad_top + r;
      if (y < 0 || y >= s.h) continue;
      for (int kx = 0; kx < s.kw; ++kx) {
        const int first = kx * s.dilation - s.pad_left;
        pair_pixels(x + ((int64_t)b * s.h + y) * s.w * kBlock, w.x0, w.x1, first, s.stride_x,
                    inside(w.x0, w.x1, first, s.stride_x, width),
                    w.input + b * w.input_plane + (r * s.kw + kx) * w.row);
      }
    }
  }
  const int last = least(g.k_padded / kBlock, tile1 * (kTileChannels / kBlock));
  for (int b = tile0 * (kTileChannels / kBlock); b < last; ++b)
    for (int y = w.y0; y < w.y1; ++y)
      pair_pixels(d + ((int64_t)b * s.oh + y) * s.ow * kBlock, w.x0, w.x1, 0, 1, {w.x0, w.x1},
                  w.delta + b * w.delta_plane + (y - w.y0) * w.row);
}

void add_unit(const Job& job, const Words& w, int unit, bool first, float* sums) {
  const Geometry& g = job.g;
  const ConvShape& s = g.s;
  const int tile = unit / g.blocks, block = unit % g.blocks;
  const int width = least(kTileChannels, g.k_padded - tile * kTileChannels);
  const int channels = least(kBlock, s.c - block * kBlock);
  OuterJob outer;
  outer.input_pixel = outer.delta_pixel = kBlock;
  outer.input_row = s.stride_y * s.kw * w.row;
  outer.delta_row = w.row;
  outer.delta_plane = w.delta_plane;
  outer.count = (int)(w.row / kBlock);
  outer.first = first;
  for (int tap = 0; tap < g.taps; ++tap) {
    const int y = tap / s.kw * s.dilation;
    const Range ys = inside(w.y0, w.y1, y - s.pad_top, s.stride_y, s.h);
    outer.input = w.input + block * w.input_plane +
                  ((y + (ys.from - w.y0) * s.stride_y) * s.kw + tap % s.kw) * w.row;
    outer.delta =
        w.delta + tile * (kTileChannels / kBlock) * w.delta_plane + (ys.from - w.y0) * w.row;
    outer.rows = ys.to - ys.from;
    outer.sums = sums + (int64_t)tap * kBlock * width;
    outer_block(outer, channels, width);
  }
}

// Units [begin, end) of a part of the images.
void run_part(const Job& job, int which, int begin, int end, float* copy) {
  const Geometry& g = job.g;
  const int first_image = part(g.s.n, which, g.parts), last = part(g.s.n, which + 1, g.parts);
  for (int image = first_image; image < last; ++image) {
    for (int chunk = 0; chunk < g.chunks; ++chunk) {
      const bool fresh = image == first_image && chunk == 0;
      float* sums = job.sums + (int64_t)which * g.units * g.unit_floats;
      if constexpr (kPerWord > 1) {
        const Words words = words_of_chunk(g, chunk, copy);
        fill_words(job, words, image, begin, end);
        for (int unit = begin; unit < end; ++unit)
          add_unit(job, words, unit, fresh, sums + unit * g.unit_floats);
        continue;
      }
      Input input = {job.src.data + image * job.src.batch_stride, (int64_t)g.s.h * g.s.w * kBlock};
      if (g.plain)
        input = copy_plain(job, image, chunk * g.chunk, least(g.s.oh, (chunk + 1) * g.chunk), copy);
      for (int unit = begin; unit < end; ++unit)
        add_unit(job, input, image, chunk, unit, fresh, sums + unit * g.unit_floats);
    }
  }
}

// Adds the sums of all parts of a unit to the gradient.
void finish_unit(const Job& job, int unit, float* gradient) {
  const Geometry& g = job.g;
  const ConvShape& s = g.s;
  const int k0 = unit / g.blocks * kTileChannels, c0 = unit % g.blocks * kBlock;
  const int width = least(kTileChannels, g.k_padded - k0);
  for (int k = k0; k < least(s.k, k0 + kTileChannels); ++k) {
    for (int c = c0; c < least(s.c, c0 + kBlock); ++c) {
      float* to = gradient + ((int64_t)k * s.c + c) * g.taps;
      for (int tap = 0; tap < g.taps; ++tap) {
        const int64_t at = ((int64_t)tap * kBlock + c - c0) * width + k - k0;
        float sum = 0;
        for (int p = 0; p < g.parts; ++p)
          sum += job.sums[((int64_t)p * g.units + unit) * g.unit_floats + at];
        to[tap] += sum;
      }
    }
  }
}

}  // namespace

size_t direct_gradient_scratch(const GradientDesc& d, int threads) {
  const Geometry g = geometry_of(d);
  return 4 * (g.parts * g.units * g.unit_floats + threads * g.copy_floats);
}

void add_direct_gradient(const GradientDesc& d, Source src, Source out_delta, float* gradient,
                         float* scratch, int threads) {
  const Job job = {geometry_of(d), src, out_delta, scratch};
  const Geometry& g = job.g;
  float* copies = scratch + g.parts * g.units * g.unit_floats;
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
#pragma omp for schedule(static, 1)
    for (int id = 0; id < threads; ++id) {
      const int begin = part(g.parts * g.units, id, threads);
      const int end = part(g.parts * g.units, id + 1, threads);
      for (int p = begin / g.units; p * g.units < end; ++p)
        run_part(job, p, most(0, begin - p * g.units), least(g.units, end - p * g.units),
                 copies + id * g.copy_floats);
    }
#pragma omp for schedule(static, 1)
    for (int id = 0; id < threads; ++id)
      for (int unit = part(g.units, id, threads); unit < part(g.units, id + 1, threads); ++unit)
        finish_unit(job, unit, gradient);
  }
}

}  // namespace dn::cpu::DN_ISA
