// Four images around a point.
#pragma once

#include <vector>

#include "augment/mixing.h"

namespace dn {

// One tile: the window of the image that is taken, and where it goes.
struct Tile {
  int number;        // 0 and 2 lie left of the cut, 0 and 1 above it
  Window taken, at;  // of the same size
  Size net;
};

// What the view adds at the sides that meet at the cut is left out, so that the images touch.
Tile tile_of(int number, const dn_view& view, const Cut& cut, const Size& source, const Size& net);

// Boxes of the whole image as they lie in the tile: cut at the tile's edges (bound) or at those of
// the whole picture; without the ones that are smaller than a pixel.
std::vector<dn_box> boxes_in_tile(const std::vector<dn_box>& boxes, const Tile& tile, bool bound);

}  // namespace dn
