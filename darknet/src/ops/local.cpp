#include "ops/local.h"

#include "ops/delta.h"

namespace dn {

namespace {

struct LocalGeometry {
  int64_t c, h, w, filters, oh, ow, size, stride, pad;
};

struct LocalForward : LocalGeometry {
  const float *in, *weights, *biases;
  float* out;

  DN_HD void operator()(int64_t i) const {
    const int64_t x = i % ow, y = i / ow % oh, f = i / (ow * oh) % filters;
    const int64_t b = i / (ow * oh * filters);
    const float* taps = weights + ((y * ow + x) * filters + f) * c * size * size;
    float sum = biases[i % (ow * oh * filters)];
    for (int64_t k = 0; k < c; ++k)
      for (int64_t ky = 0; ky < size; ++ky)
        for (int64_t kx = 0; kx < size; ++kx) {
          const int64_t sy = y * stride - pad + ky, sx = x * stride - pad + kx;
          if (sy >= 0 && sy < h && sx >= 0 && sx < w)
            sum += in[((b * c + k) * h + sy) * w + sx] * taps[(k * size + ky) * size + kx];
        }
    out[i] = sum;
  }
};

struct LocalWeightsGradient : LocalGeometry {
  const float *in, *out_delta;
  float* gradient;
  int64_t batch;

  DN_HD void operator()(int64_t i) const {
    const int64_t kx = i % size, ky = i / size % size, k = i / (size * size) % c;
    const int64_t f = i / (size * size * c) % filters, cell = i / (size * size * c * filters);
    const int64_t sy = cell / ow * stride - pad + ky, sx = cell % ow * stride - pad + kx;
    if (sy < 0 || sy >= h || sx < 0 || sx >= w) return;
    float sum = 0;
    for (int64_t b = 0; b < batch; ++b)
      sum += in[((b * c + k) * h + sy) * w + sx] * out_delta[(b * filters + f) * oh * ow + cell];
    gradient[i] += sum;
  }
};

struct LocalInputDelta : LocalGeometry {
  const float *weights, *out_delta;
  float* in_delta;

  DN_HD void operator()(int64_t i) const {
    const int64_t sx = i % w, sy = i / w % h, k = i / (w * h) % c, b = i / (w * h * c);
    float sum = 0;
    for (int64_t ky = 0; ky < size; ++ky) {
      const int64_t ty = sy + pad - ky;
      if (ty < 0 || ty % stride || ty / stride >= oh) continue;
      for (int64_t kx = 0; kx < size; ++kx) {
        const int64_t tx = sx + pad - kx;
        if (tx < 0 || tx % stride || tx / stride >= ow) continue;
        const int64_t cell = ty / stride * ow + tx / stride;
        for (int64_t f = 0; f < filters; ++f)
          sum += out_delta[(b * filters + f) * oh * ow + cell] *
                 weights[(((cell * filters + f) * c + k) * size + ky) * size + kx];
      }
    }
    in_delta[i] += sum;
  }
};

LocalGeometry geometry_of(const Local& local, const Shape& in, const Shape& out) {
  return {in.c, in.h, in.w, local.filters, out.h, out.w, local.size, local.stride, local.pad};
}

}  // namespace

void Local::forward(const Context& context, const Args& args) const {
  const LocalGeometry geometry = geometry_of(*this, args.in_shapes[0], args.out_shape);
  context.each(args.batch * args.out_shape.size(),
               LocalForward{geometry, args.in[0], args.constants[0], args.constants[1], args.out});
}

void Local::backward(const Context& context, const BackwardArgs& args) const {
  const Shape in = args.in_shapes[0], out = args.out_shape;
  const LocalGeometry geometry = geometry_of(*this, in, out);
  if (float* gradient = args.params[0].gradient)
    context.each(out.size() * in.c * size * size,
                 LocalWeightsGradient{geometry, args.in[0], args.out_delta, gradient, args.batch});
  if (float* gradient = args.params[1].gradient)
    context.each(out.size(), SumOverImages{args.out_delta, gradient, args.batch, out.size()});
  if (args.in_delta[0])
    context.each(args.batch * in.size(),
                 LocalInputDelta{geometry, args.params[0].value, args.out_delta, args.in_delta[0]});
}

std::vector<Constant> Local::constants() const {
  return {{"weights", weights->dims(), weights->values()},
          {"biases", biases->dims(), biases->values()}};
}

void Local::describe(Json& json) const {
  json.field("filters", filters).field("size", size).field("stride", stride).field("pad", pad);
}

}  // namespace dn
