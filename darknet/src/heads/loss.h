// A loss: measures a layer's output against the truth and gives its delta.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/shape.h"

namespace dn {

struct LossArgs {
  const float* output;  // of the layer, all images
  Shape shape;
  int64_t batch;
  const float* truth;  // truths numbers of each image
  int64_t truths;
  float* delta;  // zero; the negative gradient with respect to the layer's input, as output lies
  float* scratch;
  int net_width, net_height;
  int time_steps;  // the batch holds the images of one behind those of the other
  int64_t iteration, max_batches;
  uint64_t seen, seed;
  float label_smooth_eps;  // of [net]
  bool unsupervised;
  bool adversarial;  // the truth is empty, and the delta goes to the images
};

// A number of the log: the IoU of a head, a part of its loss.
struct LossPart {
  std::string name;
  double value;
};

class Loss {
 public:
  virtual ~Loss() = default;
  // Throws where something it needs is missing: a network that only runs does not mind.
  virtual void check() const {}
  // How many numbers the truth of one image has.
  virtual int64_t truths(const Shape& output) const = 0;
  // Writes delta; returns the cost of the whole mini-batch. Numbers for the log go to parts.
  virtual double run(const Context& context, const LossArgs& args,
                     std::vector<LossPart>& parts) const = 0;
  virtual int64_t scratch_numbers(const Shape& output, int64_t batch) const {
    (void)output;
    (void)batch;
    return 0;
  }
  // Times the delta when it is handed back.
  virtual float factor() const { return 1; }
};

}  // namespace dn
