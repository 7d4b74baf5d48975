// A part of an image, by default moved from 0..1 to -1..1 ([crop]): its centre, in training any.
#pragma once

#include "graph/op.h"

namespace dn {

class Crop final : public OpBase<Crop> {
 public:
  int64_t crop_height = 1, crop_width = 1;
  bool noadjust = false;
  bool flip = false;  // in training, half of the images

  const char* kind() const override { return "crop"; }
  Shape shape(const std::vector<Shape>& in) const override;
  void forward(const Context& context, const Args& args) const override;
  void train_forward(const Context& context, const TrainArgs& args) const override;
  void backward(const Context&, const BackwardArgs&) const override {}  // as in Darknet
  void describe(Json& json) const override;
};

}  // namespace dn
