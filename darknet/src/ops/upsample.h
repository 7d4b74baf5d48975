// Nearest neighbour enlargement by an integer factor, times a scale.
#pragma once

#include "graph/op.h"

namespace dn {

class Upsample final : public OpBase<Upsample> {
 public:
  int64_t stride = 2;
  float scale = 1;

  const char* kind() const override { return "upsample"; }
  bool repeats_cells() const override { return true; }
  Shape shape(const std::vector<Shape>& in) const override {
    return {in[0].c, in[0].h * stride, in[0].w * stride};
  }
  void forward(const Context& context, const Args& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
  void describe(Json& json) const override {
    json.field("stride", stride).field("scale", double(scale));
  }
};

}  // namespace dn
