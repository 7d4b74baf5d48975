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

}  // namespace dn
