// Pooling, enlargement, sums, concatenations, slices, activations and dropout while they are
// trained.
#include "backends/cpu/train_kernels.h"
#include "backends/cpu_native/training.h"
#include "ops/activate.h"
#include "ops/concat.h"
#include "ops/dropout.h"
#include "ops/pool.h"
#include "ops/slice.h"
#include "ops/upsample.h"

namespace dn {

bool trainable_activation(const Op& op, cpu::Act& act) {
  const auto* activate = dynamic_cast<const Activate*>(&op);
  if (!activate || activate->hands_on_delta) return false;
  // its backward is not the slope of its forward
  if (activate->activation == Activation::revleaky) return false;
  return fused_activation(activate->activation, act);
}

namespace {

class TrainActivation final : public BlockedTrainKernel {
 public:
  TrainActivation(const TrainRequest& request, cpu::Act act)
      : BlockedTrainKernel("activation", 1),
        act_(act),
        s_(request.parts[0].out_shape),
        n_(int(request.batch)),
        threads_(threads_for(request)) {
    reads_inputs = true;
    can_repeat = true;
    delta_in_place = 0;
  }
  void forward(const TrainRun& run) const override {
    cpu::activate(n_, int(s_.c), int(s_.h), int(s_.w), source(run.in[0]), act_, target(run.out),
                  threads_);
  }
  void backward(const TrainRun& run) const override {
    if (!run.in_delta[0].data) return;
    cpu::activate_backward(n_, int(s_.c), int(s_.h), int(s_.w), act_, source(run.in[0]),
                           source(run.out_delta), target(run.in_delta[0]), run.add[0] != 0,
                           threads_);
  }

 private:
  cpu::Act act_;
  Shape s_;
  int n_, threads_;
};

class TrainMaxpool final : public BlockedTrainKernel {
 public:
  TrainMaxpool(const TrainRequest& request, const Pool& op)
      : BlockedTrainKernel("maxpool", 1), threads_(threads_for(request)) {
    const Shape &in = request.parts[0].in_shapes[0], &out = request.parts[0].out_shape;
    shape_ = {int(request.batch), int(in.c),        int(in.h),       int(in.w),
              int(out.h),         int(out.w),       int(op.size_y),  int(op.size_x),
              int(op.stride_y),   int(op.stride_x), int(op.pad_top), int(op.pad_left)};
    kept_bytes = size_t(request.batch * elements(out, Layout::blocked));
  }
  void forward(const TrainRun& run) const override {
    cpu::max_pool_forward(shape_, source(run.in[0]), target(run.out),
                          static_cast<uint8_t*>(run.kept), threads_);
  }
  void backward(const TrainRun& run) const override {
    if (!run.in_delta[0].data) return;
    cpu::max_pool_backward(shape_, static_cast<const uint8_t*>(run.kept), source(run.out_delta),
                           target(run.in_delta[0]), run.add[0] != 0, threads_);
  }

 private:
  cpu::PoolShape shape_;
  int threads_;
};

class TrainUpsample final : public BlockedTrainKernel {
 public:
  TrainUpsample(const TrainRequest& request, const Upsample& op)
      : BlockedTrainKernel("upsample", 1),
        stride_(int(op.stride)),
        scale_(op.scale),
        in_(request.parts[0].in_shapes[0]),
        n_(int(request.batch)),
        threads_(threads_for(request)) {
    can_repeat = true;
  }
  void forward(const TrainRun& run) const override {
    cpu::upsample(n_, int(in_.c), int(in_.h), int(in_.w), stride_, scale_, source(run.in[0]),
                  target(run.out), threads_);
  }
  void backward(const TrainRun& run) const override {
    if (!run.in_delta[0].data) return;
    cpu::upsample_backward(n_, int(in_.c), int(in_.h), int(in_.w), stride_, scale_,
                           source(run.out_delta), target(run.in_delta[0]), run.add[0] != 0,
                           threads_);
  }

 private:
  int stride_;
  float scale_;
  Shape in_;
  int n_, threads_;
};

class TrainSum final : public BlockedTrainKernel {
 public:
  explicit TrainSum(const TrainRequest& request)
      : BlockedTrainKernel("sum", request.parts[0].in_shapes.size()),
        s_(request.parts[0].out_shape),
        n_(int(request.batch)),
        threads_(threads_for(request)) {
    in_place = 0;
    delta_in_place = kAnyInput;
  }
  void forward(const TrainRun& run) const override {
    View so_far = run.in[0];
    for (size_t i = 1; i < in_layouts.size(); ++i) {
      cpu::add(n_, int(s_.c), int(s_.h), int(s_.w), source(so_far), source(run.in[i]),
               cpu::Act::Linear, target(run.out), threads_);
      so_far = run.out;
    }
  }
  void backward(const TrainRun& run) const override {
    const cpu::ChannelCopy all{n_, int(s_.c), int(s_.h), int(s_.w), int(s_.c), 0, int(s_.c), 0};
    for (size_t i = 0; i < in_layouts.size(); ++i) {
      const View& to = run.in_delta[i];
      if (!to.data || to.data == run.out_delta.data) continue;
      cpu::add_channels(all, source(run.out_delta), target(to), run.add[i] != 0, threads_);
    }
  }

 private:
  Shape s_;
  int n_, threads_;
};

class TrainConcat final : public BlockedTrainKernel {
 public:
  explicit TrainConcat(const TrainRequest& request)
      : BlockedTrainKernel("concat", request.parts[0].in_shapes.size()),
        in_(request.parts[0].in_shapes),
        out_(request.parts[0].out_shape),
        n_(int(request.batch)),
        threads_(threads_for(request)) {
    can_repeat = true;
  }
  void forward(const TrainRun& run) const override {
    int first = 0;
    for (size_t i = 0; i < in_.size(); ++i) {
      // an input that lies inside the output has been written there already
      const float* place = static_cast<float*>(run.out.data) + first * out_.plane();
      if (run.in[i].data != place)
        cpu::copy_channels(
            {n_, int(in_[i].c), int(out_.h), int(out_.w), int(in_[i].c), 0, int(out_.c), first},
            source(run.in[i]), target(run.out), threads_);
      first += int(in_[i].c);
    }
  }
  void backward(const TrainRun& run) const override {
    int first = 0;
    for (size_t i = 0; i < in_.size(); ++i) {
      const float* place = static_cast<float*>(run.out_delta.data) + first * out_.plane();
      const View& to = run.in_delta[i];
      if (to.data && to.data != place)
        cpu::add_channels(
            {n_, int(in_[i].c), int(out_.h), int(out_.w), int(out_.c), first, int(in_[i].c), 0},
            source(run.out_delta), target(to), run.add[i] != 0, threads_);
      first += int(in_[i].c);
    }
  }

 private:
  std::vector<Shape> in_;
  Shape out_;
  int n_, threads_;
};

class TrainSlice final : public BlockedTrainKernel {
 public:
  TrainSlice(const TrainRequest& request, const Slice& op)
      : BlockedTrainKernel("slice", 1),
        first_(int(op.first)),
        in_(request.parts[0].in_shapes[0]),
        out_(request.parts[0].out_shape),
        n_(int(request.batch)),
        threads_(threads_for(request)) {
    can_repeat = true;
    overwrites = false;  // it gives some channels only
  }
  void forward(const TrainRun& run) const override {
    if (inside(run.in[0], run.out)) return;
    cpu::copy_channels(
        {n_, int(out_.c), int(out_.h), int(out_.w), int(in_.c), first_, int(out_.c), 0},
        source(run.in[0]), target(run.out), threads_);
  }
  void backward(const TrainRun& run) const override {
    const View& to = run.in_delta[0];
    if (!to.data || inside(to, run.out_delta)) return;
    cpu::add_channels(
        {n_, int(out_.c), int(out_.h), int(out_.w), int(out_.c), 0, int(in_.c), first_},
        source(run.out_delta), target(to), true, threads_);
  }

 private:
  bool inside(const View& whole, const View& part) const {
    return first_ % kBlock == 0 &&
           part.data == static_cast<float*>(whole.data) + first_ * in_.plane();
  }
  int first_;
  Shape in_, out_;
  int n_, threads_;
};

class TrainDropout final : public BlockedTrainKernel {
 public:
  TrainDropout(const TrainRequest& request, const Dropout& op)
      : BlockedTrainKernel("dropout", 1), threads_(threads_for(request)) {
    const Shape& s = request.parts[0].out_shape;
    shape_ = {int(request.batch), int(s.c), s.plane(), op.probability};
    kept_bytes = size_t(request.batch * elements(s, Layout::blocked)) / kBlock * sizeof(uint16_t);
    in_place = 0;
    can_repeat = true;
    delta_in_place = 0;
  }
  void forward(const TrainRun& run) const override {
    cpu::drop_forward(shape_, run.seed, source(run.in[0]), target(run.out),
                      static_cast<uint16_t*>(run.kept), threads_);
  }
  void repeat(const TrainRun& run) const override {
    cpu::drop_backward(shape_, static_cast<const uint16_t*>(run.kept), source(run.in[0]),
                       target(run.out), false, threads_);
  }
  void backward(const TrainRun& run) const override {
    if (!run.in_delta[0].data) return;
    cpu::drop_backward(shape_, static_cast<const uint16_t*>(run.kept), source(run.out_delta),
                       target(run.in_delta[0]), run.add[0] != 0, threads_);
  }

 private:
  cpu::DropShape shape_;
  int threads_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_train_activation(const TrainRequest& request) {
  cpu::Act act = cpu::Act::Linear;
  if (request.parts.size() > 1 || !trainable_activation(request.parts[0].op, act)) return nullptr;
  return std::make_unique<TrainActivation>(request, act);
}

std::unique_ptr<TrainKernel> make_train_blocked(const TrainRequest& request) {
  const TrainRequest::Part& part = request.parts[0];
  if (request.parts.size() > 1) return nullptr;
  if (const auto* pool = dynamic_cast<const Pool*>(&part.op)) {
    const bool small = pool->size_y * pool->size_x <= cpu::kMostChosen;
    if (pool->pool != Pool::Kind::max || pool->zero_nonmax || !small) return nullptr;
    return std::make_unique<TrainMaxpool>(request, *pool);
  }
  if (const auto* upsample = dynamic_cast<const Upsample*>(&part.op))
    return std::make_unique<TrainUpsample>(request, *upsample);
  if (dynamic_cast<const Concat*>(&part.op)) return std::make_unique<TrainConcat>(request);
  if (const auto* slice = dynamic_cast<const Slice*>(&part.op))
    return std::make_unique<TrainSlice>(request, *slice);
  if (const auto* dropout = dynamic_cast<const Dropout*>(&part.op))
    return dropout->dropblock ? nullptr : std::make_unique<TrainDropout>(request, *dropout);
  if (part.op.is_plain_sum(part.in_shapes)) return std::make_unique<TrainSum>(request);
  return nullptr;
}

}  // namespace dn
