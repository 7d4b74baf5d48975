// Where the numbers of a resized row or column come from: between two neighbours of the source.
#pragma once

#include <vector>

namespace dn {

struct Tap {
  int first, next;
  float weight;  // of next
};

// Darknet's resize_image: the corners of both lie on each other.
// compat: Darknet leaves the last row almost black where rounding puts it between two source rows
// (60 of the heights 100..1299 for a network of 416); it is read from the last source row here.
std::vector<Tap> corner_taps(int from, int to);

// OpenCV's INTER_LINEAR: the edges lie on each other; beyond the outermost centres, their pixels.
std::vector<Tap> edge_taps(int from, int to);

}  // namespace dn
