#include "graph/passes/passes.h"
#include "graph/passes/rewrite.h"

namespace dn {

void fuse_sum(Graph& graph) {
  const std::vector<int> uses = graph.uses();
  const std::vector<int> makers = producers(graph);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& node = graph.nodes[i];
    if (!node.op || node.inputs.size() != 2 || !node.op->is_plain_sum(graph.shapes(node.inputs)))
      continue;
    // the later of the two can add the earlier one, which is there by then
    const int a = makers[size_t(node.inputs[0])], b = makers[size_t(node.inputs[1])];
    const int later = a > b ? a : b;
    const int value = a > b ? node.inputs[0] : node.inputs[1];
    const int other = a > b ? node.inputs[1] : node.inputs[0];
    if (a == b || later < 0 || uses[size_t(value)] != 1) continue;
    Node& maker = graph.nodes[size_t(later)];
    if (!maker.op || !maker.op->takes_post()) continue;
    bool adds = false;
    for (const Post& post : maker.op->post) adds = adds || post.kind == Post::Kind::add;
    if (adds) continue;
    maker.op->post.push_back({Post::Kind::add, Activation::linear});
    maker.inputs.push_back(other);
    absorb(graph, later, static_cast<int>(i));
  }
  drop_empty(graph);
}

}  // namespace dn
