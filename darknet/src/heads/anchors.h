// Reads the keys that [yolo], [Gaussian_yolo] and [region] share: anchors, mask and their counts.
#pragma once

#include <string>
#include <vector>

#include "config/options.h"
#include "heads/head.h"

namespace dn {

// Sets head.anchors (2 * num numbers, 0.5 where missing) and head.mask.
void read_anchors(Options& options, Head& head, bool with_mask);

}  // namespace dn
