// Squares of deltas, summed image by image: what the heads call their loss.
#pragma once

#include <cstdint>

#include "core/device_code.h"

namespace dn {

struct SquareSums {
  const float* delta;
  float* sums;  // of each image: of all, and of all but the coordinates
  int64_t anchors, entries, coordinates, plane;
  DN_HD void operator()(int64_t b) const {
    double all = 0, rest = 0;
    for (int64_t a = 0; a < anchors; ++a)
      for (int64_t e = 0; e < entries; ++e) {
        const float* d = delta + ((b * anchors + a) * entries + e) * plane;
        double sum = 0;
        for (int64_t p = 0; p < plane; ++p) sum += double(d[p]) * double(d[p]);
        all += sum;
        if (e >= coordinates) rest += sum;
      }
    sums[2 * b] = float(all);
    sums[2 * b + 1] = float(rest);
  }
};

}  // namespace dn
