#include "graph/passes/passes.h"
#include "graph/passes/rewrite.h"

namespace dn {

namespace {

int new_value(Graph& graph, const Shape& shape, int like) {
  graph.values.push_back(shape);
  graph.time_steps.push_back(graph.time_steps[size_t(like)]);
  return static_cast<int>(graph.values.size()) - 1;
}

void forget(Graph& graph, int value) {
  for (int& of_layer : graph.layer_values)
    if (of_layer == value) of_layer = -1;
}

// The node at `index` reads channels that were enlarged, at one end of a concatenation: their part
// is computed before. Returns whether there was such a one.
bool delay(Graph& graph, int index) {
  const std::vector<int> uses = graph.uses(), makers = producers(graph);
  const std::vector<int>& inputs = graph.nodes[size_t(index)].inputs;
  if (inputs.size() != 1) return false;
  const int joined = inputs[0], joiner = makers[size_t(joined)];
  if (joiner < 0 || uses[size_t(joined)] != 1) return false;
  if (!graph.nodes[size_t(joiner)].op->joins_channels()) return false;
  std::vector<int> rest = graph.nodes[size_t(joiner)].inputs;
  const int64_t all = graph.values[size_t(joined)].c;
  for (const bool front : {true, false}) {
    const int large = front ? rest.front() : rest.back();
    const int enlarger = makers[size_t(large)];
    if (enlarger < 0 || uses[size_t(large)] != 1) continue;
    if (!graph.nodes[size_t(enlarger)].op->repeats_cells()) continue;
    const int small = graph.nodes[size_t(enlarger)].inputs[0];
    const Shape before = graph.values[size_t(small)], after = graph.values[size_t(large)];
    const int64_t first = front ? 0 : all - after.c;
    std::unique_ptr<Op> part =
        graph.nodes[size_t(index)].op->split_channels(first, after.c, all, before.h, before.w);
    if (!part) continue;
    const int64_t filters = graph.values[size_t(graph.nodes[size_t(index)].output)].c;
    const int summed = new_value(graph, {filters, before.h, before.w}, small);
    const int enlarged = new_value(graph, {filters, after.h, after.w}, large);

    rest.erase(front ? rest.begin() : rest.end() - 1);
    Node& node = graph.nodes[size_t(index)];
    node.inputs = {rest[0], enlarged};
    forget(graph, joined);
    forget(graph, large);
    if (rest.size() == 1) {
      graph.nodes[size_t(joiner)].op.reset();
    } else {
      node.inputs[0] = new_value(graph, {all - after.c, after.h, after.w}, joined);
      graph.nodes[size_t(joiner)].inputs = rest;
      graph.nodes[size_t(joiner)].output = node.inputs[0];
    }
    graph.nodes[size_t(enlarger)].inputs = {summed};
    graph.nodes[size_t(enlarger)].output = enlarged;
    const int layer = node.layer;
    graph.nodes.insert(graph.nodes.begin() + enlarger,
                       Node{std::move(part), {small}, summed, layer});
    drop_empty(graph);
    return true;
  }
  return false;
}

}  // namespace

void delay_upsample(Graph& graph) {
  for (int i = 0; i < static_cast<int>(graph.nodes.size()); ++i)
    if (delay(graph, i)) i = -1;  // the nodes are others now
}

}  // namespace dn
