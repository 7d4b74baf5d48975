// The sources of one training image, checked.
#pragma once

#include "core/shape.h"
#include "darknet/engine.h"

namespace dn {

// Throws DN_ERROR_DATA where an image does not fit, DN_ERROR_ARGUMENT where there are too many or
// too few.
void check_sources(const dn_augment& settings, int64_t image, const dn_source* sources, int tiles,
                   const Shape& shape);

}  // namespace dn
