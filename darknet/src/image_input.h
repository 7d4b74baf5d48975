// From 8-bit pixels to the network's input: the one preprocessing path of detection, evaluation
// and training.
#pragma once

#include "core/context.h"
#include "core/shape.h"
#include "darknet/engine.h"

namespace dn {

// Where the resized image lies in the network's input, pixels.
struct Placement {
  int left, top, width, height;
};
Placement place(dn_resize resize, int image_width, int image_height, int width, int height);

// Writes planes of 0..1 of the given shape. Throws DN_ERROR_DATA where the image does not fit.
void image_to_input(const Context& context, const dn_image& image, dn_resize resize, float* out,
                    const Shape& shape);

}  // namespace dn
