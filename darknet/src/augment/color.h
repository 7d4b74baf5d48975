// Hue, saturation and exposure.
#pragma once

#include "augment/planes.h"

namespace dn {

struct ColorShift {
  float hue = 0;         // of a full turn
  float saturation = 1;  // factor
  float exposure = 1;    // factor of the value
  bool neutral() const { return hue == 0 && saturation == 1 && exposure == 1; }
};

// As a Darknet with OpenCV: 8-bit hue (0..179), saturation and value; sums and products saturate,
// so a hue shifted below red stays red. One channel is multiplied by the exposure.
void shift_colors(Planes& image, const ColorShift& shift);

// As Darknet's own images: planes of float numbers, the hue turns around, 0 and 1 are the limits.
// channels other than 3 are left alone.
void shift_colors(float* planes, int channels, int64_t plane_size, const ColorShift& shift);

}  // namespace dn
