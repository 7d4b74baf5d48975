#include "ops/batchnorm.h"

#include "ops/batch_statistics.h"

namespace dn {

namespace {

struct AffineForward {
  const float *in, *factor, *offset;
  float* out;
  int64_t c, plane;
  DN_HD void operator()(int64_t i) const {
    const int64_t k = i / plane % c;
    out[i] = factor[k] * in[i] + offset[k];
  }
};

}  // namespace

void Batchnorm::forward(const Context& context, const Args& args) const {
  const Shape out = args.out_shape;
  context.each(args.batch * out.size(),
               AffineForward{args.in[0], args.constants[0], args.constants[1], args.out, out.c,
                             out.plane()});
}

void Batchnorm::train_forward(const Context& context, const TrainArgs& args) const {
  const Shape s = args.out_shape;
  float *mean = args.kept, *variance = args.kept + s.c;
  if (args.params[1].still) {
    take_running(context, args);
  } else {
    context.each(s.c, BatchStatistics{args.in[0], mean, variance, args.batch, s.c, s.plane()});
    context.each(s.c, FollowStatistics{mean, args.params[1].value});
    context.each(s.c, FollowStatistics{variance, args.params[2].value});
  }
  normalize(context, args);
}

void Batchnorm::backward(const Context& context, const BackwardArgs& args) const {
  normalize_backward(context, args);
}

std::vector<Constant> Batchnorm::constants() const {
  const Affine affine = affine_of(norm, biases ? biases->values() : std::vector<float>());
  const int64_t c = static_cast<int64_t>(affine.factor.size());
  return {{"factor", {c}, {affine.factor.begin(), affine.factor.end()}},
          {"offset", {c}, {affine.offset.begin(), affine.offset.end()}}};
}

}  // namespace dn
