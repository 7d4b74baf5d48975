// How one source image is looked at: what is cut off or added at its sides, mirrored or not, and
// what happens to its colours.
#pragma once

#include "augment/draws.h"
#include "augment/planes.h"
#include "darknet/engine.h"

namespace dn {

// Draws the view of a source image for a network's input. Throws DN_ERROR_ARGUMENT for settings
// out of range.
dn_view draw_view(const dn_augment& settings, int64_t image, int tile, int tiles,
                  const Size& source, const Size& net);

// The part of the source that is shown, in its pixels; parts of it may lie outside.
inline Size shown(const dn_view& view, const Size& source) {
  return {source.width - view.left - view.right, source.height - view.top - view.bottom};
}

}  // namespace dn
