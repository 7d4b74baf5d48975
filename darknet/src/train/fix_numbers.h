// try_fix_nan: a training that goes on where numbers are no longer finite.
#pragma once

#include <cmath>
#include <cstdint>

#include "core/device_code.h"

namespace dn {

// What is not finite becomes 0, or 1 / (index + 1).
struct FixNumbers {
  float* numbers;
  bool to_zero;
  DN_HD void operator()(int64_t i) const {
    const float wrong = numbers[i] - numbers[i];  // 0 for finite numbers
    if (wrong != 0 || wrong != wrong) numbers[i] = to_zero ? 0.f : 1.f / float(i + 1);
  }
};

// Deltas within -1..1.
struct BoundDeltas {
  float* deltas;
  DN_HD void operator()(int64_t i) const { deltas[i] = fminf(fmaxf(deltas[i], -1.f), 1.f); }
};

}  // namespace dn
