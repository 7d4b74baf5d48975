// Batch normalisation together with the activation behind it: what lies between is never stored.
#include <algorithm>

#include "backends/cpu/train_kernels.h"
#include "backends/cpu_native/training.h"
#include "ops/batch_statistics.h"
#include "ops/batchnorm.h"

namespace dn {

namespace {

class TrainNorm final : public BlockedTrainKernel {
 public:
  TrainNorm(const TrainRequest& request, cpu::Act act)
      : BlockedTrainKernel("batchnorm", 1),
        params_(request.parts[0].params),
        threads_(threads_for(request)) {
    const Shape& s = request.parts[0].out_shape;
    if (act != cpu::Act::Linear) name = "batchnorm, activation";
    shape_ = {int(request.batch), int(s.c), s.plane(), float(kBatchnormEpsilon), act};
    reads_inputs = true;
    kept_bytes = size_t(2 * s.c) * sizeof(float);
    scratch_bytes = cpu::norm_scratch_bytes(shape_);
    delta_in_place = 0;
    can_repeat = true;
  }

  void forward(const TrainRun& run) const override {
    float* mean = static_cast<float*>(run.kept);
    float* variance = mean + shape_.c;
    if (is_still(run)) {
      std::copy_n(params_[1].value, shape_.c, mean);
      std::copy_n(params_[2].value, shape_.c, variance);
      repeat(run);
      return;
    }
    cpu::norm_forward(shape_, source(run.in[0]), params_[0].value, params_[3].value, mean, variance,
                      target(run.out), run.scratch, threads_);
    for (int k = 0; k < shape_.c; ++k) {
      params_[1].value[k] = follow_statistics(params_[1].value[k], mean[k]);
      params_[2].value[k] = follow_statistics(params_[2].value[k], variance[k]);
    }
  }

  void repeat(const TrainRun& run) const override {
    const float* mean = static_cast<const float*>(run.kept);
    cpu::norm_again(shape_, source(run.in[0]), params_[0].value, params_[3].value, mean,
                    mean + shape_.c, target(run.out), run.scratch, threads_);
  }

  void backward(const TrainRun& run) const override {
    const float* mean = static_cast<const float*>(run.kept);
    const cpu::NormBackward norm{params_[0].value, params_[3].value,    mean,
                                 mean + shape_.c,  params_[0].gradient, params_[3].gradient,
                                 run.add[0] != 0,  is_still(run)};
    cpu::norm_backward(shape_, norm, source(run.in[0]), source(run.out_delta),
                       target(run.in_delta[0]), run.scratch, threads_);
  }

 private:
  bool is_still(const TrainRun& run) const { return run.moment.adversarial || params_[1].still; }

  std::vector<Live> params_;  // scales, mean, variance, biases
  cpu::NormShape shape_;
  int threads_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_train_norm(const TrainRequest& request) {
  if (!dynamic_cast<const Batchnorm*>(&request.parts[0].op) || request.parts.size() > 2)
    return nullptr;
  cpu::Act act = cpu::Act::Linear;
  if (request.parts.size() == 2 && !trainable_activation(request.parts[1].op, act)) return nullptr;
  return std::make_unique<TrainNorm>(request, act);
}

}  // namespace dn
