#include "graph/passes/rewrite.h"

#include <algorithm>

#include "darknet/engine.h"
#include "graph/passes/passes.h"

namespace dn {

void absorb(Graph& graph, int a, int b) {
  Node& first = graph.nodes[size_t(a)];
  Node& second = graph.nodes[size_t(b)];
  for (int& value : graph.layer_values)
    if (value == first.output) value = -1;
  first.output = second.output;
  second.op.reset();
}

void drop_empty(Graph& graph) {
  graph.nodes.erase(std::remove_if(graph.nodes.begin(), graph.nodes.end(),
                                   [](const Node& node) { return !node.op; }),
                    graph.nodes.end());
}

std::vector<int> producers(const Graph& graph) {
  std::vector<int> of(graph.values.size(), -1);
  for (size_t i = 0; i < graph.nodes.size(); ++i)
    if (graph.nodes[i].op) of[size_t(graph.nodes[i].output)] = static_cast<int>(i);
  return of;
}

void remove_unused(Graph& graph) {
  for (bool changed = true; changed;) {
    changed = false;
    const std::vector<int> uses = graph.uses();
    for (Node& node : graph.nodes)
      if (uses[size_t(node.output)] == 0 && !node.op->has_effect()) {
        for (int& value : graph.layer_values)
          if (value == node.output) value = -1;
        node.op.reset();
        changed = true;
      }
    drop_empty(graph);
  }
}

void apply_passes(Graph& graph, unsigned passes) {
  if (passes & DN_PASS_FOLD_BATCHNORM) fold_batchnorm(graph);
  if (passes & DN_PASS_FUSE_ACTIVATION) fuse_activation(graph);
  if (passes & DN_PASS_FUSE_SUM) {
    fuse_sum(graph);
    if (passes & DN_PASS_FUSE_ACTIVATION) fuse_activation(graph);  // those behind the sums
  }
  if (passes & DN_PASS_DELAY_UPSAMPLE) delay_upsample(graph);
  if (passes) remove_unused(graph);
}

}  // namespace dn
