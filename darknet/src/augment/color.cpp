#include "augment/color.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dn {

namespace {

using Table = std::array<uint8_t, 256>;

// What a product and a sum make of every byte.
Table table(float factor, float add) {
  Table out;
  for (int i = 0; i < 256; ++i) {
    const float value = std::nearbyint(float(i) * factor + add);
    out[size_t(i)] = uint8_t(std::min(std::max(value, 0.f), 255.f));
  }
  return out;
}

// OpenCV's fixed-point reciprocals: hue and saturation of 8-bit colours.
constexpr int kShift = 12;
struct Reciprocals {
  std::array<int, 256> of_value = {}, of_range = {};
  Reciprocals() {
    for (int i = 1; i < 256; ++i) {
      of_value[size_t(i)] = int(std::nearbyint(double(255 << kShift) / i));
      of_range[size_t(i)] = int(std::nearbyint(double(180 << kShift) / (6. * i)));
    }
  }
};

// A colour channel from hue (0..6), saturation and value; n is 5, 3, 1 for red, green, blue.
inline float channel(float n, float hue, float saturation, float value) {
  float k = n + hue;
  k = k >= 6.f ? k - 6.f : k;
  const float part = std::max(0.f, std::min(std::min(k, 4.f - k), 1.f));
  return value - value * saturation * part;
}

struct HsvRow {
  std::vector<int16_t> hue, saturation, value;
  explicit HsvRow(size_t n) : hue(n), saturation(n), value(n) {}
};

// The same of n pixels with a hue of 0..179, in whole numbers: the compiler uses vectors for them.
void write_channel(uint8_t* __restrict out, int16_t n30, const int16_t* __restrict hue,
                   const int16_t* __restrict saturation, const int16_t* __restrict value, int n) {
  for (int i = 0; i < n; ++i) {
    int16_t k = int16_t(n30 + hue[i]);
    k = int16_t(k >= 180 ? k - 180 : k);
    int16_t part = std::min<int16_t>(k, int16_t(120 - k));
    part = std::max<int16_t>(std::min<int16_t>(part, 30), 0);
    const float loss = float(int16_t(part * saturation[i])) * (1.f / (30 * 255));
    out[i] = uint8_t(int(float(value[i]) * (1.f - loss) + 0.5f));
  }
}

constexpr int kRow = 1024;  // pixels that are converted at once

}  // namespace

void shift_colors(Planes& image, const ColorShift& shift) {
  if (shift.neutral()) return;
  if (image.channels < 3) {
    const Table exposed = table(shift.exposure, 0);
    for (uint8_t& byte : image.bytes) byte = exposed[byte];
    return;
  }
  static const Reciprocals reciprocals;
  const Table saturated = table(shift.saturation, 0), exposed = table(shift.exposure, 0);
  Table turned = table(1, 179 * shift.hue);
  for (uint8_t& hue : turned) hue %= 180;
  HsvRow row(kRow);
  const int64_t pixels = image.plane_size();
  for (int64_t begin = 0; begin < pixels; begin += kRow) {
    const int n = int(std::min<int64_t>(kRow, pixels - begin));
    uint8_t *r = image.plane(0) + begin, *g = image.plane(1) + begin, *b = image.plane(2) + begin;
    for (int i = 0; i < n; ++i) {
      const int red = r[i], green = g[i], blue = b[i];
      const int value = std::max(std::max(red, green), blue);
      const int range = value - std::min(std::min(red, green), blue);
      // masks instead of branches, which would be guessed wrong for every other pixel
      const int is_red = -int(value == red), is_green = ~is_red & -int(value == green);
      int hue = (is_red & (green - blue)) | (is_green & (blue - red + 2 * range)) |
                (~(is_red | is_green) & (red - green + 4 * range));
      const int half = 1 << (kShift - 1);
      hue = (hue * reciprocals.of_range[size_t(range)] + half) >> kShift;
      hue += (hue >> 31) & 180;
      const int saturation = (range * reciprocals.of_value[size_t(value)] + half) >> kShift;
      row.hue[size_t(i)] = turned[size_t(hue)];
      row.saturation[size_t(i)] = saturated[size_t(saturation)];
      row.value[size_t(i)] = exposed[size_t(value)];
    }
    const int16_t *h = row.hue.data(), *s = row.saturation.data(), *v = row.value.data();
    write_channel(r, 150, h, s, v, n);
    write_channel(g, 90, h, s, v, n);
    write_channel(b, 30, h, s, v, n);
  }
}

void shift_colors(float* planes, int channels, int64_t plane_size, const ColorShift& shift) {
  if (channels != 3 || shift.neutral()) return;
  float *r = planes, *g = r + plane_size, *b = g + plane_size;
  for (int64_t i = 0; i < plane_size; ++i) {
    const float value = std::max(std::max(r[i], g[i]), b[i]);
    const float range = value - std::min(std::min(r[i], g[i]), b[i]);
    float hue = 0, saturation = 0;
    if (value > 0 && range > 0) {
      saturation = range / value;
      hue = value == r[i]   ? (g[i] - b[i]) / range
            : value == g[i] ? 2 + (b[i] - r[i]) / range
                            : 4 + (r[i] - g[i]) / range;
      hue /= 6;
    }
    hue += shift.hue;
    hue = 6 * (hue - std::floor(hue));
    hue = hue >= 6.f ? 0.f : hue;
    saturation *= shift.saturation;
    const float exposed = value * shift.exposure;
    const auto limited = [](float x) { return std::min(std::max(x, 0.f), 1.f); };
    r[i] = limited(channel(5.f, hue, saturation, exposed));
    g[i] = limited(channel(3.f, hue, saturation, exposed));
    b[i] = limited(channel(1.f, hue, saturation, exposed));
  }
}

}  // namespace dn
