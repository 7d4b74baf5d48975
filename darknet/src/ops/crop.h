// A part of an image, by default moved from 0..1 to -1..1 ([crop]): its centre, in training any.
#pragma once

#include "graph/op.h"

namespace dn {

class Crop final : public OpBase<Crop> {
 public:
  int64_t crop_height = 1, crop_width = 1;
  bool noadjust = false;
  bool flip = false;  // in training, half of the images
  // In training: largest rotation (degrees), factors or their reciprocals, and shift of each
  // colour.
  float angle = 0, saturation = 1, exposure = 1, shift = 0;

  const char* kind() const override { return "crop"; }
  Shape shape(const std::vector<Shape>& in) const override;
  void forward(const Context& context, const Args& args) const override;
  void train_forward(const Context& context, const TrainArgs& args) const override;
  void backward(const Context&, const BackwardArgs&) const override {}  // as in Darknet
  void describe(Json& json) const override;

 private:
  bool varies() const { return angle != 0 || saturation != 1 || exposure != 1 || shift != 0; }
};

}  // namespace dn
