// The learning rate at every update.
#pragma once

#include <cstdint>

#include "config/training_keys.h"

namespace dn {

// number: of the update, from 1. seed: of the policy random.
float learning_rate(const TrainingKeys& keys, int64_t number, uint64_t seed);

}  // namespace dn
