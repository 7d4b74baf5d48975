// What rounding a convolution's weights to bfloat16 does to its outputs.
#pragma once

#include <vector>

#include "ops/conv.h"

namespace dn {

// To the nearest, of two as near to the even one.
float rounded_to_bf16(float x);

// What the outputs of filter `k` lose on average because its `weights`, those of all filters, are
// rounded, where the channels of the input have these means; 0 where nothing is known of them.
float lost_by_rounding(const Conv& conv, int64_t k, const std::vector<float>& weights,
                       const std::vector<float>& input_means);

}  // namespace dn
