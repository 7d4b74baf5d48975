// A classifier's training image: sources, seen and combined, and their labels.
#pragma once

#include "core/shape.h"
#include "darknet/engine.h"

namespace dn {

// A label that says nothing about its class: the groups of a hierarchy that the image has no
// class of.
constexpr float kIgnoredLabel = -1234;

void augment_classification(const dn_augment& settings, int64_t image, const dn_source* sources,
                            int tiles, const Shape& shape, int classes, float* input, float* truth);

}  // namespace dn
