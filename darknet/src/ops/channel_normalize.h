// The normalize_channels activations: each pixel is normalised over its channels.
#pragma once

#include "graph/op.h"

namespace dn {

class ChannelNormalize final : public OpBase<ChannelNormalize> {
 public:
  Activation activation = Activation::normalize_channels;

  const char* kind() const override { return "channel_normalize"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  void forward(const Context& context, const Args& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
  bool backward_reads_output() const override { return true; }
  void describe(Json& json) const override { json.field("activation", name_of(activation)); }
};

}  // namespace dn
