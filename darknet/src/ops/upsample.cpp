#include "ops/upsample.h"

namespace dn {

namespace {

struct UpsampleForward {
  const float* in;
  float* out;
  int64_t h, w, stride;
  float scale;
  DN_HD void operator()(int64_t i) const {
    const int64_t ow = w * stride, oh = h * stride;
    const int64_t x = i % ow / stride, y = i / ow % oh / stride;
    out[i] = scale * in[(i / (ow * oh) * h + y) * w + x];
  }
};

struct UpsampleBackward {
  const float* out_delta;
  float* in_delta;
  int64_t h, w, stride;
  float scale;
  DN_HD void operator()(int64_t i) const {
    const int64_t x = i % w * stride, y = i / w % h * stride, ow = w * stride;
    const float* plane = out_delta + i / (w * h) * ow * h * stride;
    float sum = 0;
    for (int64_t dy = 0; dy < stride; ++dy)
      for (int64_t dx = 0; dx < stride; ++dx) sum += plane[(y + dy) * ow + x + dx];
    in_delta[i] += scale * sum;
  }
};

}  // namespace

void Upsample::forward(const Context& context, const Args& args) const {
  const Shape in = args.in_shapes[0];
  context.each(args.batch * args.out_shape.size(),
               UpsampleForward{args.in[0], args.out, in.h, in.w, stride, scale});
}

void Upsample::backward(const Context& context, const BackwardArgs& args) const {
  const Shape in = args.in_shapes[0];
  if (args.in_delta[0])
    context.each(args.batch * in.size(),
                 UpsampleBackward{args.out_delta, args.in_delta[0], in.h, in.w, stride, scale});
}

}  // namespace dn
