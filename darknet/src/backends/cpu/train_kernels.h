// Kernels of training on blocked tensors.
#pragma once

#include "backends/cpu/blocked_kernels.h"
#include "backends/train_kernel.h"

namespace dn {

// A kernel that reads and writes blocked tensors which may be slices of larger ones.
class BlockedTrainKernel : public TrainKernel {
 public:
  BlockedTrainKernel(const char* name_, size_t inputs) {
    name = name_;
    in_layouts.assign(inputs, Layout::blocked);
    out_layout = Layout::blocked;
    takes_strides = true;
  }

 protected:
  // Small tensors are not worth waking threads.
  static int threads_for(const TrainRequest& request) {
    const int64_t in = elements(request.parts[0].in_shapes[0], Layout::blocked);
    const int64_t out = elements(request.parts[0].out_shape, Layout::blocked);
    return request.batch * (in > out ? in : out) < 8 * kSerialBelow ? 1 : request.threads;
  }
};

// Each returns nullptr for other ops, and for shapes without a kernel.
std::unique_ptr<TrainKernel> make_train_conv(const TrainRequest& request);
std::unique_ptr<TrainKernel> make_train_connected(const TrainRequest& request);
std::unique_ptr<TrainKernel> make_train_norm(const TrainRequest& request);
std::unique_ptr<TrainKernel> make_train_activation(const TrainRequest& request);
// Pooling, enlargement, sums, concatenations, slices, dropout.
std::unique_ptr<TrainKernel> make_train_blocked(const TrainRequest& request);

// The fused form of an activation op whose delta is the slope of what it computes.
bool trainable_activation(const Op& op, cpu::Act& act);

}  // namespace dn
