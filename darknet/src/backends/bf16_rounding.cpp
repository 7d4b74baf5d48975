#include "backends/bf16_rounding.h"

#include <cstring>

namespace dn {

float rounded_to_bf16(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u;
  std::memcpy(&x, &bits, sizeof bits);
  return x;
}

float lost_by_rounding(const Conv& conv, int64_t k, const std::vector<float>& weights,
                       const std::vector<float>& input_means) {
  if (input_means.empty()) return 0;
  const int64_t taps = int64_t(weights.size()) / conv.filters, window = conv.size_y * conv.size_x;
  const int64_t first = k / (conv.filters / conv.groups) * (taps / window);
  double lost = 0;
  for (int64_t i = 0; i < taps; ++i) {
    const float weight = weights[size_t(k * taps + i)];
    lost +=
        double(weight - rounded_to_bf16(weight)) * double(input_means[size_t(first + i / window)]);
  }
  return float(lost);
}

}  // namespace dn
