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

}  // namespace

void ChannelNormalize::forward(const Context& context, const Args& args) const {
  const Shape out = args.out_shape;
  context.each(args.batch * out.plane(),
               ChannelNormalizeForward{args.in[0], args.out, out.c, out.plane(), activation});
}

}  // namespace dn
