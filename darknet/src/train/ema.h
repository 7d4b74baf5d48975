// The moving average of the weights of convolutions (ema_alpha).
#pragma once

#include "core/context.h"
#include "train/live_arrays.h"

namespace dn {

// average = alpha * average + (1 - alpha) * value; alpha 0 begins it.
void move_average(const Context& context, float alpha, LiveArrays& arrays);
// The average becomes the value.
void copy_average(const Context& context, LiveArrays& arrays);

}  // namespace dn
