// What is done to a graph before it is compiled. Each pass leaves a graph of the same outputs.
#pragma once

#include "graph/graph.h"

namespace dn {

// Moves trained batch normalisation into the weights of the convolution (or other) before it.
void fold_batchnorm(Graph& graph);
// Moves an activation behind the op before it.
void fuse_activation(Graph& graph);
// Moves the sum of a [shortcut] behind the later of its two convolutions.
void fuse_sum(Graph& graph);
// A 1x1 convolution of a concatenation becomes the sum of two, where one part is an enlarged map:
// that part is convolved while it is small.
void delay_upsample(Graph& graph);
// Removes nodes nothing reads.
void remove_unused(Graph& graph);

// The passes of the DN_PASS_* bits, in order.
void apply_passes(Graph& graph, unsigned passes);

// Index of the node that makes each value; -1 for the input.
std::vector<int> producers(const Graph& graph);

}  // namespace dn
