// Kernels that share their numbers while a network is trained (rotate, sway, stretch and
// stretch_sway of [convolutional]): the filters of the first quarter, or eighth, are trained, the
// other groups are these turned, stretched or mirrored.
#pragma once

#include <vector>

#include "train/live_arrays.h"

namespace dn {

class DeformedKernels {
 public:
  DeformedKernels(const LayerTraining& layer, const Param& weights);

  // Whether the weights of this layer are tied in that update, from 1: in the first half.
  static bool tied(const LayerTraining& layer, int64_t max_batches, int64_t number);

  // Before an update: every group holds the first one's values, and the mean of all groups'
  // gradients, led back through what made them.
  void gather(const Context& context, TrainedArray& weights) const;
  // Behind it: every group is made anew. The momentum waits in the first; behind the last update
  // of tied kernels each gets its own.
  void scatter(const Context& context, TrainedArray& weights, bool last) const;

 private:
  void deform(const Context& context, float* numbers) const;

  int64_t groups_, area_, part_;  // part: numbers of a group
  std::vector<float> maps_;       // of each group: area x area, from the first's kernel to its own
};

}  // namespace dn
