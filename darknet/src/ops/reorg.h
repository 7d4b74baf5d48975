// Permutations of an image's numbers: [reorg], [reorg3d], and the flatten of heads.
#pragma once

#include "graph/op.h"

namespace dn {

class Reorg final : public OpBase<Reorg> {
 public:
  // classic: [reorg], the permutation of YOLOv2, over the input's size. spatial: [reorg3d], a true
  // space to depth, over the output's size. channels_last: CHW to HWC; channels_first: back.
  enum class Kind { classic, spatial, channels_last, channels_first };
  Kind reorg = Kind::classic;
  int64_t stride = 1;
  bool reverse = false;
  bool keep_shape = false;  // channels_last with the shape of the input ([reorg] flatten=1)

  bool swaps() const { return reorg == Kind::channels_last || reorg == Kind::channels_first; }

  const char* kind() const override { return "reorg"; }
  Shape shape(const std::vector<Shape>& in) const override;
  void forward(const Context& context, const Args& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
  void describe(Json& json) const override;
};

}  // namespace dn
