#include "ops/pad_flat.h"

namespace dn {

namespace {

struct PadFlatForward {
  const float* in;
  float* out;
  int64_t from, to;
  DN_HD void operator()(int64_t i) const {
    out[i] = i % to < from ? in[i / to * from + i % to] : 0.f;
  }
};

struct PadFlatBackward {
  const float* out_delta;
  float* in_delta;
  int64_t from, to;
  DN_HD void operator()(int64_t i) const { in_delta[i] += out_delta[i / from * to + i % from]; }
};

}  // namespace

void PadFlat::forward(const Context& context, const Args& args) const {
  context.each(
      args.batch * args.out_shape.size(),
      PadFlatForward{args.in[0], args.out, args.in_shapes[0].size(), args.out_shape.size()});
}

void PadFlat::backward(const Context& context, const BackwardArgs& args) const {
  const int64_t from = args.in_shapes[0].size();
  if (args.in_delta[0])
    context.each(args.batch * from,
                 PadFlatBackward{args.out_delta, args.in_delta[0], from, args.out_shape.size()});
}

}  // namespace dn
