#include "graph/passes/passes.h"
#include "graph/passes/rewrite.h"

namespace dn {

void fuse_activation(Graph& graph) {
  const std::vector<int> uses = graph.uses();
  const std::vector<int> makers = producers(graph);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& node = graph.nodes[i];
    Activation activation{};
    if (!node.op || !node.op->is_activation(activation)) continue;
    const int maker = makers[size_t(node.inputs[0])];
    if (maker < 0 || uses[size_t(node.inputs[0])] != 1) continue;
    Op* before = graph.nodes[size_t(maker)].op.get();
    if (!before || !before->takes_post()) continue;
    if (!before->post.empty() && before->post.back().kind == Post::Kind::activation) continue;
    before->post.push_back({Post::Kind::activation, activation});
    absorb(graph, maker, static_cast<int>(i));
  }
  drop_empty(graph);
}

}  // namespace dn
