// The loss of [detection] (Redmon et al., "You Only Look Once", 2015).
#pragma once

#include "heads/loss.h"

namespace dn {

class DetectionLoss final : public Loss {
 public:
  int side = 7, num = 1, classes = 1, coords = 4;
  float coord_scale = 1, object_scale = 1, noobject_scale = 1, class_scale = 1;
  bool rescore = false, sqrt = false, forced = false, random = false;

  // Of each cell: whether there is an object, its class flags, its box: x and y in the cell.
  int64_t truths(const Shape&) const override {
    return int64_t(side) * side * (1 + coords + classes);
  }
  int64_t scratch_numbers(const Shape&, int64_t batch) const override {
    return batch * (int64_t(side) * side + 2);
  }
  double run(const Context& context, const LossArgs& args,
             std::vector<LossPart>& parts) const override;
};

}  // namespace dn
