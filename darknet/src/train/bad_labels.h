// Labels that the network contradicts: late in a training the largest deltas of [yolo] are dropped,
// or the smallest ones to find those that matter.
#pragma once

#include <cstdint>

#include "config/training_keys.h"

namespace dn {

// What is remembered from mini-batch to mini-batch, of all heads together as in Darknet.
struct BadLabels {
  float largest = 0, mean = 0, deviation = 0;  // of deltas, followed by a hundredth
  float threshold = 0;                         // of badlabels_rejection_percentage
};

bool rejects_labels(const TrainingKeys& keys);

// Darknet's filters, by badlabels_rejection_percentage, num_sigmas_reject_badlabels and
// equidistant_point.
// iteration: from 1. entries: numbers of one box. delta: `count` numbers of a head.
// Returns how many deltas became 0.
int64_t reject_labels(const TrainingKeys& keys, int64_t iteration, int64_t entries, int64_t count,
                      float* delta, BadLabels& memory);

}  // namespace dn
