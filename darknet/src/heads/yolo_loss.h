// The loss of [yolo] (Redmon and Farhadi, "YOLOv3", 2018, with AlexeyAB's additions).
#pragma once

#include <vector>

#include "heads/loss.h"
#include "heads/yolo_keys.h"
#include "heads/yolo_match.h"

namespace dn {

class YoloLoss final : public Loss {
 public:
  YoloKeys keys;
  int classes = 20;
  bool new_coords = false, show_details = true;
  std::vector<float> anchors;  // pairs, in pixels of the network's input
  std::vector<int> mask;

  // How the truths of a map of that size find their anchors.
  YoloMatch matching(const Shape& output, int net_width, int net_height) const {
    return yolo_match(keys, anchors, mask, output, net_width, net_height);
  }
  void check() const override { dn::check(keys); }
  int64_t truths(const Shape&) const override { return int64_t(keys.max) * kTruthNumbers; }
  int64_t scratch_numbers(const Shape&, int64_t batch) const override { return 8 * batch; }
  double run(const Context& context, const LossArgs& args,
             std::vector<LossPart>& parts) const override;
  float factor() const override { return keys.delta_normalizer; }
};

}  // namespace dn
