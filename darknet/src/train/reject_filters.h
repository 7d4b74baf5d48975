// weights_reject_freq: one of two filters that have become alike is drawn anew.
#pragma once

#include <memory>
#include <vector>

#include "layers/layer.h"
#include "train/live_arrays.h"

namespace dn {

// In every [convolutional] but the first, linear ones and the three before a [yolo]: of the two
// filters with the highest cosine similarity the first is drawn anew, where that is above 0.4; its
// bias becomes 0 and its scale 1. seed: of the numbers drawn. Returns how many filters were drawn.
int reject_filters(const std::vector<std::unique_ptr<Layer>>& layers, uint64_t seed,
                   LiveArrays& arrays);

}  // namespace dn
