#include "graph/passes/passes.h"
#include "graph/passes/rewrite.h"

namespace dn {

void fold_batchnorm(Graph& graph) {
  const std::vector<int> uses = graph.uses();
  const std::vector<int> makers = producers(graph);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& node = graph.nodes[i];
    if (!node.op || node.inputs.size() != 1) continue;
    const int maker = makers[size_t(node.inputs[0])];
    if (maker < 0 || uses[size_t(node.inputs[0])] != 1 || !graph.nodes[size_t(maker)].op) continue;
    if (node.op->fold_into(*graph.nodes[size_t(maker)].op))
      absorb(graph, maker, static_cast<int>(i));
  }
  drop_empty(graph);
}

}  // namespace dn
