// The backend of processors that multiply bfloat16 in hardware: bf16 NHWC tensors between oneDNN
// primitives. What oneDNN has nothing fast for, the hand-made f32 kernels do.
#include "backends/cpu/conv_kernel.h"
#include "backends/cpu_onednn/channel_means.h"
#include "backends/cpu_onednn/primitives.h"
#include "ops/activate.h"
#include "ops/concat.h"
#include "ops/conv.h"
#include "ops/multiply.h"
#include "ops/pool.h"
#include "ops/slice.h"
#include "ops/sum.h"
#include "ops/upsample.h"

namespace dn {

namespace {

bool multiplies_bf16(dnnl::cpu_isa isa) {
  using Isa = dnnl::cpu_isa;
  switch (isa) {
    case Isa::avx512_core_bf16:
    case Isa::avx512_core_fp16:  // stands above bf16
    case Isa::avx512_core_amx:
    case Isa::avx512_core_amx_fp16:
      return true;
    default:
      return false;
  }
}

class OneDnnBackend final : public Backend {
 public:
  explicit OneDnnBackend(dnnl::cpu_isa isa)
      : f32_(make_cpu_backend(false)),
        has_amx_(isa == dnnl::cpu_isa::avx512_core_amx ||
                 isa == dnnl::cpu_isa::avx512_core_amx_fp16) {}

  const char* name() const override { return "onednn"; }
  Layout layout() const override { return Layout::bf16; }
  void study(const Graph& graph, int64_t) override { means_ = onednn::channel_means(graph); }

  Layout reads(const Op& op, const std::vector<Shape>& in) const override {
    const bool here = dynamic_cast<const Conv*>(&op) || dynamic_cast<const Pool*>(&op) ||
                      dynamic_cast<const Multiply*>(&op) || dynamic_cast<const Activate*>(&op) ||
                      dynamic_cast<const Concat*>(&op) || dynamic_cast<const Slice*>(&op) ||
                      dynamic_cast<const Upsample*>(&op) || op.is_plain_sum(in);
    return here ? Layout::bf16 : f32_->reads(op, in);
  }

  std::unique_ptr<Kernel> make(const KernelRequest& request) const override {
    // AMX multiplies so fast that no Winograd in f32 can keep up
    if (!has_amx_ && request.wanted != Layout::plain)
      if (auto kernel = make_bf16_winograd(request)) return kernel;
    if (dynamic_cast<const Conv*>(request.node.op.get()))
      if (auto kernel = onednn::make_conv(request, means_[size_t(request.node.inputs[0])]))
        return kernel;
    for (const auto& maker : {onednn::make_pool, onednn::make_sum, onednn::make_multiply,
                              onednn::make_activation, onednn::make_copy})
      if (auto kernel = maker(request)) return kernel;
    return f32_->make(request);
  }

  std::unique_ptr<Kernel> convert(Layout from, Layout to) const override {
    if (auto kernel = f32_->convert(from, to)) return kernel;
    return onednn::make_convert(from, to);
  }

 private:
  std::unique_ptr<Backend> f32_;
  bool has_amx_;
  std::vector<std::vector<float>> means_;
};

}  // namespace

std::unique_ptr<Backend> make_onednn_backend() {
  const dnnl::cpu_isa isa = dnnl::get_effective_cpu_isa();
  if (!multiplies_bf16(isa)) return nullptr;
  return std::make_unique<OneDnnBackend>(isa);
}

const char* onednn_version() {
  static const std::string version = [] {
    const dnnl_version_t* v = dnnl_version();
    return std::to_string(v->major) + "." + std::to_string(v->minor) + "." +
           std::to_string(v->patch);
  }();
  return version.c_str();
}

}  // namespace dn
