// What batch normalisation knows of a mini-batch, channel by channel, and does with it.
#pragma once

#include "core/device_code.h"
#include "ops/conv.h"

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

}  // namespace dn
