#include "ops/lrn.h"

namespace dn {

namespace {

// compat: the square at distance size / 2 is never added but is subtracted later: the window is
// off by one, and trained networks rely on it.
struct LrnForward {
  const float* in;
  float* out;
  int64_t c, plane, size;
  float alpha, beta, kappa;

  DN_HD void operator()(int64_t i) const {  // one pixel
    const float* x = in + i / plane * c * plane + i % plane;
    float* y = out + i / plane * c * plane + i % plane;
    const int64_t half = size / 2, half2 = (size - 1) / 2;
    float norm = kappa;
    for (int64_t j = 0; j < half && j < c; ++j) norm += alpha * x[j * plane] * x[j * plane];
    y[0] = x[0] * powf(norm, -beta);
    for (int64_t k = 1; k < c; ++k) {
      const int64_t gone = k - half2 - 1, next = k + half;
      if (gone >= 0) norm -= alpha * x[gone * plane] * x[gone * plane];
      if (next < c) norm += alpha * x[next * plane] * x[next * plane];
      y[k * plane] = x[k * plane] * powf(norm, -beta);
    }
  }
};

}  // namespace

void Lrn::forward(const Context& context, const Args& args) const {
  const Shape out = args.out_shape;
  context.each(args.batch * out.plane(),
               LrnForward{args.in[0], args.out, out.c, out.plane(), size, alpha, beta, kappa});
}

void Lrn::describe(Json& json) const {
  json.field("size", size).field("alpha", double(alpha));
  json.field("beta", double(beta)).field("kappa", double(kappa));
}

}  // namespace dn
