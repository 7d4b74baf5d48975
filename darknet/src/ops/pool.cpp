#include "ops/pool.h"

#include <cfloat>

namespace dn {

namespace {

struct PoolGeometry {
  int64_t h, w, oh, ow, size_y, size_x, stride_y, stride_x, top, left;
  bool average, zero_nonmax;
  float scale;
};

struct PoolForward : PoolGeometry {
  const float* in;
  float* out;
  int32_t* chosen;  // in training: the cell of its plane that each maximum comes from

  DN_HD void operator()(int64_t i) const {
    const int64_t x = i % ow, y = i / ow % oh;
    const float* plane = in + i / (ow * oh) * h * w;
    float best = -FLT_MAX, sum = 0;
    int64_t valid = 0, best_at = -1;
    for (int64_t ky = 0; ky < size_y; ++ky)
      for (int64_t kx = 0; kx < size_x; ++kx) {
        const int64_t sy = y * stride_y - top + ky, sx = x * stride_x - left + kx;
        if (sy < 0 || sy >= h || sx < 0 || sx >= w) continue;
        const float value = plane[sy * w + sx];
        sum += value;
        if (value > best) {
          best = value;
          best_at = sy * w + sx;
        }
        ++valid;
      }
    if (average)
      out[i] = valid ? scale * sum / float(valid) : 0.f;
    else
      out[i] = zero_nonmax && best != in[i] ? 0.f : best;
    if (chosen) chosen[i] = int32_t(best_at);
  }
};

// Gathers over the windows that cover a cell.
struct PoolBackward : PoolGeometry {
  const int32_t* chosen;
  const float* out_delta;
  float* in_delta;

  DN_HD int64_t inside(int64_t start, int64_t size, int64_t limit) const {
    const int64_t from = start < 0 ? 0 : start, to = start + size < limit ? start + size : limit;
    return to - from;
  }
  DN_HD int64_t first(int64_t at, int64_t size, int64_t stride) const {
    return at < size ? 0 : (at - size) / stride + 1;  // the first window that reaches at
  }
  DN_HD void operator()(int64_t i) const {
    const int64_t sx = i % w, sy = i / w % h, plane = i / (w * h);
    float sum = 0;
    for (int64_t y = first(sy + top, size_y, stride_y); y < oh; ++y) {
      const int64_t from_y = y * stride_y - top;
      if (from_y > sy) break;
      for (int64_t x = first(sx + left, size_x, stride_x); x < ow; ++x) {
        const int64_t from_x = x * stride_x - left;
        if (from_x > sx) break;
        const int64_t o = (plane * oh + y) * ow + x;
        if (average) {
          const int64_t cells = inside(from_y, size_y, h) * inside(from_x, size_x, w);
          sum += out_delta[o] * scale / float(cells);
        } else if (chosen[o] == int32_t(sy * w + sx)) {
          if (!zero_nonmax || o == i) sum += out_delta[o];
        }
      }
    }
    in_delta[i] += sum;
  }
};

PoolGeometry geometry_of(const Pool& p, const Shape& in, const Shape& out) {
  return {in.h,
          in.w,
          out.h,
          out.w,
          p.size_y,
          p.size_x,
          p.stride_y,
          p.stride_x,
          p.pad_top,
          p.pad_left,
          p.pool == Pool::Kind::average,
          p.zero_nonmax,
          p.scale};
}

}  // namespace

void Pool::forward(const Context& context, const Args& args) const {
  const PoolGeometry geometry = geometry_of(*this, args.in_shapes[0], args.out_shape);
  context.each(args.batch * args.out_shape.size(),
               PoolForward{geometry, args.in[0], args.out, nullptr});
}

void Pool::train_forward(const Context& context, const TrainArgs& args) const {
  const PoolGeometry geometry = geometry_of(*this, args.in_shapes[0], args.out_shape);
  auto* chosen = pool == Kind::max ? reinterpret_cast<int32_t*>(args.kept) : nullptr;
  context.each(args.batch * args.out_shape.size(),
               PoolForward{geometry, args.in[0], args.out, chosen});
}

void Pool::backward(const Context& context, const BackwardArgs& args) const {
  if (!args.in_delta[0]) return;
  const PoolGeometry geometry = geometry_of(*this, args.in_shapes[0], args.out_shape);
  context.each(args.batch * args.in_shapes[0].size(),
               PoolBackward{geometry, reinterpret_cast<const int32_t*>(args.kept), args.out_delta,
                            args.in_delta[0]});
}

void Pool::describe(Json& json) const {
  json.field("size_y", size_y).field("size_x", size_x);
  json.field("stride_y", stride_y).field("stride_x", stride_x);
  json.field("pad_top", pad_top).field("pad_left", pad_left);
  json.field("scale", double(scale)).field("zero_nonmax", zero_nonmax);
}

}  // namespace dn
