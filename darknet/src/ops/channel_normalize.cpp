#include "ops/channel_normalize.h"

namespace dn {

namespace {

struct ChannelNormalizeForward {
  const float* in;
  float* out;
  int64_t c, plane;
  Activation activation;

  DN_HD float term(float x, float shift) const {
    if (activation == Activation::normalize_channels) return x > 0 ? x : 0.f;
    return expf(x - shift);
  }
  DN_HD void operator()(int64_t i) const {  // one pixel
    const float* pixel = in + i / plane * c * plane + i % plane;
    float* result = out + i / plane * c * plane + i % plane;
    float shift = 0;
    if (activation == Activation::normalize_channels_softmax_maxval) {
      shift = pixel[0];
      for (int64_t k = 1; k < c; ++k) shift = fmaxf(shift, pixel[k * plane]);
    }
    float sum = 1e-4f;
    for (int64_t k = 0; k < c; ++k) sum += term(pixel[k * plane], shift);
    for (int64_t k = 0; k < c; ++k) result[k * plane] = term(pixel[k * plane], shift) / sum;
  }
};

// compat: what Darknet's GPU code takes for the gradient: each channel on its own, as if the sum
// under it did not move.
struct ChannelNormalizeBackward {
  const float *out, *out_delta;
  float* in_delta;
  bool exponential;
  DN_HD void operator()(int64_t i) const {
    const float y = out[i];
    if (y > 0) in_delta[i] += out_delta[i] * (exponential ? y * (1.f - y) : y);
  }
};

}  // namespace

void ChannelNormalize::forward(const Context& context, const Args& args) const {
  const Shape out = args.out_shape;
  context.each(args.batch * out.plane(),
               ChannelNormalizeForward{args.in[0], args.out, out.c, out.plane(), activation});
}

void ChannelNormalize::backward(const Context& context, const BackwardArgs& args) const {
  if (!args.in_delta[0]) return;
  context.each(args.batch * args.out_shape.size(),
               ChannelNormalizeBackward{args.out, args.out_delta, args.in_delta[0],
                                        activation != Activation::normalize_channels});
}

}  // namespace dn
