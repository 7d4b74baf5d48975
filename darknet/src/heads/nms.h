// Non-maximum suppression, class by class, as Darknet does it.
#pragma once

#include <vector>

#include "heads/head.h"

namespace dn {

// Zeroes the probabilities of weaker boxes that overlap a stronger one of the same class by more
// than threshold, and leaves the candidates in Darknet's order: that of the last class's sort.
void suppress(std::vector<Candidate>& candidates, int classes, float threshold, dn_nms_kind kind,
              float beta);

}  // namespace dn
