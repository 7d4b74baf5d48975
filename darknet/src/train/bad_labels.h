// Labels that the network contradicts: late in a training the largest deltas of [yolo] are dropped,
// or the smallest ones to find those that matter.
#pragma once

#include <cstdint>
#include <vector>

#include "config/training_keys.h"

namespace dn {

// What is remembered from mini-batch to mini-batch, of all heads together as in Darknet.
struct BadLabels {
  std::vector<float> numbers = std::vector<float>(4);  // as a saved state holds them
  // Of deltas, followed by a hundredth.
  float& largest() { return numbers[0]; }
  float& mean() { return numbers[1]; }
  float& deviation() { return numbers[2]; }
  // Of badlabels_rejection_percentage.
  float& threshold() { return numbers[3]; }
};

bool rejects_labels(const TrainingKeys& keys);

// Darknet's filters, by badlabels_rejection_percentage, num_sigmas_reject_badlabels and
// equidistant_point.
// iteration: from 1. entries: numbers of one box. delta: `count` numbers of a head.
// Returns how many deltas became 0.
int64_t reject_labels(const TrainingKeys& keys, int64_t iteration, int64_t entries, int64_t count,
                      float* delta, BadLabels& memory);

}  // namespace dn
