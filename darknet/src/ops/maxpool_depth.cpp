#include "ops/maxpool_depth.h"

#include <cfloat>

namespace dn {

namespace {

struct MaxpoolDepthForward {
  const float* in;
  float* out;
  int64_t c, out_channels, plane;
  DN_HD void operator()(int64_t i) const {
    const int64_t p = i % plane, g = i / plane % out_channels, b = i / (plane * out_channels);
    float best = -FLT_MAX;
    for (int64_t k = g; k < c; k += out_channels) {
      const float value = in[(b * c + k) * plane + p];
      if (value > best) best = value;
    }
    out[i] = best;
  }
};

}  // namespace

void MaxpoolDepth::forward(const Context& context, const Args& args) const {
  context.each(args.batch * args.out_shape.size(),
               MaxpoolDepthForward{args.in[0], args.out, args.in_shapes[0].c, out_channels,
                                   args.out_shape.plane()});
}

}  // namespace dn
