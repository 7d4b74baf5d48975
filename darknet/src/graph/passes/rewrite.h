// The one step every fusing pass takes.
#pragma once

#include "graph/graph.h"

namespace dn {

// Node a takes over what node b, its only reader, did: a now makes b's value, b is left empty.
void absorb(Graph& graph, int a, int b);

// Drops the nodes that absorb() left empty.
void drop_empty(Graph& graph);

}  // namespace dn
