#include "ops/batchnorm.h"

#include "ops/batch_statistics.h"
#include "ops/delta.h"

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

// Ioffe and Szegedy, "Batch Normalization", 2015. compat: the mean over N stands where the variance
// was divided by N - 1.
struct NormalizeBackward {
  const float *in, *out_delta, *mean, *variance, *scales, *sums, *moments;
  float* in_delta;
  int64_t batch, c, plane;
  DN_HD void operator()(int64_t i) const {
    const int64_t k = i / plane % c;
    const float n = float(batch * plane), inverse = inverse_deviation(variance[k]);
    const float mean_delta = -scales[k] * sums[k] * inverse;
    const float variance_delta = -0.5f * scales[k] * moments[k] * inverse * inverse * inverse;
    in_delta[i] += scales[k] * out_delta[i] * inverse +
                   2.f * variance_delta * (in[i] - mean[k]) / n + mean_delta / n;
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
    context.each(s.c, CopyStatistics{args.params[1].value, mean});
    context.each(s.c, CopyStatistics{args.params[2].value, variance});
  } else {
    context.each(s.c, BatchStatistics{args.in[0], mean, variance, args.batch, s.c, s.plane()});
    context.each(s.c, FollowStatistics{mean, args.params[1].value});
    context.each(s.c, FollowStatistics{variance, args.params[2].value});
  }
  context.each(args.batch * s.size(),
               NormalizeForward{args.in[0], mean, variance, args.params[0].value,
                                args.params[3].value, args.out, s.c, s.plane()});
}

void Batchnorm::backward(const Context& context, const BackwardArgs& args) const {
  const Shape s = args.out_shape;
  const float *mean = args.kept, *variance = args.kept + s.c;
  float *sums = args.scratch, *moments = args.scratch + s.c;
  if (args.params[1].still)  // the statistics are not the batch's, and give nothing back
    context.each(s.c, ClearSums{sums, moments});
  else
    context.each(s.c, DeltaSums{args.in[0], args.out_delta, mean, sums, moments, args.batch, s.c,
                                s.plane()});
  if (args.params[0].gradient)
    context.each(s.c, ScalesGradient{moments, variance, args.params[0].gradient});
  if (args.params[3].gradient)
    context.each(s.c, AddScaledDelta{sums, args.params[3].gradient, 1.f});
  if (args.in_delta[0])
    context.each(args.batch * s.size(),
                 NormalizeBackward{args.in[0], args.out_delta, mean, variance, args.params[0].value,
                                   sums, moments, args.in_delta[0], args.batch, s.c, s.plane()});
}

std::vector<Constant> Batchnorm::constants() const {
  const Affine affine = affine_of(norm, biases ? biases->values() : std::vector<float>());
  const int64_t c = static_cast<int64_t>(affine.factor.size());
  return {{"factor", {c}, {affine.factor.begin(), affine.factor.end()}},
          {"offset", {c}, {affine.offset.begin(), affine.offset.end()}}};
}

}  // namespace dn
