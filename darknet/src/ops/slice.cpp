#include "ops/slice.h"

namespace dn {

namespace {

struct SliceForward {
  const float* in;
  float* out;
  int64_t size, stride, first;
  DN_HD void operator()(int64_t i) const { out[i] = in[i / size * stride + first + i % size]; }
};

struct SliceBackward {
  const float* out_delta;
  float* in_delta;
  int64_t size, stride, first;
  DN_HD void operator()(int64_t i) const {
    in_delta[i / size * stride + first + i % size] += out_delta[i];
  }
};

}  // namespace

void Slice::forward(const Context& context, const Args& args) const {
  context.each(args.batch * args.out_shape.size(),
               SliceForward{args.in[0], args.out, args.out_shape.size(), args.in_shapes[0].size(),
                            first * args.out_shape.plane()});
}

void Slice::backward(const Context& context, const BackwardArgs& args) const {
  if (args.in_delta[0])
    context.each(args.batch * args.out_shape.size(),
                 SliceBackward{args.out_delta, args.in_delta[0], args.out_shape.size(),
                               args.in_shapes[0].size(), first * args.out_shape.plane()});
}

}  // namespace dn
