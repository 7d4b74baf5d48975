// The loss of [Gaussian_yolo] (Choi et al., "Gaussian YOLOv3", 2019, with AlexeyAB's additions).
#pragma once

#include <vector>

#include "heads/loss.h"
#include "heads/yolo_keys.h"

namespace dn {

// The point of a box that x and y tell.
enum class YoloPoint { center, left_top, right_bottom };

class GaussianLoss final : public Loss {
 public:
  YoloKeys keys;
  int classes = 20;
  YoloPoint point = YoloPoint::center;
  std::vector<float> anchors;  // pairs, in pixels of the network's input
  std::vector<int> mask;

  void check() const override { dn::check(keys); }
  int64_t truths(const Shape&) const override { return int64_t(keys.max) * kTruthNumbers; }
  int64_t scratch_numbers(const Shape&, int64_t batch) const override { return 4 * batch; }
  double run(const Context& context, const LossArgs& args,
             std::vector<LossPart>& parts) const override;
  float factor() const override { return keys.delta_normalizer; }
};

}  // namespace dn
