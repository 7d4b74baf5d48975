// A classifier's look at an image: scaled, stretched, turned and moved.
#pragma once

#include <vector>

#include "augment/draws.h"
#include "darknet/engine.h"

namespace dn {

struct RotatedCrop {
  float radians, scale, aspect;
  float dx, dy;  // of the centre, pixels after scaling
};

RotatedCrop draw_rotated_crop(const dn_augment& settings, Draws& draws, int source_width,
                              int source_height, int size);

// Planes (channels, size, size) of 0..1, red first; outside the source is black.
std::vector<float> rotated_crop(const dn_image& image, const RotatedCrop& crop, int size);

}  // namespace dn
