// The loss of [iseg] (pjreddie): pixels of classes, and embeddings that are alike within an
// instance and unlike between two.
#pragma once

#include "heads/loss.h"

namespace dn {

class IsegLoss final : public Loss {
 public:
  static constexpr int64_t kInstances = 90;  // of an image, at most
  int classes = 20, ids = 32;

  // Of each instance: its class (negative: no more), then a mask of 0 and 1.
  int64_t truths(const Shape& output) const override { return kInstances * (1 + output.plane()); }
  int64_t scratch_numbers(const Shape&, int64_t batch) const override {
    return batch * (kInstances * (1 + ids) + 2);
  }
  double run(const Context& context, const LossArgs& args,
             std::vector<LossPart>& parts) const override;
};

}  // namespace dn
