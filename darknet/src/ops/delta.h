// Functors that several backward passes share.
#pragma once

#include <cstdint>

#include "core/device_code.h"

namespace dn {

struct AddScaledDelta {  // to += factor * from
  const float* from;
  float* to;
  float factor;
  DN_HD void operator()(int64_t i) const { to[i] += factor * from[i]; }
};

struct SumOverImages {  // gradient of an array that every image adds element by element
  const float* delta;
  float* gradient;
  int64_t batch, size;
  DN_HD void operator()(int64_t i) const {
    float sum = 0;
    for (int64_t b = 0; b < batch; ++b) sum += delta[b * size + i];
    gradient[i] += sum;
  }
};

struct SumOverPlanes {  // gradient of a bias: each channel's deltas of all images and cells
  const float* delta;
  float* gradient;
  int64_t batch, c, plane;
  DN_HD void operator()(int64_t k) const {
    float sum = 0;
    for (int64_t b = 0; b < batch; ++b) {
      float part = 0;
      for (int64_t p = 0; p < plane; ++p) part += delta[(b * c + k) * plane + p];
      sum += part;
    }
    gradient[k] += sum;
  }
};

}  // namespace dn
