// Max pooling and nearest-neighbour upsampling.
#include <float.h>

#include "simd.h"

namespace dn::cpu::DN_ISA {
namespace {

// Where output `o` of a dimension looks: [from, to) of the input, empty where all is padding.
struct Window {
  int from, to;
};
Window window_of(int o, int size, int stride, int offset, int in) {
  const int start = o * stride - offset;
  return {most(start, 0), least(start + size, in)};
}

// Windows of at least this many elements are pooled by rows and by columns in turn.
constexpr int kSeparableFrom = 16;

bool is_separable(const PoolShape& s) { return s.size_x * s.size_y >= kSeparableFrom; }

// dst = maximum of `count` vectors at src, src + step, ...
DN_INLINE void max_of(const float* src, int64_t step, int count, float* dst) {
  for (int lane = 0; lane < kBlock; lane += VL) {
    vf best = splat(-FLT_MAX);
    for (int i = 0; i < count; ++i) best = vmax(best, load(src + i * step + lane));
    store(dst + lane, best);
  }
}

// Output pixels [x, end) of 2x2 windows that lie inside; `src` is the first one's.
void pool_2x2(const float* src, int64_t row, int stride, int count, float* dst) {
  for (int i = 0; i < count; ++i, src += stride * kBlock, dst += kBlock) {
    for (int lane = 0; lane < kBlock; lane += VL) {
      const float* p = src + lane;
      store(dst + lane,
            vmax(vmax(load(p), load(p + kBlock)), vmax(load(p + row), load(p + row + kBlock))));
    }
  }
}

// One output row; `plane` is a channel block of the input.
void pool_row(const PoolShape& s, const float* plane, int oy, float* dst) {
  const Window y = window_of(oy, s.size_y, s.stride_y, s.offset_y, s.h);
  const int64_t row = (int64_t)s.w * kBlock;
  int ox = 0;
  if (s.size_x == 2 && s.size_y == 2 && s.offset_x == 0 && y.to - y.from == 2) {
    const int inside = s.w < 2 ? 0 : (s.w - 2) / s.stride_x + 1;
    ox = least(s.ow, inside);
    pool_2x2(plane + y.from * row, row, s.stride_x, ox, dst);
  }
  for (; ox < s.ow; ++ox) {
    const Window x = window_of(ox, s.size_x, s.stride_x, s.offset_x, s.w);
    for (int lane = 0; lane < kBlock; lane += VL) {
      vf best = splat(-FLT_MAX);
      for (int iy = y.from; iy < y.to; ++iy) {
        const float* p = plane + iy * row + lane;
        for (int ix = x.from; ix < x.to; ++ix) best = vmax(best, load(p + ix * kBlock));
      }
      store(dst + ox * kBlock + lane, best);
    }
  }
}

// A whole channel block: rows into `half` ([h][ow][16]), then columns.
void pool_plane(const PoolShape& s, const float* plane, float* half, float* dst) {
  for (int y = 0; y < s.h; ++y) {
    for (int ox = 0; ox < s.ow; ++ox) {
      const Window x = window_of(ox, s.size_x, s.stride_x, s.offset_x, s.w);
      max_of(plane + ((int64_t)y * s.w + x.from) * kBlock, kBlock, x.to - x.from,
             half + ((int64_t)y * s.ow + ox) * kBlock);
    }
  }
  const int64_t row = (int64_t)s.ow * kBlock;
  for (int oy = 0; oy < s.oh; ++oy) {
    const Window y = window_of(oy, s.size_y, s.stride_y, s.offset_y, s.h);
    for (int ox = 0; ox < s.ow; ++ox) {
      max_of(half + y.from * row + ox * kBlock, row, y.to - y.from, dst + oy * row + ox * kBlock);
    }
  }
}

}  // namespace

size_t max_pool_scratch(const PoolShape& s, int threads) {
  return is_separable(s) ? 4LL * threads * s.h * s.ow * kBlock : 0;
}

void max_pool(const PoolShape& s, Source src, Target dst, float* scratch, int threads) {
  const int blocks = ceil_div(s.c, kBlock);
  const int64_t in_plane = (int64_t)s.h * s.w * kBlock, out_row = (int64_t)s.ow * kBlock;
  const bool separable = is_separable(s);
  const int items = s.n * blocks * (separable ? 1 : s.oh);
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int id = 0; id < threads; ++id) {
    for (int i = part(items, id, threads); i < part(items, id + 1, threads); ++i) {
      const int oy = separable ? 0 : i % s.oh, plane = separable ? i : i / s.oh;
      const int image = plane / blocks, block = plane % blocks;
      const float* in = src.data + image * src.batch_stride + block * in_plane;
      float* out = dst.data + image * dst.batch_stride + ((int64_t)block * s.oh + oy) * out_row;
      if (separable) {
        pool_plane(s, in, scratch + id * s.h * out_row, out);
      } else {
        pool_row(s, in, oy, out);
      }
    }
  }
}

void upsample(int n, int c, int h, int w, int stride, float scale, Source src, Target dst,
              int threads) {
  const int blocks = ceil_div(c, kBlock), rows = n * blocks * h * stride;
  const int64_t row = (int64_t)w * kBlock, out_row = row * stride;
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int id = 0; id < threads; ++id) {
    for (int i = part(rows, id, threads); i < part(rows, id + 1, threads); ++i) {
      const int oy = i % (h * stride), block = i / (h * stride) % blocks;
      const int image = i / (h * stride) / blocks;
      const float* in =
          src.data + image * src.batch_stride + ((int64_t)block * h + oy / stride) * row;
      float* out =
          dst.data + image * dst.batch_stride + ((int64_t)block * h * stride + oy) * out_row;
      for (int x = 0; x < w; ++x, in += kBlock) {
        for (int lane = 0; lane < kBlock; lane += VL) {
          const vf value = splat(scale) * load(in + lane);
          for (int k = 0; k < stride; ++k) store(out + k * kBlock + lane, value);
        }
        out += stride * kBlock;
      }
    }
  }
}

}  // namespace dn::cpu::DN_ISA
