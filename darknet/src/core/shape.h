// The size of one image's tensor. The batch is a property of a plan, not of a shape.
#pragma once

#include <cstdint>
#include <string>

#include "core/device_code.h"

namespace dn {

struct Shape {
  int64_t c = 0, h = 0, w = 0;

  DN_HD int64_t plane() const { return h * w; }
  DN_HD int64_t size() const { return c * h * w; }
  bool operator==(const Shape& other) const { return c == other.c && h == other.h && w == other.w; }
  bool operator!=(const Shape& other) const { return !(*this == other); }
  std::string text() const {  // Darknet's order
    return std::to_string(w) + "x" + std::to_string(h) + "x" + std::to_string(c);
  }
};

}  // namespace dn
