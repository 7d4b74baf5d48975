// What batch normalisation knows of a mini-batch, channel by channel, and does with it.
#pragma once

#include "core/device_code.h"
#include "ops/conv.h"
#include "ops/delta.h"

namespace dn {

// What the batch of one channel is like. compat: the variance is divided by N - 1.
struct BatchStatistics {
  const float* in;
  float *mean, *variance;
  int64_t batch, c, plane;
  DN_HD void operator()(int64_t k) const {
    double sum = 0;
    for (int64_t b = 0; b < batch; ++b) {
      const float* x = in + (b * c + k) * plane;
      float part = 0;
      for (int64_t p = 0; p < plane; ++p) part += x[p];
      sum += double(part);
    }
    const int64_t n = batch * plane;
    const float middle = float(sum / double(n));
    double squares = 0;
    for (int64_t b = 0; b < batch; ++b) {
      const float* x = in + (b * c + k) * plane;
      float part = 0;
      for (int64_t p = 0; p < plane; ++p) part += (x[p] - middle) * (x[p] - middle);
      squares += double(part);
    }
    mean[k] = middle;
    variance[k] = float(squares / double(n > 1 ? n - 1 : 1));
  }
};

// A running statistic follows that of a mini-batch.
DN_HD inline float follow_statistics(float running, float batch) {
  return 0.99f * running + 0.01f * batch;
}

struct FollowStatistics {
  const float* batch;
  float* running;
  DN_HD void operator()(int64_t k) const { running[k] = follow_statistics(running[k], batch[k]); }
};

DN_HD inline float inverse_deviation(float variance) {
  return 1.f / sqrtf(variance + float(kBatchnormEpsilon));
}

// Of an adversarial pass and of frozen layers, which are normalised as a trained network is ...
struct CopyStatistics {
  const float* running;
  float* used;
  DN_HD void operator()(int64_t k) const { used[k] = running[k]; }
};

// ... and gives nothing back to its statistics, which are not those of the batch.
struct ClearSums {
  float *sums, *moments;
  DN_HD void operator()(int64_t k) const { sums[k] = moments[k] = 0; }
};

struct NormalizeForward {
  const float *in, *mean, *variance, *scales, *biases;
  float* out;
  int64_t c, plane;
  DN_HD void operator()(int64_t i) const {
    const int64_t k = i / plane % c;
    const float normal = (in[i] - mean[k]) * inverse_deviation(variance[k]);
    out[i] = scales[k] * normal + (biases ? biases[k] : 0.f);
  }
};

struct DeltaSums {  // of each channel: of the deltas, and of the deltas times (x - mean)
  const float *in, *out_delta, *mean;
  float *sums, *moments;
  int64_t batch, c, plane;
  DN_HD void operator()(int64_t k) const {
    double sum = 0, moment = 0;
    for (int64_t b = 0; b < batch; ++b) {
      const float* x = in + (b * c + k) * plane;
      const float* d = out_delta + (b * c + k) * plane;
      float part = 0, part_moment = 0;
      for (int64_t p = 0; p < plane; ++p) {
        part += d[p];
        part_moment += d[p] * (x[p] - mean[k]);
      }
      sum += double(part);
      moment += double(part_moment);
    }
    sums[k] = float(sum);
    moments[k] = float(moment);
  }
};

struct ScalesGradient {
  const float *moments, *variance;
  float* gradient;
  DN_HD void operator()(int64_t k) const {
    gradient[k] += moments[k] * inverse_deviation(variance[k]);
  }
};

// Ioffe and Szegedy, "Batch Normalization", 2015. compat: the mean over N stands where the variance
// was divided by N - 1.
struct NormalizeBackward {
  const float *in, *out_delta, *mean, *variance, *scales, *sums, *moments;
  // How much of the variance is this mini-batch's, and how far it moves with its mean, by channel;
  // nullptr: all, and not at all.
  const float *share, *drift;
  float* in_delta;
  int64_t batch, c, plane;
  DN_HD void operator()(int64_t i) const {
    const int64_t k = i / plane % c;
    const float n = float(batch * plane), inverse = inverse_deviation(variance[k]);
    const float mean_delta = -scales[k] * sums[k] * inverse;
    const float variance_delta = -0.5f * scales[k] * moments[k] * inverse * inverse * inverse;
    const float apart = in[i] - mean[k];
    in_delta[i] += scales[k] * out_delta[i] * inverse +
                   2.f * variance_delta * (share ? share[0] * apart + drift[k] : apart) / n +
                   mean_delta / n;
  }
};

// Mean and variance, which args.kept begins with, from the running ones.
inline void take_running(const Context& context, const TrainArgs& args) {
  const int64_t c = args.out_shape.c;
  context.each(c, CopyStatistics{args.params[1].value, args.kept});
  context.each(c, CopyStatistics{args.params[2].value, args.kept + c});
}

// The output, from the mean and variance that args.kept begins with.
inline void normalize(const Context& context, const TrainArgs& args) {
  const Shape s = args.out_shape;
  context.each(args.batch * s.size(),
               NormalizeForward{args.in[0], args.kept, args.kept + s.c, args.params[0].value,
                                args.params[3].value, args.out, s.c, s.plane()});
}

// All gradients; share and drift as NormalizeBackward has them.
inline void normalize_backward(const Context& context, const BackwardArgs& args,
                               const float* share = nullptr, const float* drift = nullptr) {
  const Shape s = args.out_shape;
  const float *mean = args.kept, *variance = mean + s.c;
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
    context.each(
        args.batch * s.size(),
        NormalizeBackward{args.in[0], args.out_delta, mean, variance, args.params[0].value, sums,
                          moments, share, drift, args.in_delta[0], args.batch, s.c, s.plane()});
}

}  // namespace dn
