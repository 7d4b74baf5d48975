// The part of an image that a view shows, at the network's size.
#pragma once

#include "augment/planes.h"
#include "darknet/engine.h"

namespace dn {

// Only `window` of the resized image is made. What lies outside the source has its mean colour.
// compat: the arithmetic of a Darknet with OpenCV (INTER_LINEAR on 8-bit pixels).
Planes crop(const dn_image& image, const dn_view& view, const Size& net, const Window& window);

}  // namespace dn
