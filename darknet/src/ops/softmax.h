// Softmax with a temperature: over equal groups of the flat vector, over groups of given sizes
// (a class tree), or over the channels of each pixel.
#pragma once

#include "graph/op.h"

namespace dn {

class Softmax final : public OpBase<Softmax> {
 public:
  int64_t groups = 1;
  std::vector<int> group_sizes;  // instead of groups, where not empty
  int64_t rest = 0;              // numbers behind the groups that are handed on as they are
  bool spatial = false;
  float temperature = 1;
  // A loss measured behind it gives the delta of the input already.
  bool hands_on_delta = false;

  const char* kind() const override { return "softmax"; }
  Shape shape(const std::vector<Shape>& in) const override;
  void forward(const Context& context, const Args& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
  bool backward_reads_output() const override { return !hands_on_delta; }
  void describe(Json& json) const override;
};

}  // namespace dn
