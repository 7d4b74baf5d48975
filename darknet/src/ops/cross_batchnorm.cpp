#include "ops/cross_batchnorm.h"

#include "ops/batch_statistics.h"
#include "ops/delta.h"

namespace dn {

namespace {

// Means over all mini-batches of x and of x * x, each mini-batch counting alike, as a mean and a
// variance: their difference would lose digits.
struct JoinStatistics {
  const float* mean;
  float *variance, *drift, *seen_mean, *seen_variance;
  float share;  // of this mini-batch
  DN_HD void operator()(int64_t k) const {
    const float apart = mean[k] - seen_mean[k];
    drift[k] = share * (1.f - share) * apart;
    seen_mean[k] += share * apart;
    seen_variance[k] = (1.f - share) * seen_variance[k] + share * variance[k] + drift[k] * apart;
    variance[k] = seen_variance[k];
  }
};

// As of batch normalisation; the variance moves less with this mini-batch, and with its mean.
struct CrossNormalizeBackward {
  const float *in, *out_delta, *mean, *variance, *drift, *share, *scales, *sums, *moments;
  float* in_delta;
  int64_t batch, c, plane;
  DN_HD void operator()(int64_t i) const {
    const int64_t k = i / plane % c;
    const float n = float(batch * plane), inverse = inverse_deviation(variance[k]);
    const float mean_delta = -scales[k] * sums[k] * inverse;
    const float variance_delta = -0.5f * scales[k] * moments[k] * inverse * inverse * inverse;
    in_delta[i] += scales[k] * out_delta[i] * inverse +
                   2.f * variance_delta * (share[0] * (in[i] - mean[k]) + drift[k]) / n +
                   mean_delta / n;
  }
};

void normalize(const Context& context, const TrainArgs& args) {
  const Shape s = args.out_shape;
  context.each(args.batch * s.size(),
               NormalizeForward{args.in[0], args.kept, args.kept + s.c, args.params[0].value,
                                args.params[3].value, args.out, s.c, s.plane()});
}

}  // namespace

void CrossBatchnorm::forward(const Context& context, const Args& args) const {
  const Shape s = args.out_shape;
  context.each(args.batch * s.size(),
               NormalizeForward{args.in[0], args.constants[1], args.constants[2], args.constants[0],
                                args.constants[3], args.out, s.c, s.plane()});
}

void CrossBatchnorm::train_forward(const Context& context, const TrainArgs& args) const {
  const Shape s = args.out_shape;
  float *mean = args.kept, *variance = mean + s.c, *drift = variance + s.c, *share = drift + s.c;
  if (args.params[1].still) {
    context.each(s.c, CopyStatistics{args.params[1].value, mean});
    context.each(s.c, CopyStatistics{args.params[2].value, variance});
    normalize(context, args);
    return;
  }
  const int place = args.moment.subdivision % args.moment.subdivisions;
  if (place == 0 || seen_.empty()) {
    seen_.assign(size_t(2 * s.c), 0.f);
    mini_batches_ = 0;
  }
  float *seen_mean = seen_.data(), *seen_variance = seen_mean + s.c;
  share[0] = 1.f / float(++mini_batches_);
  context.each(s.c, BatchStatistics{args.in[0], mean, variance, args.batch, s.c, s.plane()});
  context.each(s.c, JoinStatistics{mean, variance, drift, seen_mean, seen_variance, share[0]});
  if (place + 1 == args.moment.subdivisions) {
    context.each(s.c, FollowStatistics{seen_mean, args.params[1].value});
    context.each(s.c, FollowStatistics{seen_variance, args.params[2].value});
  }
  normalize(context, args);
}

void CrossBatchnorm::backward(const Context& context, const BackwardArgs& args) const {
  const Shape s = args.out_shape;
  const float *mean = args.kept, *variance = mean + s.c, *drift = variance + s.c;
  float *sums = args.scratch, *moments = args.scratch + s.c;
  if (args.params[1].still)
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
                 CrossNormalizeBackward{args.in[0], args.out_delta, mean, variance, drift,
                                        drift + s.c, args.params[0].value, sums, moments,
                                        args.in_delta[0], args.batch, s.c, s.plane()});
}

}  // namespace dn
