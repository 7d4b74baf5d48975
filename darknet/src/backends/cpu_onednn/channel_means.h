// What a network's own statistics say of its tensors: the mean of each channel.
//
// Rounding weights to bf16 shifts the mean of every output by the sum of (rounded - exact) weight
// times mean input: the larger part of the damage, and one that a bias can take back (Nagel et al.,
// "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019). Batch
// normalisation says what the means were in training: a channel leaves it with mean `bias` and
// deviation `scale`.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace dn::onednn {

// For each value of the graph the mean of each channel; empty where nothing is known of it.
std::vector<std::vector<float>> channel_means(const Graph& graph);

}  // namespace dn::onednn
