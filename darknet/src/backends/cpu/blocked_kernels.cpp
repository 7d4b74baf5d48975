#include "backends/cpu/blocked_kernels.h"

#include "backends/cpu/conv_kernel.h"
#include "ops/activate.h"
#include "ops/concat.h"
#include "ops/conv.h"
#include "ops/multiply.h"
#include "ops/pool.h"
#include "ops/slice.h"
#include "ops/sum.h"
#include "ops/upsample.h"

namespace dn {

bool fused_activation(Activation activation, cpu::Act& act) {
  switch (activation) {
    case Activation::linear:
      act = cpu::Act::Linear;
      return true;
    case Activation::leaky:
    case Activation::revleaky:
      act = cpu::Act::Leaky;
      return true;
    case Activation::relu:
      act = cpu::Act::Relu;
      return true;
    case Activation::relie:
      act = cpu::Act::Relie;
      return true;
    case Activation::relu6:
      act = cpu::Act::Relu6;
      return true;
    case Activation::logistic:
      act = cpu::Act::Logistic;
      return true;
    case Activation::swish:
      act = cpu::Act::Swish;
      return true;
    case Activation::mish:
      act = cpu::Act::Mish;
      return true;
    case Activation::hard_mish:
      act = cpu::Act::HardMish;
      return true;
    case Activation::hardtan:
      act = cpu::Act::HardTan;
      return true;
    default:
      return false;
  }
}

namespace {

// Every kernel here reads and writes blocked tensors that may be slices of larger ones.
class BlockedKernel : public Kernel {
 public:
  BlockedKernel(const char* name_, size_t inputs) {
    name = name_;
    in_layouts.assign(inputs, Layout::blocked);
    out_layout = Layout::blocked;
    takes_strides = true;
  }
};

class MaxpoolKernel final : public BlockedKernel {
 public:
  MaxpoolKernel(const Pool& op, const Shape& in, const Shape& out, int64_t batch, int threads)
      : BlockedKernel("maxpool", 1) {
    shape_ = {int(batch),       int(in.c),        int(in.h),       int(in.w),
              int(out.h),       int(out.w),       int(op.size_y),  int(op.size_x),
              int(op.stride_y), int(op.stride_x), int(op.pad_top), int(op.pad_left)};
    scratch_bytes = cpu::max_pool_scratch_bytes(shape_, threads);
  }
  void run(const RunArgs& a) const override {
    cpu::max_pool(shape_, source(a.in[0]), target(a.out), a.scratch, a.context.threads);
  }

 private:
  cpu::PoolShape shape_;
};

class UpsampleKernel final : public BlockedKernel {
 public:
  explicit UpsampleKernel(const Upsample& op) : BlockedKernel("upsample", 1), op_(op) {}
  void run(const RunArgs& a) const override {
    const Shape in = a.in_shapes[0];
    cpu::upsample(int(a.batch), int(in.c), int(in.h), int(in.w), int(op_.stride), op_.scale,
                  source(a.in[0]), target(a.out), a.context.threads);
  }

 private:
  Upsample op_;
};

class SumKernel final : public BlockedKernel {
 public:
  explicit SumKernel(size_t inputs) : BlockedKernel("sum", inputs) {}
  void run(const RunArgs& a) const override {
    const Shape s = a.out_shape;
    View so_far = a.in[0];
    for (size_t i = 1; i < a.inputs; ++i) {
      cpu::add(int(a.batch), int(s.c), int(s.h), int(s.w), source(so_far), source(a.in[i]),
               cpu::Act::Linear, target(a.out), a.context.threads);
      so_far = a.out;
    }
  }
};

struct ActivateBlocked {  // padded lanes too: they hold finite numbers and stay so
  const float* in;
  float* out;
  int64_t size, in_stride, out_stride;
  Activation activation;
  DN_HD void operator()(int64_t i) const {
    const int64_t b = i / size, at = i % size;
    out[b * out_stride + at] = activate(activation, in[b * in_stride + at]);
  }
};

class ActivateKernel final : public BlockedKernel {
 public:
  explicit ActivateKernel(Activation activation)
      : BlockedKernel("activation", 1), activation_(activation) {
    fused_ = fused_activation(activation, act_);
  }
  void run(const RunArgs& a) const override {
    const Shape s = a.out_shape;
    if (fused_) {
      cpu::activate(int(a.batch), int(s.c), int(s.h), int(s.w), source(a.in[0]), act_,
                    target(a.out), a.context.threads);
      return;
    }
    activate_blocked(a.context, a.in[0], a.out, s, a.batch, activation_);
  }

 private:
  Activation activation_;
  cpu::Act act_ = cpu::Act::Linear;
  bool fused_;
};

struct MultiplyBlocked {  // one row of 16 lanes
  const float *scale, *image;
  float* out;
  int64_t blocks, plane, scale_stride, image_stride, out_stride;
  bool per_channel, one_channel;

  DN_HD void operator()(int64_t i) const {
    const int64_t p = i % plane, k = i / plane % blocks, b = i / (plane * blocks);
    const float* s = scale + b * scale_stride +
                     (one_channel   ? p
                      : per_channel ? k
                                    : k * plane + p) *
                         kBlock;
    const float* x = image + b * image_stride + (k * plane + p) * kBlock;
    float* y = out + b * out_stride + (k * plane + p) * kBlock;
    for (int lane = 0; lane < kBlock; ++lane) y[lane] = s[one_channel ? 0 : lane] * x[lane];
  }
};

class MultiplyKernel final : public BlockedKernel {
 public:
  MultiplyKernel() : BlockedKernel("multiply", 2) {}
  void run(const RunArgs& a) const override {
    const Shape s = a.in_shapes[0], o = a.out_shape;
    const int64_t blocks = (o.c + kBlock - 1) / kBlock;
    a.context.each(
        a.batch * blocks * o.plane(),
        MultiplyBlocked{static_cast<const float*>(a.in[0].data),
                        static_cast<const float*>(a.in[1].data), static_cast<float*>(a.out.data),
                        blocks, o.plane(), a.in[0].batch_stride, a.in[1].batch_stride,
                        a.out.batch_stride, s.plane() == 1 && s.c == o.c, s.c == 1 && o.c != 1});
  }
};

struct MeanBlocked {  // the mean of a plane, 16 channels at once
  const float* in;
  float* out;
  int64_t blocks, plane, in_stride, out_stride;
  float scale;

  DN_HD void operator()(int64_t i) const {
    const float* x = in + i / blocks * in_stride + i % blocks * plane * kBlock;
    float* y = out + i / blocks * out_stride + i % blocks * kBlock;
    float sums[kBlock] = {0};
    for (int64_t p = 0; p < plane; ++p)
      for (int lane = 0; lane < kBlock; ++lane) sums[lane] += x[p * kBlock + lane];
    for (int lane = 0; lane < kBlock; ++lane) y[lane] = sums[lane] * (scale / float(plane));
  }
};

class MeanKernel final : public BlockedKernel {
 public:
  explicit MeanKernel(float scale) : BlockedKernel("avgpool", 1), scale_(scale) {}
  void run(const RunArgs& a) const override {
    const Shape in = a.in_shapes[0];
    const int64_t blocks = (in.c + kBlock - 1) / kBlock, count = a.batch * blocks;
    const MeanBlocked functor{static_cast<const float*>(a.in[0].data),
                              static_cast<float*>(a.out.data),
                              blocks,
                              in.plane(),
                              a.in[0].batch_stride,
                              a.out.batch_stride,
                              scale_};
#pragma omp parallel for num_threads(a.context.threads) if (count > 1) schedule(static)
    for (int64_t i = 0; i < count; ++i) functor(i);
  }

 private:
  float scale_;
};

class ConcatKernel final : public BlockedKernel {
 public:
  explicit ConcatKernel(size_t inputs) : BlockedKernel("concat", inputs) {}
  void run(const RunArgs& a) const override {
    const Shape o = a.out_shape;
    int first = 0;
    for (size_t i = 0; i < a.inputs; ++i) {
      const int c = int(a.in_shapes[i].c);
      // an input that was placed inside the output has been written there already
      const bool placed = a.in[i].data == static_cast<float*>(a.out.data) + first * o.plane();
      if (!placed)
        cpu::copy_channels({int(a.batch), c, int(o.h), int(o.w), c, 0, int(o.c), first},
                           source(a.in[i]), target(a.out), a.context.threads);
      first += c;
    }
  }
};

class SliceKernel final : public BlockedKernel {
 public:
  explicit SliceKernel(const Slice& op) : BlockedKernel("slice", 1), op_(op) {}
  void run(const RunArgs& a) const override {
    const Shape in = a.in_shapes[0], o = a.out_shape;
    const float* first = static_cast<float*>(a.in[0].data) + op_.first * in.plane();
    if (op_.first % kBlock == 0 && first == a.out.data) return;  // placed inside the input
    cpu::copy_channels(
        {int(a.batch), int(o.c), int(o.h), int(o.w), int(in.c), int(op_.first), int(o.c), 0},
        source(a.in[0]), target(a.out), a.context.threads);
  }

 private:
  Slice op_;
};

bool whole_plane(const Pool& pool, const Shape& in) {
  return pool.pool == Pool::Kind::average && pool.size_y == in.h && pool.size_x == in.w &&
         pool.out_h == 1 && pool.out_w == 1 && pool.pad_top == 0 && pool.pad_left == 0;
}

}  // namespace

void activate_blocked(const Context& context, const View& in, const View& out, const Shape& shape,
                      int64_t batch, Activation activation) {
  const int64_t size = elements(shape, Layout::blocked);
  context.each(batch * size,
               ActivateBlocked{static_cast<const float*>(in.data), static_cast<float*>(out.data),
                               size, in.batch_stride, out.batch_stride, activation});
}

bool reads_blocked(const Op& op, const std::vector<Shape>& in) {
  if (const auto* conv = dynamic_cast<const Conv*>(&op)) return conv_reads_blocked(*conv, in[0]);
  if (const auto* pool = dynamic_cast<const Pool*>(&op))
    return whole_plane(*pool, in[0]) || (pool->pool == Pool::Kind::max && !pool->zero_nonmax);
  return dynamic_cast<const Upsample*>(&op) || dynamic_cast<const Activate*>(&op) ||
         dynamic_cast<const Multiply*>(&op) || dynamic_cast<const Concat*>(&op) ||
         dynamic_cast<const Slice*>(&op) || op.is_plain_sum(in);
}

std::unique_ptr<Kernel> make_blocked_kernel(const KernelRequest& r) {
  const Op& op = *r.node.op;
  if (!op.post.empty() || !reads_blocked(op, r.in_shapes)) return nullptr;
  if (const auto* pool = dynamic_cast<const Pool*>(&op)) {
    if (pool->pool == Pool::Kind::average) return std::make_unique<MeanKernel>(pool->scale);
    return std::make_unique<MaxpoolKernel>(*pool, r.in_shapes[0], r.out_shape, r.batch, r.threads);
  }
  if (const auto* upsample = dynamic_cast<const Upsample*>(&op))
    return std::make_unique<UpsampleKernel>(*upsample);
  if (const auto* activate = dynamic_cast<const Activate*>(&op))
    return std::make_unique<ActivateKernel>(activate->activation);
  if (dynamic_cast<const Multiply*>(&op)) return std::make_unique<MultiplyKernel>();
  if (dynamic_cast<const Concat*>(&op)) return std::make_unique<ConcatKernel>(r.in_shapes.size());
  if (const auto* slice = dynamic_cast<const Slice*>(&op))
    return std::make_unique<SliceKernel>(*slice);
  if (op.is_plain_sum(r.in_shapes)) return std::make_unique<SumKernel>(r.in_shapes.size());
  return nullptr;
}

}  // namespace dn
