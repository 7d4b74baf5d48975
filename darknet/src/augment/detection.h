// A detector's training image: sources, seen and combined, with the boxes that remain.
#pragma once

#include "core/shape.h"
#include "darknet/engine.h"

namespace dn {

// tiles: the number of sources. input has the given shape; truth max_boxes records.
void augment_detection(const dn_augment& settings, int64_t image, const dn_source* sources,
                       int tiles, const Shape& shape, int classes, int max_boxes, float* input,
                       float* truth);

}  // namespace dn
