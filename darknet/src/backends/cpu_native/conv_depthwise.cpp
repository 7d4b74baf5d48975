// Depthwise convolution: each channel by itself, so 16 channels are one vector.
//
// A row of outputs is computed a few pixels at a time, summing in registers. Pixels whose taps
// cross the left or right border are done one by one, over the taps that are inside.
#include "activations.h"

namespace dn::cpu::DN_ISA {
namespace {

struct Row {
  const float* src;      // input pixel of tap (0, 0) of output pixel 0; may lie outside the row
  const float* weights;  // of the first tap row used: [ky][kx][16]
  const float* bias;
  float* dst;
  int64_t row_step;  // floats from one tap row to the next
  int64_t tap_step;  // floats from one tap to the next in its row
  int rows, kw, stride;
  float slope;
};

// T output pixels from pixel `x`. K and S are the kernel's width and stride, or 0 for any.
template <int T, int K, int S>
DN_INLINE void pixels(const Row& r, int x) {
  const int stride = S ? S : r.stride, kw = K ? K : r.kw;
  const int64_t tap_step = K ? kBlock : r.tap_step;
  for (int lane = 0; lane < kBlock; lane += VL) {
    vf sum[T];
#pragma GCC unroll 8
    for (int t = 0; t < T; ++t) sum[t] = load(r.bias + lane);
    const float* s = r.src + (int64_t)x * stride * kBlock + lane;
    const float* w = r.weights + lane;
    for (int ky = 0; ky < r.rows; ++ky, s += r.row_step, w += kw * kBlock) {
#pragma GCC unroll 5
      for (int kx = 0; kx < kw; ++kx) {
        const vf weight = load(w + kx * kBlock);
#pragma GCC unroll 8
        for (int t = 0; t < T; ++t) {
          sum[t] += load(s + kx * tap_step + t * stride * kBlock) * weight;
        }
      }
    }
    const vf slope = splat(r.slope);
#pragma GCC unroll 8
    for (int t = 0; t < T; ++t) {
      store(r.dst + (x + t) * kBlock + lane, sloped(sum[t], slope));
    }
  }
}

// One output pixel over the taps [kx0, kx1) of each row.
void border_pixel(const Row& r, int x, int kx0, int kx1) {
  for (int lane = 0; lane < kBlock; lane += VL) {
    vf sum = load(r.bias + lane);
    for (int ky = 0; ky < r.rows; ++ky) {
      const float* s = r.src + ky * r.row_step + (int64_t)x * r.stride * kBlock + lane;
      const float* w = r.weights + ky * r.kw * kBlock + lane;
      for (int kx = kx0; kx < kx1; ++kx) sum += load(s + kx * r.tap_step) * load(w + kx * kBlock);
    }
    store(r.dst + x * kBlock + lane, sloped(sum, splat(r.slope)));
  }
}

template <int K, int S>
void inner_pixels(const Row& r, int x, int end) {
  for (; x + 8 <= end; x += 8) pixels<8, K, S>(r, x);
  if (x + 4 <= end) pixels<4, K, S>(r, x), x += 4;
  if (x + 2 <= end) pixels<2, K, S>(r, x), x += 2;
  if (x < end) pixels<1, K, S>(r, x);
}

typedef void (*InnerPixels)(const Row&, int, int);

InnerPixels find_inner(const ConvShape& s) {
  if (s.dilation == 1) {
    if (s.kw == 3 && s.stride_x == 1) return inner_pixels<3, 1>;
    if (s.kw == 3 && s.stride_x == 2) return inner_pixels<3, 2>;
    if (s.kw == 5 && s.stride_x == 1) return inner_pixels<5, 1>;
    if (s.kw == 5 && s.stride_x == 2) return inner_pixels<5, 2>;
  }
  return inner_pixels<0, 0>;
}

}  // namespace

size_t depthwise_packed_bytes(const ConvDesc& d) {
  const ConvShape& s = d.shape;
  return 4LL * round_up(s.c, kBlock) * (1 + s.kh * s.kw);
}

size_t depthwise_scratch_bytes(const ConvDesc&, int) { return 0; }

// packed: bias[c padded], then [channel block][ky][kx][16].
void pack_depthwise(const ConvDesc& d, const float* weights, const float* bias, float* packed,
                    int) {
  const ConvShape& s = d.shape;
  const int c_padded = round_up(s.c, kBlock), taps = s.kh * s.kw;
  for (int c = 0; c < c_padded; ++c) {
    packed[c] = bias && c < s.c ? bias[c] : 0.f;
    float* out = packed + c_padded + c / kBlock * taps * kBlock + c % kBlock;
    for (int tap = 0; tap < taps; ++tap) {
      out[tap * kBlock] = c < s.c ? weights[c * taps + tap] : 0.f;
    }
  }
}

void conv_depthwise(const ConvDesc& d, const float* packed, Source src, Target dst,
                    const Epilogue& e, float*, int threads) {
  const ConvShape& s = d.shape;
  const int blocks = ceil_div(s.c, kBlock), taps = s.kh * s.kw;
  const int all_rows = s.n * blocks * s.oh;
  const int64_t src_block = src_plane(s) * kBlock, dst_block = dst_plane(s) * kBlock;
  const InnerPixels inner_pixels_of = find_inner(s);
  // Output columns [inner0, inner1) have all their taps inside.
  const int inner0 = most(0, least(s.ow, ceil_div(s.pad_left, s.stride_x)));
  const int room = s.w + s.pad_left - (s.kw - 1) * s.dilation - 1;
  const int inner1 = most(inner0, least(s.ow, room < 0 ? 0 : room / s.stride_x + 1));
#pragma omp parallel for num_threads(threads) schedule(static, 1) if (threads > 1)
  for (int id = 0; id < threads; ++id) {
    for (int i = part(all_rows, id, threads); i < part(all_rows, id + 1, threads); ++i) {
      const int oy = i % s.oh, block = i / s.oh % blocks, image = i / s.oh / blocks;
      const int y0 = oy * s.stride_y - s.pad_top;
      int skip = 0, rows = s.kh;
      while (rows > 0 && y0 + skip * s.dilation < 0) ++skip, --rows;
      while (rows > 0 && y0 + (skip + rows - 1) * s.dilation >= s.h) --rows;
      const int64_t y = y0 + skip * s.dilation;
      const int64_t offset = block * dst_block + (int64_t)oy * s.ow * kBlock;
      Row r;
      r.src =
          src.data + image * src.batch_stride + block * src_block + (y * s.w - s.pad_left) * kBlock;
      r.weights = packed + (blocks + (int64_t)block * taps + skip * s.kw) * kBlock;
      r.bias = packed + block * kBlock;
      r.dst = dst.data + image * dst.batch_stride + offset;
      r.row_step = (int64_t)s.dilation * s.w * kBlock;
      r.tap_step = s.dilation * kBlock;
      r.rows = rows;
      r.kw = s.kw;
      r.stride = s.stride_x;
      r.slope = is_sloped(e.act) ? slope_of(e.act) : 1.f;
      for (int x = 0; x < s.ow; ++x) {
        if (x == inner0) x = inner1;
        if (x == s.ow) break;
        const int x0 = x * s.stride_x - s.pad_left;
        int kx0 = 0, kx1 = s.kw;
        while (kx0 < kx1 && x0 + kx0 * s.dilation < 0) ++kx0;
        while (kx0 < kx1 && x0 + (kx1 - 1) * s.dilation >= s.w) --kx1;
        border_pixel(r, x, kx0, kx1);
      }
      inner_pixels_of(r, inner0, inner1);
      if (!is_sloped(e.act)) apply(e.act, r.dst, nullptr, r.dst, s.ow * kBlock);
      if (e.residual) {
        apply(e.act_after_residual, r.dst, e.residual + image * e.residual_stride + offset, r.dst,
              s.ow * kBlock);
      }
    }
  }
}

}  // namespace dn::cpu::DN_ISA
