#include "ops/lrn.h"

namespace dn {

namespace {

// compat: the square at distance size / 2 is never added but is subtracted later: the window is
// off by one, and trained networks rely on it.
struct LrnWindow {
  const float* in;
  int64_t c, plane, size;
  float alpha, beta, kappa;

  // target = (add ? target : 0) + source * norm^-beta, over the channels of pixel i.
  DN_HD void scale(int64_t i, const float* source, float* target, bool add) const {
    const int64_t at = i / plane * c * plane + i % plane;
    const float *x = in + at, *from = source + at;
    float* to = target + at;
    const int64_t half = size / 2, half2 = (size - 1) / 2;
    float norm = kappa;
    for (int64_t j = 0; j < half && j < c; ++j) norm += alpha * x[j * plane] * x[j * plane];
    for (int64_t k = 0; k < c; ++k) {
      const int64_t gone = k - half2 - 1, next = k + half;
      if (k > 0 && gone >= 0) norm -= alpha * x[gone * plane] * x[gone * plane];
      if (k > 0 && next < c) norm += alpha * x[next * plane] * x[next * plane];
      const float value = from[k * plane] * powf(norm, -beta);
      to[k * plane] = add ? to[k * plane] + value : value;
    }
  }
};

struct LrnForward : LrnWindow {
  float* out;
  DN_HD void operator()(int64_t i) const { scale(i, in, out, false); }
};

struct LrnBackward : LrnWindow {
  const float* out_delta;
  float* in_delta;
  DN_HD void operator()(int64_t i) const { scale(i, out_delta, in_delta, true); }
};

}  // namespace

void Lrn::forward(const Context& context, const Args& args) const {
  const Shape out = args.out_shape;
  context.each(args.batch * out.plane(),
               LrnForward{{args.in[0], out.c, out.plane(), size, alpha, beta, kappa}, args.out});
}

void Lrn::backward(const Context& context, const BackwardArgs& args) const {
  const Shape out = args.out_shape;
  if (args.in_delta[0])
    context.each(args.batch * out.plane(),
                 LrnBackward{{args.in[0], out.c, out.plane(), size, alpha, beta, kappa},
                             args.out_delta,
                             args.in_delta[0]});
}

void Lrn::describe(Json& json) const {
  json.field("size", size).field("alpha", double(alpha));
  json.field("beta", double(beta)).field("kappa", double(kappa));
}

}  // namespace dn
