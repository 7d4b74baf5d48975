// The loss of [contrastive]: embeddings of one label shall be alike (Khosla et al., "Supervised
// Contrastive Learning", 2020). One embedding for each pixel of each image; the label is the
// image's.
#pragma once

#include "heads/loss.h"

namespace dn {

class ContrastiveLoss final : public Loss {
 public:
  int classes = 1000;
  float temperature = 1, cls_normalizer = 1, max_delta = 3.4e38f;
  bool of_yolo = false;  // yolo_layer: embeddings of boxes

  void check() const override;
  int64_t truths(const Shape&) const override { return classes; }
  int64_t scratch_numbers(const Shape& output, int64_t batch) const override {
    const int64_t samples = batch * output.plane();
    return samples * samples + 3 * samples + 2 * batch;
  }
  double run(const Context& context, const LossArgs& args,
             std::vector<LossPart>& parts) const override;
};

}  // namespace dn
