// A range of channels.
#pragma once

#include "graph/op.h"

namespace dn {

class Slice final : public OpBase<Slice> {
 public:
  int64_t first = 0, channels = 1;

  const char* kind() const override { return "slice"; }
  Shape shape(const std::vector<Shape>& in) const override { return {channels, in[0].h, in[0].w}; }
  void forward(const Context& context, const Args& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
  void describe(Json& json) const override {
    json.field("first", first).field("channels", channels);
  }
};

}  // namespace dn
