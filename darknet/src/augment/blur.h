// Gaussian blur and noise.
#pragma once

#include "augment/draws.h"
#include "augment/planes.h"

namespace dn {

// OpenCV's GaussianBlur of 8-bit pixels with an odd kernel size and the standard deviation that
// belongs to it; the image is mirrored at its border.
void gaussian_blur(Planes& image, int size);

// The same of one plane of float numbers, for classifiers.
void gaussian_blur(float* plane, int width, int height, int size);

// Adds noise of a standard deviation (of 255). compat: noise is an unsigned byte, so it only
// brightens, and sums saturate.
void add_noise(Planes& image, int deviation, Draws& draws);

}  // namespace dn
