// Softmax of one group: the formula, for every device.
#pragma once

#include <cmath>
#include <cstdint>

#include "core/device_code.h"

namespace dn {

DN_HD inline void softmax_group(const float* in, float* out, int64_t size, int64_t stride,
                                float temperature) {
  float largest = in[0];
  for (int64_t k = 1; k < size; ++k) largest = fmaxf(largest, in[k * stride]);
  float sum = 0;
  for (int64_t k = 0; k < size; ++k) {
    const float e = expf((in[k * stride] - largest) / temperature);
    out[k * stride] = e;
    sum += e;
  }
  for (int64_t k = 0; k < size; ++k) out[k * stride] /= sum;
}

// Adds the input's delta from the outputs and their deltas.
DN_HD inline void softmax_group_backward(const float* out, const float* out_delta, float* in_delta,
                                         int64_t size, int64_t stride, float temperature) {
  float sum = 0;
  for (int64_t k = 0; k < size; ++k) sum += out[k * stride] * out_delta[k * stride];
  for (int64_t k = 0; k < size; ++k)
    in_delta[k * stride] += out[k * stride] * (out_delta[k * stride] - sum) / temperature;
}

}  // namespace dn
