// The learning rate at every update.
#pragma once

#include <cstdint>

#include "config/training_keys.h"

namespace dn {

// number: of the update, from 1. seed: of the policy random.
float learning_rate(const TrainingKeys& keys, int64_t number, uint64_t seed);

// How many mini-batches of an update follow each other as one sequence of images, behind so many
// updates: subdivisions / sequential_subdivisions, which seq_scales change at steps.
int sequence_length(const TrainingKeys& keys, int subdivisions, int64_t updates);

}  // namespace dn
