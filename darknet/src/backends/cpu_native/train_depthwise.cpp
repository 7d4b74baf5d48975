// The gradient of a depthwise convolution's weights.
#include "tap_range.h"
#include "train_api.h"

namespace dn::cpu::DN_ISA {
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
