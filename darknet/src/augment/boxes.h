// Where the labelled objects of a source lie in what a view shows of it, and which of them count.
#pragma once

#include <vector>

#include "augment/draws.h"
#include "augment/planes.h"
#include "darknet/engine.h"

namespace dn {

// Boxes of the source in the view, in a random order: cut at the view's edges, at most max_boxes.
// Left out are boxes outside of it, smaller than a pixel of the network, or of a class not below
// classes; each takes up room as if it were there.
std::vector<dn_box> boxes_in_view(const dn_source& source, const dn_view& view, const Size& net,
                                  int classes, int max_boxes, Draws& draws);

// The shortest side of any box in pixels of the network; 0 without boxes.
int shortest_side(const std::vector<dn_box>& boxes, const Size& net);

// Writes truth records: as many as there is room for, the rest 0.
void write_truth(const std::vector<dn_box>& boxes, int max_boxes, float* truth);

}  // namespace dn
