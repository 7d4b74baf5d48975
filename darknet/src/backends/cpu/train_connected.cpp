// Fully connected layers while they are trained.
#include <algorithm>
#include <cstring>

#include "backends/cpu/connected_kernel.h"
#include "backends/cpu/train_kernels.h"
#include "backends/cpu_native/training.h"
#include "ops/connected.h"

namespace dn {

namespace {

class TrainConnected final : public BlockedTrainKernel {
 public:
  explicit TrainConnected(const TrainRequest& request)
      : BlockedTrainKernel("connected", 1),
        weights_(request.parts[0].params[0]),
        biases_(request.parts[0].params[1]) {
    const Shape& in = request.parts[0].in_shapes[0];
    // maps are read as rows of their numbers in the order of the weights
    if (in.plane() > 1) in_layouts[0] = Layout::plain;
    shape_ = {int(request.batch), int(in.size()), int(request.parts[0].out_shape.c)};
    threads_ = connected_threads(shape_, request.threads);
    reads_inputs = weights_.gradient != nullptr;
    scratch_bytes = std::max({cpu::connected_scratch_bytes(shape_, threads_),
                              cpu::connected_back_scratch_bytes(shape_, threads_),
                              size_t(shape_.n * padded(shape_.outputs)) * sizeof(float)});
  }

  void forward(const TrainRun& run) const override {
    cpu::connected(shape_, source(run.in[0]), weights_.value, biases_.value, target(run.out),
                   run.scratch, threads_);
    clear_padding(run.out, shape_.outputs);
  }

  void backward(const TrainRun& run) const override {
    const cpu::Source delta = source(run.out_delta);
    if (run.trains(biases_))
      cpu::add_channel_sums(shape_.n, shape_.outputs, 1, 1, delta, biases_.gradient,
                            static_cast<float*>(run.scratch), threads_);
    if (run.trains(weights_))
      cpu::connected_gradient(shape_, source(run.in[0]), delta, weights_.gradient, run.scratch,
                              threads_);
    if (!run.in_delta[0].data) return;
    cpu::connected_delta(shape_, weights_.value, delta, target(run.in_delta[0]), run.add[0] != 0,
                         run.scratch, threads_);
    if (in_layouts[0] == Layout::blocked && !run.add[0])
      clear_padding(run.in_delta[0], shape_.inputs);
  }

 private:
  static int64_t padded(int64_t c) { return elements({c, 1, 1}, Layout::blocked); }

  void clear_padding(const View& to, int64_t c) const {
    for (int64_t image = 0; image < shape_.n && padded(c) > c; ++image)
      std::memset(static_cast<float*>(to.data) + image * to.batch_stride + c, 0,
                  size_t(padded(c) - c) * sizeof(float));
  }

  Live weights_, biases_;
  cpu::ConnectedShape shape_;
  int threads_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_train_connected(const TrainRequest& request) {
  if (!dynamic_cast<const Connected*>(&request.parts[0].op) || request.parts.size() > 1)
    return nullptr;
  return std::make_unique<TrainConnected>(request);
}

}  // namespace dn
