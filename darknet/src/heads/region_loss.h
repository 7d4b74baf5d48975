// The loss of [region] (Redmon and Farhadi, "YOLO9000", 2016).
#pragma once

#include <vector>

#include "heads/loss.h"
#include "heads/tree.h"

namespace dn {

class RegionLoss final : public Loss {
 public:
  int classes = 20, coords = 4, max = 200, classfix = 0;
  float thresh = 0.5f;
  float coord_scale = 1, object_scale = 1, noobject_scale = 1, class_scale = 1;
  bool rescore = false, bias_match = false, focal_loss = false;
  std::vector<float> anchors;  // pairs, in cells
  std::vector<int> map;        // class numbers of the truth to those of the head; empty: same

  // The hierarchy of classes: consecutive nodes of one parent are a group.
  void set_tree(const Tree& tree);

  int64_t truths(const Shape&) const override;
  int64_t scratch_numbers(const Shape&, int64_t batch) const override { return 5 * batch; }
  double run(const Context& context, const LossArgs& args,
             std::vector<LossPart>& parts) const override;

 private:
  std::vector<int> parent_, group_first_, group_size_;  // of each class; empty: no tree
};

}  // namespace dn
