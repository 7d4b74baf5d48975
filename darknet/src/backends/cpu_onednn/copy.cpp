// Concatenations, slices and enlargements of bf16 NHWC tensors: runs of channels copied. oneDNN's
// convolutions read and write dense tensors only, so these cannot be had for nothing here.
#include <cstring>

#include "backends/cpu_onednn/primitives.h"
#include "ops/concat.h"
#include "ops/slice.h"
#include "ops/upsample.h"

namespace dn::onednn {

namespace {

using Number = uint16_t;  // a bf16, only moved

class ConcatKernel final : public Kernel {
 public:
  explicit ConcatKernel(size_t inputs) {
    name = "concat";
    in_layouts.assign(inputs, Layout::bf16);
    out_layout = Layout::bf16;
  }
  void run(const RunArgs& a) const override {
    const int64_t pixels = a.batch * a.out_shape.plane(), c = a.out_shape.c;
    Number* out = static_cast<Number*>(a.out.data);
#pragma omp parallel for num_threads(a.context.threads) schedule(static)
    for (int64_t p = 0; p < pixels; ++p) {
      Number* to = out + p * c;
      for (size_t i = 0; i < a.inputs; ++i) {
        const int64_t part = a.in_shapes[i].c;
        std::memcpy(to, static_cast<const Number*>(a.in[i].data) + p * part,
                    size_t(part) * sizeof(Number));
        to += part;
      }
    }
  }
};

class SliceKernel final : public Kernel {
 public:
  explicit SliceKernel(const Slice& op) : first_(op.first) {
    name = "slice";
    in_layouts = {Layout::bf16};
    out_layout = Layout::bf16;
  }
  void run(const RunArgs& a) const override {
    const int64_t pixels = a.batch * a.out_shape.plane(), c = a.out_shape.c, all = a.in_shapes[0].c;
    const Number* in = static_cast<const Number*>(a.in[0].data) + first_;
    Number* out = static_cast<Number*>(a.out.data);
#pragma omp parallel for num_threads(a.context.threads) schedule(static)
    for (int64_t p = 0; p < pixels; ++p)
      std::memcpy(out + p * c, in + p * all, size_t(c) * sizeof(Number));
  }

 private:
  int64_t first_;
};

class UpsampleKernel final : public Kernel {
 public:
  explicit UpsampleKernel(const Upsample& op) : stride_(op.stride) {
    name = "upsample";
    in_layouts = {Layout::bf16};
    out_layout = Layout::bf16;
  }
  void run(const RunArgs& a) const override {
    const Shape in = a.in_shapes[0];
    const int64_t rows = a.batch * in.h * stride_, c = in.c, wide = in.w * stride_;
    const Number* from = static_cast<const Number*>(a.in[0].data);
    Number* to = static_cast<Number*>(a.out.data);
#pragma omp parallel for num_threads(a.context.threads) schedule(static)
    for (int64_t row = 0; row < rows; ++row)  // the rows of the batch's images follow each other
      for (int64_t x = 0; x < wide; ++x)
        std::memcpy(to + (row * wide + x) * c, from + (row / stride_ * in.w + x / stride_) * c,
                    size_t(c) * sizeof(Number));
  }

 private:
  int64_t stride_;
};

}  // namespace

std::unique_ptr<Kernel> make_copy(const KernelRequest& r) {
  const Op& op = *r.node.op;
  if (!op.post.empty()) return nullptr;
  if (dynamic_cast<const Concat*>(&op)) return std::make_unique<ConcatKernel>(r.in_shapes.size());
  if (const auto* slice = dynamic_cast<const Slice*>(&op))
    return std::make_unique<SliceKernel>(*slice);
  if (const auto* upsample = dynamic_cast<const Upsample*>(&op))
    if (upsample->scale == 1) return std::make_unique<UpsampleKernel>(*upsample);
  return nullptr;
}

}  // namespace dn::onednn
