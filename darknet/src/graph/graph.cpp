#include "graph/graph.h"

namespace dn {

std::vector<Shape> Graph::shapes(const std::vector<int>& of) const {
  std::vector<Shape> out;
  for (const int value : of) out.push_back(values[size_t(value)]);
  return out;
}

std::vector<int> Graph::uses() const {
  std::vector<int> count(values.size(), 0);
  for (const Node& node : nodes)
    for (const int value : node.inputs) ++count[size_t(value)];
  for (const int layer : output_layers) ++count[size_t(layer_values[size_t(layer)])];
  return count;
}

bool Graph::is_output(int value) const {
  for (const int layer : output_layers)
    if (layer_values[size_t(layer)] == value) return true;
  return false;
}

static void describe_node(const Node& node, Json& json) {
  json.begin_object().field("op", node.op->kind()).field("layer", node.layer);
  json.list("inputs", node.inputs).field("output", node.output);
  json.key("attributes").begin_object();
  node.op->describe(json);
  json.end_object();
  json.key("constants").begin_array();
  for (const Constant& constant : node.op->constants()) {
    json.begin_object().field("name", constant.name);
    json.list("dims", constant.dims).end_object();
  }
  json.end_array().key("post").begin_array();
  for (const Post& post : node.op->post) {
    json.begin_object();
    if (post.kind == Post::Kind::add)
      json.field("kind", "add");
    else
      json.field("kind", "activation").field("activation", name_of(post.activation));
    json.end_object();
  }
  json.end_array().end_object();
}

void Graph::describe(Json& json) const {
  json.begin_object().key("values").begin_array();
  for (const Shape& shape : values) {
    json.begin_array().value(shape.c).value(shape.h).value(shape.w).end_array();
  }
  json.end_array().key("nodes").begin_array();
  for (const Node& node : nodes) describe_node(node, json);
  json.end_array().list("layers", layer_values).key("outputs").begin_array();
  for (const int layer : output_layers) {
    json.begin_object().field("layer", layer);
    json.field("value", layer_values[size_t(layer)]).end_object();
  }
  json.end_array().end_object();
}

}  // namespace dn
