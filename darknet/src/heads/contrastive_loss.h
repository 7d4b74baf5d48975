// The loss of [contrastive]: embeddings of one label shall be alike (Khosla et al., "Supervised
// Contrastive Learning", 2020). Of classifiers one embedding for each pixel of each image, with the
// image's label; of detectors one for each box that a [yolo] shall predict, with the object's
// track, compared with those of its class.
#pragma once

#include "heads/loss.h"
#include "heads/yolo_loss.h"

namespace dn {

class ContrastiveLoss final : public Loss {
 public:
  int classes = 1000;
  float temperature = 1, cls_normalizer = 1, max_delta = 3.4e38f;
  const YoloLoss* yolo = nullptr;  // yolo_layer: the boxes that are embedded
  int contrastive_neg_max = 3;     // of a detector's embedding: others that push it away

  int64_t truths(const Shape& output) const override {
    return yolo ? yolo->truths(output) : classes;
  }
  int64_t scratch_numbers(const Shape& output, int64_t batch) const override;
  double run(const Context& context, const LossArgs& args,
             std::vector<LossPart>& parts) const override;

 private:
  int64_t places(const Shape& output, int64_t batch) const;
  int64_t most_samples(const Shape& output, int64_t batch) const;
};

}  // namespace dn
