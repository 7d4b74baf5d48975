// Maximum over every out_channels-th input channel ([maxpool] maxpool_depth=1).
#pragma once

#include "graph/op.h"

namespace dn {

class MaxpoolDepth final : public OpBase<MaxpoolDepth> {
 public:
  int64_t out_channels = 1;

  const char* kind() const override { return "maxpool_depth"; }
  Shape shape(const std::vector<Shape>& in) const override {
    return {out_channels, in[0].h, in[0].w};
  }
  void forward(const Context& context, const Args& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
  bool backward_reads_inputs() const override { return true; }
  void describe(Json& json) const override { json.field("out_channels", out_channels); }
};

}  // namespace dn
