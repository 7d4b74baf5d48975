// Zeros behind an image's numbers, as one flat vector ([reorg] extra=n of pjreddie/darknet).
#pragma once

#include "graph/op.h"

namespace dn {

class PadFlat final : public OpBase<PadFlat> {
 public:
  int64_t extra = 0;

  const char* kind() const override { return "pad_flat"; }
  Shape shape(const std::vector<Shape>& in) const override { return {in[0].size() + extra, 1, 1}; }
  void forward(const Context& context, const Args& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
  void describe(Json& json) const override { json.field("extra", extra); }
};

}  // namespace dn
