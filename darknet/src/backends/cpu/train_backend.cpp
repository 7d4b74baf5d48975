// The training backend of the hand-made CPU kernels: float32, channels in blocks.
#include "backends/cpu/train_kernels.h"
#include "backends/cpu_native/training.h"

namespace dn {

namespace {

class TrainConvert final : public TrainKernel {
 public:
  TrainConvert(const Shape& shape, int64_t batch, Layout from, Layout to)
      : shape_(shape), batch_(batch) {
    name = to == Layout::blocked ? "to blocked" : "to plain";
    in_layouts = {from};
    out_layout = to;
    can_repeat = true;
    serial_ = batch * elements(shape, Layout::blocked) < 8 * kSerialBelow;
    // a delta that is added to is converted beside it
    scratch_bytes = size_t(batch * elements(shape, from)) * sizeof(float);
  }

  void forward(const TrainRun& run) const override {
    copy(run.in[0], in_layouts[0], run.out, run.context.threads);
  }

  void backward(const TrainRun& run) const override {
    const View& to = run.in_delta[0];
    if (!to.data) return;
    if (!run.add[0]) {
      copy(run.out_delta, out_layout, to, run.context.threads);
      return;
    }
    const int64_t stride = elements(shape_, in_layouts[0]);
    View beside;
    beside.data = run.scratch;
    beside.batch_stride = stride;
    copy(run.out_delta, out_layout, beside, run.context.threads);
    const float* from = static_cast<const float*>(run.scratch);
    for (int64_t b = 0; b < batch_; ++b) {
      float* sum = static_cast<float*>(to.data) + b * to.batch_stride;
      for (int64_t i = 0; i < stride; ++i) sum[i] += from[b * stride + i];
    }
  }

 private:
  void copy(const View& from, Layout layout, const View& to, int threads) const {
    const auto function = layout == Layout::plain ? cpu::to_blocked : cpu::to_plain;
    function(int(batch_), int(shape_.c), int(shape_.h), int(shape_.w), source(from), target(to),
             serial_ ? 1 : threads);
  }

  Shape shape_;
  int64_t batch_;
  bool serial_;
};

class CpuTrainBackend final : public TrainBackend {
 public:
  const char* name() const override { return "cpu"; }

  std::unique_ptr<TrainKernel> make(const TrainRequest& request) const override {
    for (const auto& maker : {make_train_conv, make_train_connected, make_train_norm,
                              make_train_activation, make_train_blocked})
      if (auto kernel = maker(request)) return kernel;
    return nullptr;
  }

  std::unique_ptr<TrainKernel> convert(const Shape& shape, int64_t batch, Layout from,
                                       Layout to) const override {
    return std::make_unique<TrainConvert>(shape, batch, from, to);
  }
};

}  // namespace

bool cpu_trains_in_bf16() { return cpu::has_bf16_products(); }

std::unique_ptr<TrainBackend> make_cpu_train_backend() {
  return std::make_unique<CpuTrainBackend>();
}

}  // namespace dn
