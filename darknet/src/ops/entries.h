// The activation of a detection head: each anchor's planes hold x, y, w, h, objectness and classes
// in the head's order; some pass a sigmoid, x and y are stretched around 1/2 (scale_x_y), classes
// may pass a softmax.
#pragma once

#include "graph/op.h"

namespace dn {

enum class EntryRule : int { raw, sigmoid, sigmoid_scaled, scaled };

class Entries final : public OpBase<Entries> {
 public:
  int64_t anchors = 1;
  std::vector<EntryRule> rules;  // of the entries of one anchor
  float scale_x_y = 1;
  // region only: softmax over entries [softmax_first, end), in groups of these sizes
  int64_t softmax_first = 0;
  std::vector<int> softmax_sizes;

  const char* kind() const override { return "entries"; }
  Shape shape(const std::vector<Shape>& in) const override;
  void forward(const Context& context, const Args& args) const override;
  // A head measures its loss on its output, as the delta of its input: handed on.
  void backward(const Context& context, const BackwardArgs& args) const override;
  std::vector<Constant> constants() const override;  // rules as numbers
  void describe(Json& json) const override;
};

}  // namespace dn
