#include "ops/maxpool_depth.h"

namespace dn {

namespace {

struct MaxpoolDepthWindow {
  const float* in;
  int64_t c, out_channels, plane;
  // Index in the input of the first maximum of output i.
  DN_HD int64_t best_of(int64_t i) const {
    const int64_t p = i % plane, g = i / plane % out_channels, b = i / (plane * out_channels);
    int64_t best = (b * c + g) * plane + p;
    for (int64_t k = g + out_channels; k < c; k += out_channels) {
      const int64_t at = (b * c + k) * plane + p;
      if (in[at] > in[best]) best = at;
    }
    return best;
  }
};

struct MaxpoolDepthForward : MaxpoolDepthWindow {
  float* out;
  DN_HD void operator()(int64_t i) const { out[i] = in[best_of(i)]; }
};

struct MaxpoolDepthBackward : MaxpoolDepthWindow {  // windows do not overlap
  const float* out_delta;
  float* in_delta;
  DN_HD void operator()(int64_t i) const { in_delta[best_of(i)] += out_delta[i]; }
};

}  // namespace

void MaxpoolDepth::forward(const Context& context, const Args& args) const {
  context.each(
      args.batch * args.out_shape.size(),
      MaxpoolDepthForward{{args.in[0], args.in_shapes[0].c, out_channels, args.out_shape.plane()},
                          args.out});
}

void MaxpoolDepth::backward(const Context& context, const BackwardArgs& args) const {
  if (args.in_delta[0])
    context.each(args.batch * args.out_shape.size(),
                 MaxpoolDepthBackward{
                     {args.in[0], args.in_shapes[0].c, out_channels, args.out_shape.plane()},
                     args.out_delta,
                     args.in_delta[0]});
}

}  // namespace dn
