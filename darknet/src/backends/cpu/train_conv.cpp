// Convolution while it is trained. Forward and the input's delta are convolutions by the kernels of
// inference, with weights packed anew in every run; where the convolution has strides, the delta is
// made of phases: its pixels at distances of the stride, each of which meets some of the taps only.
#include <algorithm>
#include <cstring>

#include "backends/cpu/train_kernels.h"
#include "backends/cpu_native/training.h"
#include "ops/conv.h"

namespace dn {

namespace {

cpu::ConvShape shape_of(const Conv& conv, const Shape& in, int64_t batch) {
  return {int(batch),        int(in.c),          int(in.h),          int(in.w),
          int(conv.filters), int(conv.out_h),    int(conv.out_w),    int(conv.size_y),
          int(conv.size_x),  int(conv.stride_y), int(conv.stride_x), int(conv.dilation),
          int(conv.pad_top), int(conv.pad_left), int(conv.groups)};
}

// Which outputs and taps meet one phase of the input along a dimension: input p + stride * j is
// read by output j + shift - m through tap first + stride * m, for m in [0, taps).
struct PhaseTaps {
  int first, taps, shift, size;  // size: inputs of the phase
};
PhaseTaps phase_taps(int phase, int kernel, int stride, int pad, int size) {
  PhaseTaps t;
  t.first = (phase + pad) % stride;
  t.taps = t.first < kernel ? (kernel - t.first - 1) / stride + 1 : 0;
  t.shift = (phase + pad) / stride;
  t.size = phase < size ? (size - phase - 1) / stride + 1 : 0;
  return t;
}

class TrainConv final : public BlockedTrainKernel {
 public:
  // Says by `usable` whether there are kernels for all of it.
  TrainConv(const TrainRequest& request, const Conv& conv, bool& usable)
      : BlockedTrainKernel("conv", 1),
        conv_(conv),
        batch_(request.batch),
        bf16_(request.bf16),
        threads_(threads_for(request)) {
    const TrainRequest::Part& part = request.parts[0];
    in_ = part.in_shapes[0];
    out_ = part.out_shape;
    weights_ = part.params[0];
    biases_ = part.params[1];
    shape_ = shape_of(conv, in_, batch_);
    const bool plain = in_.c <= 4 && conv.groups == 1 && !request.wants_delta[0];
    reads_inputs = weights_.gradient != nullptr;
    wants_delta_ = request.wants_delta[0];
    usable = plan_forward(plain) && plan_gradient(plain) && (!wants_delta_ || plan_delta());
    if (!usable) return;
    if (plain) in_layouts[0] = Layout::plain;
    if (forward_.desc.bf16_products) name = "conv bf16";
    size_for(threads_);
  }

  void forward(const TrainRun& run) const override {
    void* scratch = nullptr;
    void* packed = split(run.scratch, forward_.packed_bytes, scratch);
    cpu::pack_conv(forward_, weights_.value, biases_.value, packed, threads_);
    cpu::run_conv(forward_, packed, source(run.in[0]), target(run.out), {}, scratch, threads_);
  }

  void backward(const TrainRun& run) const override {
    const int threads = threads_;
    if (run.trains(biases_))
      cpu::add_channel_sums(int(batch_), int(out_.c), int(out_.h), int(out_.w),
                            source(run.out_delta), biases_.gradient,
                            static_cast<float*>(run.scratch), threads);
    if (run.trains(weights_))
      cpu::add_gradient(gradient_, source(run.in[0]), source(run.out_delta), weights_.gradient,
                        run.scratch, threads);
    if (!run.in_delta[0].data) return;
    if (!strided())
      whole_delta(run);
    else
      phased_delta(run);
  }

 private:
  struct DeltaPhase {
    int y, x;  // its first pixel
    PhaseTaps rows, columns;
    cpu::ConvPlan plan;
    int64_t weights;  // numbers
    bool empty() const { return rows.taps == 0 || columns.taps == 0; }
  };

  static constexpr size_t kAlign = 64;
  static size_t aligned(size_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }
  // The first bytes of scratch; the rest follows.
  static void* split(void* scratch, size_t bytes, void*& rest) {
    rest = static_cast<char*>(scratch) + aligned(bytes);
    return scratch;
  }

  bool strided() const { return conv_.stride_y > 1 || conv_.stride_x > 1; }

  bool plan_forward(bool plain) {
    cpu::ConvDesc desc;
    desc.shape = shape_;
    desc.plain_src = plain;
    desc.quick_pack = true;
    desc.bf16_products = bf16_;
    forward_ = cpu::plan_conv(desc);
    return forward_.desc.algo != cpu::ConvAlgo::Unsupported;
  }

  bool plan_gradient(bool plain) {
    if (!weights_.gradient) return true;
    cpu::GradientDesc desc;
    desc.shape = shape_;
    desc.plain_src = plain;
    desc.bf16_products = bf16_;
    gradient_ = cpu::plan_gradient(desc);
    return gradient_.algo != cpu::GradientAlgo::Unsupported;
  }

  bool plan_delta() {
    if (strided() && conv_.dilation > 1) return false;
    for (int y = 0; y < conv_.stride_y; ++y)
      for (int x = 0; x < conv_.stride_x; ++x) {
        DeltaPhase phase;
        phase.y = y;
        phase.x = x;
        phase.rows = phase_taps(y, shape_.kh, shape_.stride_y, shape_.pad_top, shape_.h);
        phase.columns = phase_taps(x, shape_.kw, shape_.stride_x, shape_.pad_left, shape_.w);
        if (phase.rows.size == 0 || phase.columns.size == 0) continue;
        if (!phase.empty() && !plan_phase(phase)) return false;
        phases_.push_back(phase);
      }
    return true;
  }

  bool plan_phase(DeltaPhase& phase) {
    cpu::ConvShape s = shape_;
    const int d = s.dilation;
    s.n = strided() ? 1 : s.n;  // one image at a time, while it is in cache
    std::swap(s.c, s.k);
    s.h = shape_.oh;
    s.w = shape_.ow;
    s.oh = phase.rows.size;
    s.ow = phase.columns.size;
    s.kh = phase.rows.taps;
    s.kw = phase.columns.taps;
    s.stride_y = s.stride_x = 1;
    s.pad_top = strided() ? s.kh - 1 - phase.rows.shift : (s.kh - 1) * d - shape_.pad_top;
    s.pad_left = strided() ? s.kw - 1 - phase.columns.shift : (s.kw - 1) * d - shape_.pad_left;
    cpu::ConvDesc desc;
    desc.shape = s;
    desc.quick_pack = true;
    desc.bf16_products = bf16_;
    phase.plan = cpu::plan_conv(desc);
    phase.weights = int64_t(s.k) * (s.c / s.groups) * s.kh * s.kw;
    return phase.plan.desc.algo != cpu::ConvAlgo::Unsupported;
  }

  void size_for(int threads) {
    scratch_bytes = aligned(forward_.packed_bytes) + cpu::conv_scratch_bytes(forward_, threads);
    if (biases_.gradient)
      scratch_bytes =
          std::max(scratch_bytes,
                   size_t(batch_ * elements({out_.c, 1, 1}, Layout::blocked)) * sizeof(float));
    if (weights_.gradient)
      scratch_bytes = std::max(scratch_bytes, cpu::gradient_scratch_bytes(gradient_, threads));
    size_t packed = 0, most = 0, weights = 0;
    for (const DeltaPhase& phase : phases_) {
      if (phase.empty()) continue;
      packed += aligned(phase.plan.packed_bytes);
      weights = std::max(weights, size_t(phase.weights) * sizeof(float));
      const Shape s{in_.c, phase.rows.size, phase.columns.size};
      const bool direct = !strided() && can_accumulate(phase);
      const size_t images = strided() ? 1 : size_t(batch_);
      const size_t out = direct ? 0 : images * size_t(elements(s, Layout::blocked)) * sizeof(float);
      most = std::max(most, aligned(out) + cpu::conv_scratch_bytes(phase.plan, threads));
    }
    scratch_bytes = std::max(scratch_bytes, packed + std::max(most, weights));
  }

  static bool can_accumulate(const DeltaPhase& phase) {
    return phase.plan.desc.algo != cpu::ConvAlgo::Depthwise;
  }

  // The weights of a phase: input and output channels change places, taps are in reverse order.
  void turn_weights(const DeltaPhase& phase, float* to, int threads) const {
    const int64_t groups = conv_.groups, ins = in_.c / groups, outs = out_.c / groups;
    const int64_t rows = phase.rows.taps, columns = phase.columns.taps, taps = rows * columns;
    const int64_t all = shape_.kh * shape_.kw;
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int64_t c = 0; c < in_.c; ++c)
      for (int64_t f = 0; f < outs; ++f) {
        const float* from = weights_.value + ((c / ins * outs + f) * ins + c % ins) * all;
        float* out = to + (c * outs + f) * taps;
        for (int64_t y = 0; y < rows; ++y)
          for (int64_t x = 0; x < columns; ++x) {
            const int64_t ky = phase.rows.first + shape_.stride_y * (rows - 1 - y);
            const int64_t kx = phase.columns.first + shape_.stride_x * (columns - 1 - x);
            *out++ = from[ky * shape_.kw + kx];
          }
      }
  }

  void pack(const DeltaPhase& phase, void* packed, float* weights, int threads) const {
    turn_weights(phase, weights, threads);
    cpu::pack_conv(phase.plan, weights, nullptr, packed, threads);
  }

  void whole_delta(const TrainRun& run) const {
    const DeltaPhase& phase = phases_[0];
    const int threads = threads_;
    void* rest = nullptr;
    void* packed = split(run.scratch, phase.plan.packed_bytes, rest);
    pack(phase, packed, static_cast<float*>(rest), threads);
    cpu::Epilogue epilogue;
    const cpu::Target to = target(run.in_delta[0]);
    if (!run.add[0] || can_accumulate(phase)) {
      epilogue.accumulate = run.add[0] != 0;
      // behind the place of the copy that other runs make
      cpu::run_conv(phase.plan, packed, source(run.out_delta), to, epilogue, rest, threads);
      return;
    }
    const int64_t stride = elements(in_, Layout::blocked);
    void* scratch = nullptr;
    auto* sum = static_cast<float*>(split(rest, size_t(batch_ * stride) * sizeof(float), scratch));
    cpu::run_conv(phase.plan, packed, source(run.out_delta), {sum, stride}, epilogue, scratch,
                  threads);
    cpu::add_to(int(batch_), int(in_.c), int(in_.h), int(in_.w), {sum, stride}, to, threads);
  }

  void phased_delta(const TrainRun& run) const {
    const int threads = threads_;
    std::vector<void*> packed;
    char* at = static_cast<char*>(run.scratch);
    for (const DeltaPhase& phase : phases_) {
      packed.push_back(at);
      if (!phase.empty()) at += aligned(phase.plan.packed_bytes);
    }
    for (size_t i = 0; i < phases_.size(); ++i)
      if (!phases_[i].empty()) pack(phases_[i], packed[i], reinterpret_cast<float*>(at), threads);
    for (int64_t image = 0; image < batch_; ++image) {
      cpu::Target to = target(run.in_delta[0]);
      to.data += image * to.batch_stride;
      cpu::Source delta = source(run.out_delta);
      delta.data += image * delta.batch_stride;
      for (size_t i = 0; i < phases_.size(); ++i) {
        const DeltaPhase& phase = phases_[i];
        const int64_t numbers =
            elements({in_.c, phase.rows.size, phase.columns.size}, Layout::blocked);
        void* scratch = nullptr;
        auto* part = static_cast<float*>(split(at, size_t(numbers) * sizeof(float), scratch));
        if (phase.empty())
          part = nullptr;
        else
          cpu::run_conv(phase.plan, packed[i], delta, {part, numbers}, {}, scratch, threads);
        cpu::spread_phase({1, int(in_.c), int(in_.h), int(in_.w), phase.y, phase.x, shape_.stride_y,
                           shape_.stride_x},
                          {part, numbers}, to, run.add[0] != 0, threads);
      }
    }
  }

  const Conv& conv_;
  int64_t batch_;
  bool bf16_;
  int threads_;
  Shape in_, out_;
  Live weights_, biases_;
  cpu::ConvShape shape_;
  bool wants_delta_ = false;
  cpu::ConvPlan forward_;
  cpu::GradientDesc gradient_;
  std::vector<DeltaPhase> phases_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_train_conv(const TrainRequest& request) {
  const auto* conv = dynamic_cast<const Conv*>(&request.parts[0].op);
  if (!conv || request.parts.size() > 1 || !conv->weights || conv->binary) return nullptr;
  bool usable = false;
  auto kernel = std::make_unique<TrainConv>(request, *conv, usable);
  return usable ? std::move(kernel) : nullptr;
}

}  // namespace dn
