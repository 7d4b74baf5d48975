#include "ops/pool.h"

#include <cfloat>

namespace dn {

namespace {

struct PoolForward {
  const float* in;
  float* out;
  int64_t h, w, oh, ow, size_y, size_x, stride_y, stride_x, top, left;
  bool average, zero_nonmax;
  float scale;

  DN_HD void operator()(int64_t i) const {
    const int64_t x = i % ow, y = i / ow % oh;
    const float* plane = in + i / (ow * oh) * h * w;
    float best = -FLT_MAX, sum = 0;
    int64_t valid = 0;
    for (int64_t ky = 0; ky < size_y; ++ky)
      for (int64_t kx = 0; kx < size_x; ++kx) {
        const int64_t sy = y * stride_y - top + ky, sx = x * stride_x - left + kx;
        if (sy < 0 || sy >= h || sx < 0 || sx >= w) continue;
        const float value = plane[sy * w + sx];
        sum += value;
        if (value > best) best = value;
        ++valid;
      }
    if (average)
      out[i] = valid ? scale * sum / float(valid) : 0.f;
    else
      out[i] = zero_nonmax && best != in[i] ? 0.f : best;
  }
};

}  // namespace

void Pool::forward(const Context& context, const Args& args) const {
  const Shape in = args.in_shapes[0], out = args.out_shape;
  context.each(args.batch * out.size(),
               PoolForward{args.in[0], args.out, in.h, in.w, out.h, out.w, size_y, size_x, stride_y,
                           stride_x, pad_top, pad_left, pool == Kind::average, zero_nonmax, scale});
}

void Pool::describe(Json& json) const {
  json.field("size_y", size_y).field("size_x", size_x);
  json.field("stride_y", stride_y).field("stride_x", stride_x);
  json.field("pad_top", pad_top).field("pad_left", pad_left);
  json.field("scale", double(scale)).field("zero_nonmax", zero_nonmax);
}

}  // namespace dn
