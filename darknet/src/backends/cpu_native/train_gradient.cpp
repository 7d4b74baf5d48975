// The gradient of a convolution's weights, directly: for each tap, the products of input channels
// and output deltas summed over all pixels.
//
// Sums are kept for units of one input channel block, one register tile of output channels and all
// taps. Pixels come in chunks that stay in the second-level cache while all units of a thread meet
// them. Where there are few units the images are summed in several parts, which are put together at
// the end; how many does not depend on the threads.
#include "gradient_tile.h"
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
  int64_t copy_floats;  // of a thread: a chunk's input with channels in blocks
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
  const int64_t channels = 4LL * (g.blocks * kBlock + g.k_padded);
  if (g.pointwise) {
    const int pixels = s.oh * s.ow;
    g.chunk = (int)least<int64_t>(pixels, most<int64_t>(64, kChunkBytes / channels));
    g.chunks = ceil_div(pixels, g.chunk);
    g.chunk = ceil_div(pixels, g.chunks);
  } else {
    const int64_t row = 4LL * (g.blocks * kBlock * s.w * s.stride_y + g.k_padded * s.ow);
    g.chunk = (int)least<int64_t>(s.oh, most<int64_t>(1, kChunkBytes / row));
    g.chunks = ceil_div(s.oh, g.chunk);
    g.chunk = ceil_div(s.oh, g.chunks);
  }
  const int rows = (g.chunk - 1) * s.stride_y + (s.kh - 1) * s.dilation + 1;
  g.copy_floats = g.plain ? (int64_t)least(rows, s.h) * s.w * kBlock * g.blocks : 0;
  return g;
}

// The outputs o in [from, to) whose tap lies inside the input: first + o * stride in [0, size).
struct Range {
  int from, to;
};
Range inside(int from, int to, int first, int stride, int size) {
  if (first < 0) from = most(from, ceil_div(-first, stride));
  const int room = size - 1 - first;
  to = room < 0 ? from : least(to, room / stride + 1);
  return {from, most(from, to)};
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

// Units [begin, end) of a part of the images.
void run_part(const Job& job, int which, int begin, int end, float* copy) {
  const Geometry& g = job.g;
  const int first_image = part(g.s.n, which, g.parts), last = part(g.s.n, which + 1, g.parts);
  for (int image = first_image; image < last; ++image) {
    for (int chunk = 0; chunk < g.chunks; ++chunk) {
      Input input = {job.src.data + image * job.src.batch_stride, (int64_t)g.s.h * g.s.w * kBlock};
      if (g.plain)
        input = copy_plain(job, image, chunk * g.chunk, least(g.s.oh, (chunk + 1) * g.chunk), copy);
      for (int unit = begin; unit < end; ++unit)
        add_unit(job, input, image, chunk, unit, image == first_image && chunk == 0,
                 job.sums + ((int64_t)which * g.units + unit) * g.unit_floats);
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

// ---- depthwise ----------------------------------------------------------------------------------

namespace {

constexpr int kRowTaps = 5;  // summed at a time

// sums[kx][16] += products of a row of deltas with the input below tap kx of each, for `taps` taps;
// `x` is the input of the first tap and of output pixel 0.
template <int T>
void add_row(const float* x, const float* d, int stride, int tap_step, int from, int to,
             float* sums) {
  for (int lane = 0; lane < kBlock; lane += VL) {
    vf sum[T];
#pragma GCC unroll 5
    for (int t = 0; t < T; ++t) sum[t] = load(sums + t * kBlock + lane);
    for (int i = from; i < to; ++i) {
      const vf delta = load(d + (int64_t)i * kBlock + lane);
      const float* s = x + (int64_t)i * stride * kBlock + lane;
#pragma GCC unroll 5
      for (int t = 0; t < T; ++t) sum[t] += load(s + (int64_t)t * tap_step) * delta;
    }
#pragma GCC unroll 5
    for (int t = 0; t < T; ++t) store(sums + t * kBlock + lane, sum[t]);
  }
}

void add_rows(int taps, const float* x, const float* d, int stride, int tap_step, int from, int to,
              float* sums) {
  switch (taps) {
    case 5:
      return add_row<5>(x, d, stride, tap_step, from, to, sums);
    case 4:
      return add_row<4>(x, d, stride, tap_step, from, to, sums);
    case 3:
      return add_row<3>(x, d, stride, tap_step, from, to, sums);
    case 2:
      return add_row<2>(x, d, stride, tap_step, from, to, sums);
    default:
      return add_row<1>(x, d, stride, tap_step, from, to, sums);
  }
}

// One channel block of one image.
void depthwise_plane(const ConvShape& s, const float* src, const float* delta, float* sums) {
  memset(sums, 0, 4LL * s.kh * s.kw * kBlock);
  for (int oy = 0; oy < s.oh; ++oy) {
    const float* d = delta + (int64_t)oy * s.ow * kBlock;
    for (int ky = 0; ky < s.kh; ++ky) {
      const int y = oy * s.stride_y - s.pad_top + ky * s.dilation;
      if (y < 0 || y >= s.h) continue;
      const float* row = src + (int64_t)y * s.w * kBlock;
      for (int kx = 0; kx < s.kw; kx += kRowTaps) {
        const int taps = least(kRowTaps, s.kw - kx);
        float* to = sums + (int64_t)(ky * s.kw + kx) * kBlock;
        const int x0 = kx * s.dilation - s.pad_left;
        // where all of these taps are inside, and beside it one tap at a time
        const Range first = inside(0, s.ow, x0, s.stride_x, s.w);
        const Range last = inside(0, s.ow, x0 + (taps - 1) * s.dilation, s.stride_x, s.w);
        const int from = most(first.from, last.from), end = most(from, least(first.to, last.to));
        add_rows(taps, row + (int64_t)x0 * kBlock, d, s.stride_x, s.dilation * kBlock, from, end,
                 to);
        for (int t = 0; t < taps; ++t) {
          const int at = x0 + t * s.dilation;
          const Range one = inside(0, s.ow, at, s.stride_x, s.w);
          const float* x = row + (int64_t)at * kBlock;
          add_row<1>(x, d, s.stride_x, 0, one.from, least(one.to, from), to + t * kBlock);
          add_row<1>(x, d, s.stride_x, 0, most(one.from, end), one.to, to + t * kBlock);
        }
      }
    }
  }
}

}  // namespace

size_t depthwise_gradient_scratch(const GradientDesc& d, int) {
  const ConvShape& s = d.shape;
  return 4LL * s.n * round_up(s.c, kBlock) * s.kh * s.kw;
}

void add_depthwise_gradient(const GradientDesc& d, Source src, Source out_delta, float* gradient,
                            float* scratch, int threads) {
  const ConvShape& s = d.shape;
  const int blocks = ceil_div(s.c, kBlock), taps = s.kh * s.kw;
  const int64_t in_plane = (int64_t)s.h * s.w * kBlock, out_plane = (int64_t)s.oh * s.ow * kBlock;
  const int64_t floats = (int64_t)taps * kBlock;
#pragma omp parallel for num_threads(threads) schedule(static, 1) if (threads > 1)
  for (int id = 0; id < threads; ++id) {
    for (int i = part(s.n * blocks, id, threads); i < part(s.n * blocks, id + 1, threads); ++i) {
      const int image = i / blocks, block = i % blocks;
      depthwise_plane(s, src.data + image * src.batch_stride + block * in_plane,
                      out_delta.data + image * out_delta.batch_stride + block * out_plane,
                      scratch + i * floats);
    }
  }
  for (int c = 0; c < s.c; ++c) {
    for (int tap = 0; tap < taps; ++tap) {
      double sum = 0;
      for (int image = 0; image < s.n; ++image)
        sum += (double)
            scratch[(int64_t)(image * blocks + c / kBlock) * floats + tap * kBlock + c % kBlock];
      gradient[(int64_t)c * taps + tap] += (float)sum;
    }
  }
}

}  // namespace dn::cpu::DN_ISA
