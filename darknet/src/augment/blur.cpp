#include "augment/blur.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dn {

namespace {

std::vector<float> gaussian_kernel(int size) {
  // OpenCV has short kernels ready, which differ a little from the formula
  if (size == 3) return {0.25f, 0.5f, 0.25f};
  if (size == 5) return {0.0625f, 0.25f, 0.375f, 0.25f, 0.0625f};
  if (size == 7) return {0.03125f, 0.109375f, 0.21875f, 0.28125f, 0.21875f, 0.109375f, 0.03125f};
  const double deviation = 0.3 * ((size - 1) * 0.5 - 1) + 0.8;
  std::vector<double> weights(static_cast<size_t>(size));
  double sum = 0;
  for (int i = 0; i < size; ++i) {
    const double x = i - (size - 1) * 0.5;
    sum += weights[size_t(i)] = std::exp(-x * x / (2 * deviation * deviation));
  }
  std::vector<float> kernel;
  for (const double weight : weights) kernel.push_back(float(weight / sum));
  return kernel;
}

// An index mirrored at the first and last element, which are not repeated.
int mirrored(int i, int length) {
  if (length == 1) return 0;
  const int period = 2 * (length - 1);
  i = ((i % period) + period) % period;
  return i < length ? i : period - i;
}

template <typename T>
T rounded(float value);
template <>
float rounded(float value) {
  return value;
}
template <>
uint8_t rounded(float value) {
  return uint8_t(int(value + 0.5f));
}

template <typename T>
void blur(T* plane, int width, int height, const std::vector<float>& kernel) {
  const int reach = int(kernel.size()) / 2;
  std::vector<float> wide(size_t(width + 2 * reach)), sum(static_cast<size_t>(width));
  std::vector<float> across(size_t(width) * size_t(height));
  for (int y = 0; y < height; ++y) {
    const T* row = plane + int64_t(y) * width;
    for (int x = -reach; x < width + reach; ++x)
      wide[size_t(x + reach)] = float(row[mirrored(x, width)]);
    float* out = &across[size_t(y) * size_t(width)];
    std::fill_n(out, width, 0.f);
    for (size_t k = 0; k < kernel.size(); ++k)
      for (int x = 0; x < width; ++x) out[x] += kernel[k] * wide[size_t(x) + k];
  }
  for (int y = 0; y < height; ++y) {
    std::fill(sum.begin(), sum.end(), 0.f);
    for (int k = -reach; k <= reach; ++k) {
      const float* from = &across[size_t(mirrored(y + k, height)) * size_t(width)];
      const float weight = kernel[size_t(k + reach)];
      for (int x = 0; x < width; ++x) sum[size_t(x)] += weight * from[x];
    }
    T* out = plane + int64_t(y) * width;
    for (int x = 0; x < width; ++x) out[x] = rounded<T>(sum[size_t(x)]);
  }
}

}  // namespace

void gaussian_blur(Planes& image, int size) {
  if (size < 3) return;
  const std::vector<float> kernel = gaussian_kernel(size);
  for (int c = 0; c < image.channels; ++c) blur(image.plane(c), image.width, image.height, kernel);
}

void gaussian_blur(float* plane, int width, int height, int size) {
  if (size >= 3) blur(plane, width, height, gaussian_kernel(size));
}

void add_noise(Planes& image, int deviation, Draws& draws) {
  if (deviation <= 0) return;
  // the noise byte that each of 65536 equally likely cases gives
  std::vector<uint8_t> noise(65536);
  int byte = 0;
  for (int i = 0; i < 65536; ++i) {
    const double share = (i + 0.5) / 65536;  // of cases up to here
    while (byte < 255 && 0.5 * std::erfc(-(byte + 0.5) / deviation / std::sqrt(2.)) < share) ++byte;
    noise[size_t(i)] = uint8_t(byte);
  }
  uint8_t* bytes = image.bytes.data();
  const size_t count = image.bytes.size();
  for (size_t i = 0; i < count; i += 2) {
    const uint32_t word = draws.next();
    const auto add = [&](size_t at, uint32_t drawn) {
      bytes[at] = uint8_t(std::min(255, bytes[at] + noise[drawn]));
    };
    add(i, word & 0xffff);
    if (i + 1 < count) add(i + 1, word >> 16);
  }
}

}  // namespace dn
