#include "backends/cpu/conv_kernel.h"

#include "backends/cpu/blocked_kernels.h"

namespace dn {

namespace {

cpu::ConvDesc description(const Conv& conv, const Shape& in, int64_t batch, double weight_price) {
  cpu::ConvDesc desc;
  desc.weight_price = weight_price;
  desc.shape = {int(batch),        int(in.c),          int(in.h),          int(in.w),
                int(conv.filters), int(conv.out_h),    int(conv.out_w),    int(conv.size_y),
                int(conv.size_x),  int(conv.stride_y), int(conv.stride_x), int(conv.dilation),
                int(conv.pad_top), int(conv.pad_left), int(conv.groups)};
  return desc;
}

// The convolution of an image with few channels reads it as it is.
cpu::ConvPlan plan_for(const Conv& conv, const Shape& in, int64_t batch, double weight_price,
                       bool plain_dst, bool int16_products) {
  cpu::ConvDesc desc = description(conv, in, batch, weight_price);
  desc.int16_products = int16_products;
  if (in.c <= 4 && conv.groups == 1) {
    desc.plain_src = true;
    const cpu::ConvPlan first = cpu::plan_conv(desc);
    if (first.desc.algo != cpu::ConvAlgo::Unsupported) return first;
    desc.plain_src = false;
  }
  if (plain_dst) {
    desc.plain_dst = true;
    const cpu::ConvPlan head = cpu::plan_conv(desc);
    if (head.desc.algo != cpu::ConvAlgo::Unsupported) return head;
    desc.plain_dst = false;
  }
  return cpu::plan_conv(desc);
}

const char* name_of(const cpu::ConvDesc& desc) {
  switch (desc.algo) {
    case cpu::ConvAlgo::Direct:
      return "conv direct";
    case cpu::ConvAlgo::DirectInt16:
      return "conv direct int16";
    case cpu::ConvAlgo::First:
      return "conv first";
    case cpu::ConvAlgo::Depthwise:
      return "conv depthwise";
    case cpu::ConvAlgo::Winograd2:
      return desc.bf16_products ? "conv winograd 2x2 bf16" : "conv winograd 2x2";
    case cpu::ConvAlgo::Winograd4:
      return "conv winograd 4x4";
    case cpu::ConvAlgo::WinogradStride2:
      return "conv winograd stride 2";
    default:
      return "conv";
  }
}

class ConvKernel final : public Kernel {
 public:
  ConvKernel(const KernelRequest& r, const Conv& conv, const cpu::ConvPlan& plan)
      : plan_(plan), post_(conv.post) {
    name = name_of(plan.desc);
    int16_products = plan.desc.algo == cpu::ConvAlgo::DirectInt16;
    const Layout usual = plan.desc.bf16 ? Layout::bf16 : Layout::blocked;
    in_layouts.assign(r.in_shapes.size(), usual);
    if (plan.desc.plain_src) in_layouts[0] = Layout::plain;
    out_layout = plan.desc.plain_dst ? Layout::plain : usual;
    takes_strides = !plan.desc.bf16;
    scratch_bytes = cpu::conv_scratch_bytes(plan, r.threads);
    const std::string key = std::string(name) + " " + std::to_string(plan.packed_bytes) +
                            (plan.desc.plain_dst ? " plain" : "") + conv.variant();
    packed_ = r.cache.get({conv.identity(), key}, plan.packed_bytes, [&](Buffer& buffer) {
      const std::vector<Constant> constants = conv.constants();
      cpu::pack_conv(plan, constants[0].values.data(), constants[1].values.data(),
                     buffer.as<void>(), r.threads);
    });
    fuse();
  }

  void run(const RunArgs& a) const override {
    cpu::run_conv(plan_, packed_->as<void>(), source(a.in[0]), target(a.out), epilogue(a),
                  a.scratch, a.context.threads);
    size_t extra = adds_ ? 2 : 1;
    const Shape s = a.out_shape;
    for (size_t i = fused_; i < post_.size(); ++i) {
      if (post_[i].kind == Post::Kind::add)
        cpu::add(int(a.batch), int(s.c), int(s.h), int(s.w), source(a.out), source(a.in[extra++]),
                 cpu::Act::Linear, target(a.out), a.context.threads);
      else
        activate_blocked(a.context, a.out, a.out, s, a.batch, post_[i].activation);
    }
  }

  // Whether everything behind the sum is done by the kernel itself.
  bool all_fused() const { return fused_ == post_.size(); }

  // Whether it adds another input, the second one.
  bool adds() const { return adds_; }
  const cpu::ConvPlan& plan() const { return plan_; }
  const void* packed() const { return packed_->as<void>(); }
  cpu::Epilogue epilogue(const RunArgs& a) const {
    cpu::Epilogue epilogue = epilogue_;
    if (adds_) {
      epilogue.residual = static_cast<const float*>(a.in[1].data);
      epilogue.residual_stride = a.in[1].batch_stride;
    }
    return epilogue;
  }

 private:
  // activation, sum, activation: as far as the posts go that way with fusable activations
  void fuse() {
    size_t i = 0;
    if (i < post_.size() && post_[i].kind == Post::Kind::activation) {
      if (!fused_activation(post_[i].activation, epilogue_.act)) return;
      fused_ = ++i;
    }
    if (i < post_.size() && post_[i].kind == Post::Kind::add) {
      adds_ = true;
      fused_ = ++i;
      if (i < post_.size() && post_[i].kind == Post::Kind::activation &&
          fused_activation(post_[i].activation, epilogue_.act_after_residual))
        fused_ = ++i;
    }
  }

  cpu::ConvPlan plan_;
  std::vector<Post> post_;
  cpu::Epilogue epilogue_;
  bool adds_ = false;
  size_t fused_ = 0;
  std::shared_ptr<const Buffer> packed_;
};

class ChainKernel final : public Kernel {
 public:
  ChainKernel(std::vector<std::unique_ptr<ConvKernel>> convs, const cpu::ChainPlan& plan,
              int threads)
      : convs_(std::move(convs)), plan_(plan) {
    name = "conv chain";
    in_layouts = convs_.front()->in_layouts;
    if (convs_.back()->adds()) in_layouts.push_back(Layout::blocked);
    out_layout = Layout::blocked;
    takes_strides = true;
    scratch_bytes = plan.scratch_bytes * size_t(threads);
    for (const auto& conv : convs_) {
      packed_.push_back(conv->packed());
      int16_products = int16_products || conv->int16_products;
    }
  }

  void run(const RunArgs& a) const override {
    cpu::Epilogue epilogues[cpu::kMostChained];
    for (size_t i = 0; i < convs_.size(); ++i) epilogues[i] = convs_[i]->epilogue(a);
    cpu::run_chain(plan_, packed_.data(), source(a.in[0]), target(a.out), epilogues, a.scratch,
                   a.context.threads);
  }

 private:
  std::vector<std::unique_ptr<ConvKernel>> convs_;
  cpu::ChainPlan plan_;
  std::vector<const void*> packed_;
};

}  // namespace

bool conv_reads_blocked(const Conv& conv, const Shape& in) {
  const cpu::ConvPlan plan = plan_for(conv, in, 1, 0, false, false);
  return plan.desc.algo != cpu::ConvAlgo::Unsupported && !plan.desc.plain_src;
}

size_t packed_bytes(const Conv& conv, const Shape& in, int64_t batch, double weight_price) {
  return plan_for(conv, in, batch, weight_price, false, false).packed_bytes;
}

std::unique_ptr<Kernel> make_conv_kernel(const KernelRequest& r, double weight_price,
                                         bool int16_products) {
  const auto* conv = dynamic_cast<const Conv*>(r.node.op.get());
  if (!conv) return nullptr;
  bool adds = false;
  for (const Post& post : conv->post) adds = adds || post.kind == Post::Kind::add;
  const bool plain_dst = r.wanted == Layout::plain && !adds;
  const Shape& in = r.in_shapes[0];
  cpu::ConvPlan plan = plan_for(*conv, in, r.batch, weight_price, plain_dst, int16_products);
  if (plan.desc.algo == cpu::ConvAlgo::Unsupported) return nullptr;
  auto kernel = std::make_unique<ConvKernel>(r, *conv, plan);
  if (plan.desc.plain_dst && !kernel->all_fused()) {
    plan = plan_for(*conv, in, r.batch, weight_price, false, int16_products);
    kernel = std::make_unique<ConvKernel>(r, *conv, plan);
  }
  return kernel;
}

std::unique_ptr<Kernel> make_conv_chain(const std::vector<KernelRequest>& requests,
                                        double weight_price, bool int16_products) {
  if (requests.back().wanted == Layout::plain) return nullptr;
  std::vector<cpu::ConvPlan> plans;
  for (const KernelRequest& r : requests) {
    const auto* conv = dynamic_cast<const Conv*>(r.node.op.get());
    if (!conv) return nullptr;
    plans.push_back(plan_for(*conv, r.in_shapes[0], r.batch, weight_price, false, int16_products));
  }
  const cpu::ChainPlan plan = cpu::plan_chain(plans.data(), int(plans.size()), requests[0].threads);
  if (plan.count == 0) return nullptr;
  std::vector<std::unique_ptr<ConvKernel>> convs;
  for (size_t i = 0; i < requests.size(); ++i) {
    const auto* conv = dynamic_cast<const Conv*>(requests[i].node.op.get());
    convs.push_back(std::make_unique<ConvKernel>(requests[i], *conv, plans[i]));
    const bool last = i + 1 == requests.size();
    if (!convs[i]->all_fused() || (convs[i]->adds() && !last)) return nullptr;
  }
  return std::make_unique<ChainKernel>(std::move(convs), plan, requests[0].threads);
}

std::unique_ptr<Kernel> make_bf16_winograd(const KernelRequest& r) {
  const auto* conv = dynamic_cast<const Conv*>(r.node.op.get());
  if (!conv) return nullptr;
  cpu::ConvDesc desc = description(*conv, r.in_shapes[0], r.batch, 25);
  desc.bf16 = true;
  const cpu::ConvPlan plan = cpu::plan_conv(desc);
  if (plan.desc.algo == cpu::ConvAlgo::Unsupported) return nullptr;
  auto kernel = std::make_unique<ConvKernel>(r, *conv, plan);
  return kernel->all_fused() ? std::move(kernel) : nullptr;
}

}  // namespace dn
