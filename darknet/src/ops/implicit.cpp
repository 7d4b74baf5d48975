#include "ops/implicit.h"

#include "ops/delta.h"

namespace dn {

namespace {

struct Repeat {
  const float* in;
  float* out;
  int64_t size;
  DN_HD void operator()(int64_t i) const { out[i] = in[i % size]; }
};

}  // namespace

void Implicit::forward(const Context& context, const Args& args) const {
  context.each(args.batch * args.out_shape.size(),
               Repeat{args.constants[0], args.out, args.out_shape.size()});
}

void Implicit::backward(const Context& context, const BackwardArgs& args) const {
  const int64_t size = args.out_shape.size();
  if (args.params[0].gradient)
    context.each(size, SumOverImages{args.out_delta, args.params[0].gradient, args.batch, size});
}

}  // namespace dn
