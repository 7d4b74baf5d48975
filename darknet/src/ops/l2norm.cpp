#include "ops/l2norm.h"

#include <cfloat>

#include "ops/delta.h"

namespace dn {

namespace {

struct L2normForward {
  const float* in;
  float* out;
  int64_t c, plane;
  DN_HD void operator()(int64_t i) const {
    const int64_t at = i / plane * c * plane + i % plane;
    float sum = 0;
    for (int64_t k = 0; k < c; ++k) sum += in[at + k * plane] * in[at + k * plane];
    // a pixel of zeros stays zero; Darknet gives NaN there
    const float factor = sum > FLT_MIN ? 1.f / sqrtf(sum) : 0.f;
    for (int64_t k = 0; k < c; ++k) out[at + k * plane] = in[at + k * plane] * factor;
  }
};

}  // namespace

void L2norm::forward(const Context& context, const Args& args) const {
  const Shape out = args.out_shape;
  context.each(args.batch * out.plane(), L2normForward{args.in[0], args.out, out.c, out.plane()});
}

void L2norm::backward(const Context& context, const BackwardArgs& args) const {
  if (args.in_delta[0])
    context.each(args.batch * args.out_shape.size(),
                 AddScaledDelta{args.out_delta, args.in_delta[0], 1.f});
}

}  // namespace dn
