#include "ops/cross_batchnorm.h"

#include "ops/batch_statistics.h"

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
    take_running(context, args);
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
  const float* drift = args.kept + 2 * args.out_shape.c;
  const float* share = drift + args.out_shape.c;
  if (args.params[1].still)
    normalize_backward(context, args);
  else
    normalize_backward(context, args, share, drift);
}

}  // namespace dn
