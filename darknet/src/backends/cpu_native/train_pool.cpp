// Max pooling that remembers where each maximum was, and its way back.
#include <float.h>

#include "simd.h"
#include "train_api.h"

namespace dn::cpu::DN_ISA {
namespace {

struct Range {
  int from, to;
};
Range inside(int start, int size, int limit) {
  return {most(start, 0), least(start + size, limit)};
}

template <class Work>
void each_plane(const PoolShape& s, int threads, const Work& work) {
  const int blocks = ceil_div(s.c, kBlock);
#pragma omp parallel for num_threads(threads) schedule(static, 1) if (threads > 1)
  for (int id = 0; id < threads; ++id)
    for (int i = part(s.n * blocks, id, threads); i < part(s.n * blocks, id + 1, threads); ++i)
      work(i / blocks, i % blocks, i);
}

// The first of the largest, and its number in the window; kMostChosen where all is padding.
DN_INLINE void pool_pixel(const PoolShape& s, const float* in, int oy, int ox, float* out,
                          uint8_t* chosen) {
  const int y0 = oy * s.stride_y - s.offset_y, x0 = ox * s.stride_x - s.offset_x;
  const Range ys = inside(y0, s.size_y, s.h), xs = inside(x0, s.size_x, s.w);
  for (int lane = 0; lane < kBlock; lane += VL) {
    vf best = splat(-FLT_MAX);
    vi at = vi{} + kMostChosen;
    for (int y = ys.from; y < ys.to; ++y) {
      const float* p = in + ((int64_t)y * s.w + xs.from) * kBlock + lane;
      for (int x = xs.from; x < xs.to; ++x, p += kBlock) {
        const vf value = load(p);
        const vi number = vi{} + ((y - y0) * s.size_x + (x - x0));
        at = value > best ? number : at;
        best = vmax(value, best);
      }
    }
    store(out + lane, best);
    for (int i = 0; i < VL; ++i) chosen[lane + i] = (uint8_t)at[i];
  }
}

}  // namespace

void max_pool_forward(const PoolShape& s, Source src, Target dst, uint8_t* chosen, int threads) {
  const int64_t in_plane = (int64_t)s.h * s.w * kBlock, out_plane = (int64_t)s.oh * s.ow * kBlock;
  each_plane(s, threads, [&](int image, int block, int plane) {
    const float* in = src.data + image * src.batch_stride + block * in_plane;
    float* out = dst.data + image * dst.batch_stride + block * out_plane;
    uint8_t* which = chosen + plane * out_plane;
    for (int oy = 0; oy < s.oh; ++oy)
      for (int ox = 0; ox < s.ow; ++ox, out += kBlock, which += kBlock)
        pool_pixel(s, in, oy, ox, out, which);
  });
}

void max_pool_backward(const PoolShape& s, const uint8_t* chosen, Source out_delta, Target in_delta,
                       bool add, int threads) {
  const int64_t in_plane = (int64_t)s.h * s.w * kBlock, out_plane = (int64_t)s.oh * s.ow * kBlock;
  each_plane(s, threads, [&](int image, int block, int plane) {
    const float* from = out_delta.data + image * out_delta.batch_stride + block * out_plane;
    float* to = in_delta.data + image * in_delta.batch_stride + block * in_plane;
    const uint8_t* which = chosen + plane * out_plane;
    if (!add) memset(to, 0, in_plane * 4);
    for (int oy = 0; oy < s.oh; ++oy) {
      for (int ox = 0; ox < s.ow; ++ox, from += kBlock, which += kBlock) {
        const int y0 = oy * s.stride_y - s.offset_y, x0 = ox * s.stride_x - s.offset_x;
        if (s.size_x * s.size_y > 16) {  // one by one is faster than every element for all lanes
          for (int lane = 0; lane < kBlock; ++lane) {
            if (which[lane] == kMostChosen) continue;
            const int y = y0 + which[lane] / s.size_x, x = x0 + which[lane] % s.size_x;
            to[((int64_t)y * s.w + x) * kBlock + lane] += from[lane];
          }
          continue;
        }
        const Range ys = inside(y0, s.size_y, s.h), xs = inside(x0, s.size_x, s.w);
        for (int y = ys.from; y < ys.to; ++y) {
          for (int x = xs.from; x < xs.to; ++x) {
            float* p = to + ((int64_t)y * s.w + x) * kBlock;
            const int number = (y - y0) * s.size_x + (x - x0);
            for (int lane = 0; lane < kBlock; ++lane)
              p[lane] += which[lane] == number ? from[lane] : 0.f;
          }
        }
      }
    }
  });
}

}  // namespace dn::cpu::DN_ISA
