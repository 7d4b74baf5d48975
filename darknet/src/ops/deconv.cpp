#include "ops/deconv.h"

#include "ops/delta.h"

namespace dn {

Shape Deconv::shape(const std::vector<Shape>& in) const {
  return {filters, (in[0].h - 1) * stride + size - 2 * pad,
          (in[0].w - 1) * stride + size - 2 * pad};
}

namespace {

// Gathers: output y is reached from input row i through tap k where i * stride - pad + k = y.
struct DeconvGeometry {
  int64_t c, h, w, filters, oh, ow, size, stride, pad;
};

struct DeconvForward : DeconvGeometry {
  const float *in, *weights, *biases;
  float* out;

  DN_HD void operator()(int64_t i) const {
    const int64_t x = i % ow, y = i / ow % oh, f = i / (ow * oh) % filters;
    const int64_t b = i / (ow * oh * filters);
    float sum = biases ? biases[f] : 0.f;
    for (int64_t k = 0; k < c; ++k) {
      const float* plane = in + (b * c + k) * h * w;
      const float* taps = weights + (k * filters + f) * size * size;
      for (int64_t ky = 0; ky < size; ++ky) {
        const int64_t ty = y + pad - ky;
        if (ty < 0 || ty % stride || ty / stride >= h) continue;
        for (int64_t kx = 0; kx < size; ++kx) {
          const int64_t tx = x + pad - kx;
          if (tx < 0 || tx % stride || tx / stride >= w) continue;
          sum += plane[ty / stride * w + tx / stride] * taps[ky * size + kx];
        }
      }
    }
    out[i] = sum;
  }
};

struct DeconvWeightsGradient : DeconvGeometry {
  const float *in, *out_delta;
  float* gradient;
  int64_t batch;

  DN_HD void operator()(int64_t i) const {
    const int64_t kx = i % size, ky = i / size % size, f = i / (size * size) % filters;
    const int64_t k = i / (size * size * filters);
    float sum = 0;
    for (int64_t b = 0; b < batch; ++b) {
      const float* plane = in + (b * c + k) * h * w;
      const float* deltas = out_delta + (b * filters + f) * oh * ow;
      for (int64_t sy = 0; sy < h; ++sy) {
        const int64_t y = sy * stride - pad + ky;
        if (y < 0 || y >= oh) continue;
        for (int64_t sx = 0; sx < w; ++sx) {
          const int64_t x = sx * stride - pad + kx;
          if (x >= 0 && x < ow) sum += plane[sy * w + sx] * deltas[y * ow + x];
        }
      }
    }
    gradient[i] += sum;
  }
};

struct DeconvInputDelta : DeconvGeometry {
  const float *weights, *out_delta;
  float* in_delta;

  DN_HD void operator()(int64_t i) const {
    const int64_t sx = i % w, sy = i / w % h, k = i / (w * h) % c, b = i / (w * h * c);
    float sum = 0;
    for (int64_t f = 0; f < filters; ++f) {
      const float* deltas = out_delta + (b * filters + f) * oh * ow;
      const float* taps = weights + (k * filters + f) * size * size;
      for (int64_t ky = 0; ky < size; ++ky) {
        const int64_t y = sy * stride - pad + ky;
        if (y < 0 || y >= oh) continue;
        for (int64_t kx = 0; kx < size; ++kx) {
          const int64_t x = sx * stride - pad + kx;
          if (x >= 0 && x < ow) sum += deltas[y * ow + x] * taps[ky * size + kx];
        }
      }
    }
    in_delta[i] += sum;
  }
};

DeconvGeometry geometry_of(const Deconv& deconv, const Shape& in, const Shape& out) {
  return {in.c, in.h, in.w, deconv.filters, out.h, out.w, deconv.size, deconv.stride, deconv.pad};
}

}  // namespace

void Deconv::forward(const Context& context, const Args& args) const {
  const DeconvGeometry geometry = geometry_of(*this, args.in_shapes[0], args.out_shape);
  context.each(args.batch * args.out_shape.size(),
               DeconvForward{geometry, args.in[0], args.constants[0], args.constants[1], args.out});
}

void Deconv::backward(const Context& context, const BackwardArgs& args) const {
  const Shape in = args.in_shapes[0], out = args.out_shape;
  const DeconvGeometry geometry = geometry_of(*this, in, out);
  if (float* gradient = args.params[0].gradient)
    context.each(in.c * filters * size * size,
                 DeconvWeightsGradient{geometry, args.in[0], args.out_delta, gradient, args.batch});
  if (float* gradient = args.params[1].gradient)
    context.each(filters,
                 SumOverPlanes{args.out_delta, gradient, args.batch, filters, out.plane()});
  if (args.in_delta[0])
    context.each(args.batch * in.size(), DeconvInputDelta{geometry, args.params[0].value,
                                                          args.out_delta, args.in_delta[0]});
}

std::vector<Constant> Deconv::constants() const {
  std::vector<float> w = weights->values();
  std::vector<float> b = biases ? biases->values() : std::vector<float>(size_t(filters), 0.f);
  const int64_t taps = size * size, c = static_cast<int64_t>(w.size()) / (filters * taps);
  if (folded) {
    const Affine affine = affine_of(folded, b);
    b.assign(affine.offset.begin(), affine.offset.end());
    for (int64_t i = 0; i < c * filters; ++i)
      for (int64_t t = 0; t < taps; ++t) {
        float& value = w[size_t(i * taps + t)];
        value = static_cast<float>(value * affine.factor[size_t(i % filters)]);
      }
  }
  return {{"weights", {c, filters, size, size}, std::move(w)}, {"biases", {filters}, std::move(b)}};
}

double Deconv::operations(const std::vector<Shape>& in, const Shape&) const {
  return 2. * double(size * size * filters) * double(in[0].size());
}

void Deconv::describe(Json& json) const {
  json.field("filters", filters).field("size", size).field("stride", stride).field("pad", pad);
}

}  // namespace dn
