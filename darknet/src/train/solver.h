// One update of all trained arrays from their gradients.
#pragma once

#include "core/context.h"
#include "train/live_arrays.h"

namespace dn {

struct Update {
  int64_t number = 1;  // from 1
  float rate = 0;
  int64_t batch = 1;  // images (times time steps) whose gradients were added
};

// The layer of the first array with a gradient or value that is not finite; nullptr: none.
const Layer* not_finite(const Context& context, const LiveArrays& arrays);

void update(const Context& context, const TrainingKeys& keys, const Update& update,
            LiveArrays& arrays);

}  // namespace dn
