#include "ops/deconv.h"

namespace dn {

Shape Deconv::shape(const std::vector<Shape>& in) const {
  return {filters, (in[0].h - 1) * stride + size - 2 * pad,
          (in[0].w - 1) * stride + size - 2 * pad};
}

namespace {

// Gathers: output y is reached from input row i through tap k where i * stride - pad + k = y.
struct DeconvForward {
  const float *in, *weights, *biases;
  float* out;
  int64_t c, h, w, filters, oh, ow, size, stride, pad;

  DN_HD void operator()(int64_t i) const {
    const int64_t x = i % ow, y = i / ow % oh, f = i / (ow * oh) % filters;
    const int64_t b = i / (ow * oh * filters);
    float sum = biases[f];
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

}  // namespace

void Deconv::forward(const Context& context, const Args& args) const {
  const Shape in = args.in_shapes[0], out = args.out_shape;
  context.each(args.batch * out.size(),
               DeconvForward{args.in[0], args.constants[0], args.constants[1], args.out, in.c, in.h,
                             in.w, filters, out.h, out.w, size, stride, pad});
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
