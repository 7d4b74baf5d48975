// Losses that compare every output with a truth of its own: [cost], [softmax], [logistic].
#pragma once

#include "heads/loss.h"

namespace dn {

constexpr float kUnknownTruth = -1234;  // Darknet's mark of a truth that counts for nothing

class ElementLoss final : public Loss {
 public:
  enum class Kind { sse, masked, smooth, seg, L1, wgan, softmax, logistic };
  Kind kind = Kind::sse;
  float scale = 1;         // of the delta
  float noobj = 1;         // seg: where the truth is 0
  float thresh = 0;        // deltas below thresh / outputs are dropped
  float label_smooth = 0;  // share of the truth that is spread over all outputs

  int64_t truths(const Shape& output) const override { return output.size(); }
  int64_t scratch_numbers(const Shape& output, int64_t batch) const override {
    return batch * output.size();
  }
  double run(const Context& context, const LossArgs& args,
             std::vector<LossPart>& parts) const override;
  float factor() const override { return scale; }
};

}  // namespace dn
