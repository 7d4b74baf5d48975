// The graph of ops a network is lowered to at one input size.
#pragma once

#include <memory>
#include <vector>

#include "core/json.h"
#include "core/shape.h"
#include "graph/op.h"

namespace dn {

struct Node {
  std::unique_ptr<Op> op;
  std::vector<int> inputs;  // values; those of post behind the op's own
  int output = -1;          // value
  int layer = -1;           // index of the layer it belongs to
};

struct Graph {
  std::vector<Shape> values;      // shape of each value; value 0 is the network's input
  std::vector<int> time_steps;    // of each value: 1, or it holds one of so many parts of the batch
  std::vector<Node> nodes;        // in order of execution
  std::vector<int> layer_values;  // output value of each layer; -1 once a pass removed it
  std::vector<int> output_layers;

  std::vector<Shape> shapes(const std::vector<int>& of) const;
  // How often each value is read; outputs of the network count as one more.
  std::vector<int> uses() const;
  bool is_output(int value) const;
  void describe(Json& json) const;
};

}  // namespace dn
