// An image while it is augmented: 8-bit planes, red first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dn {

struct Size {
  int width = 0, height = 0;
};

// A part of an image: columns [left, right), rows [top, bottom).
struct Window {
  int left = 0, top = 0, right = 0, bottom = 0;
  int width() const { return right - left; }
  int height() const { return bottom - top; }
};

struct Planes {
  int channels = 0, width = 0, height = 0;
  std::vector<uint8_t> bytes;

  Planes(int c, int w, int h)
      : channels(c), width(w), height(h), bytes(std::size_t(c) * std::size_t(w) * std::size_t(h)) {}
  int64_t plane_size() const { return int64_t(width) * height; }
  uint8_t* plane(int c) { return bytes.data() + c * plane_size(); }
  const uint8_t* plane(int c) const { return bytes.data() + c * plane_size(); }
};

}  // namespace dn
