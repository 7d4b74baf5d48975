#include "graph/passes/passes.h"
#include "graph/passes/rewrite.h"
#include "ops/concat.h"
#include "ops/conv.h"
#include "ops/upsample.h"

namespace dn {

namespace {

// Fewer channels save less than adding the enlarged part costs.
constexpr int64_t kFewestChannels = 16;

template <typename T>
T* op_of(const Graph& graph, int node) {
  return node < 0 ? nullptr : dynamic_cast<T*>(graph.nodes[size_t(node)].op.get());
}

bool is_pointwise(const Conv& conv) {
  return conv.size_y == 1 && conv.size_x == 1 && conv.stride_y == 1 && conv.stride_x == 1 &&
         conv.pad_top == 0 && conv.pad_left == 0 && conv.groups == 1 && conv.weights;
}

bool adds(const Op& op) {
  for (const Post& post : op.post)
    if (post.kind == Post::Kind::add) return true;
  return false;
}

int new_value(Graph& graph, const Shape& shape, int like) {
  graph.values.push_back(shape);
  graph.time_steps.push_back(graph.time_steps[size_t(like)]);
  return static_cast<int>(graph.values.size()) - 1;
}

void forget(Graph& graph, int value) {
  for (int& of_layer : graph.layer_values)
    if (of_layer == value) of_layer = -1;
}

// The convolution at `index` reads channels that an Upsample enlarged, at one end of a
// concatenation: those are convolved before. Returns whether there was such a one.
bool delay(Graph& graph, int index) {
  auto* conv = op_of<Conv>(graph, index);
  if (!conv || !is_pointwise(*conv) || adds(*conv) || conv->used_channels) return false;
  const std::vector<int> uses = graph.uses(), makers = producers(graph);
  const int joined = graph.nodes[size_t(index)].inputs[0], joiner = makers[size_t(joined)];
  if (!op_of<Concat>(graph, joiner) || uses[size_t(joined)] != 1) return false;
  std::vector<int> rest = graph.nodes[size_t(joiner)].inputs;
  for (const bool front : {true, false}) {
    const int large = front ? rest.front() : rest.back();
    const int enlarger = makers[size_t(large)];
    const int64_t c = graph.values[size_t(large)].c;
    const int64_t others = graph.values[size_t(joined)].c - c;
    if (!op_of<Upsample>(graph, enlarger) || uses[size_t(large)] != 1 || c < kFewestChannels ||
        others == 0)
      continue;
    const int small = graph.nodes[size_t(enlarger)].inputs[0];
    const Shape before = graph.values[size_t(small)], after = graph.values[size_t(large)];
    const int convolved = new_value(graph, {conv->filters, before.h, before.w}, small);
    const int enlarged = new_value(graph, {conv->filters, after.h, after.w}, large);

    auto part = std::make_unique<Conv>(*conv);
    part->post.clear();
    part->out_h = before.h;
    part->out_w = before.w;
    part->without_biases = true;
    part->first_channel = front ? 0 : others;
    part->used_channels = c;
    conv->first_channel = front ? c : 0;
    conv->used_channels = others;
    conv->post.insert(conv->post.begin(), Post{Post::Kind::add, Activation::linear});

    rest.erase(front ? rest.begin() : rest.end() - 1);
    Node& node = graph.nodes[size_t(index)];
    node.inputs = {rest[0], enlarged};
    forget(graph, joined);
    forget(graph, large);
    if (rest.size() == 1) {
      graph.nodes[size_t(joiner)].op.reset();
    } else {
      node.inputs[0] = new_value(graph, {others, after.h, after.w}, joined);
      graph.nodes[size_t(joiner)].inputs = rest;
      graph.nodes[size_t(joiner)].output = node.inputs[0];
    }
    graph.nodes[size_t(enlarger)].inputs = {convolved};
    graph.nodes[size_t(enlarger)].output = enlarged;
    const int layer = node.layer;
    graph.nodes.insert(graph.nodes.begin() + enlarger,
                       Node{std::move(part), {small}, convolved, layer});
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
