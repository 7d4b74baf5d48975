// Sums, products, activations and changes of layout.
#include "backends/cpu_onednn/primitives.h"
#include "ops/activate.h"
#include "ops/multiply.h"
#include "ops/sum.h"

namespace dn::onednn {

bool eltwise_of(Activation activation, dnnl::algorithm& algorithm, float& alpha, float& beta) {
  using A = dnnl::algorithm;
  alpha = beta = 0;
  switch (activation) {
    case Activation::linear:
      algorithm = A::eltwise_linear;
      alpha = 1;
      return true;
    case Activation::relu:
      algorithm = A::eltwise_relu;
      return true;
    case Activation::leaky:
    case Activation::revleaky:
      algorithm = A::eltwise_relu;
      alpha = 0.1f;
      return true;
    case Activation::relie:
      algorithm = A::eltwise_relu;
      alpha = 0.01f;
      return true;
    case Activation::relu6:
      algorithm = A::eltwise_clip;
      beta = 6;
      return true;
    case Activation::hardtan:
      algorithm = A::eltwise_clip;
      alpha = -1;
      beta = 1;
      return true;
    case Activation::logistic:
      algorithm = A::eltwise_logistic;
      return true;
    case Activation::tanh:
      algorithm = A::eltwise_tanh;
      return true;
    case Activation::elu:
      algorithm = A::eltwise_elu;
      alpha = 1;
      return true;
    case Activation::swish:
      algorithm = A::eltwise_swish;
      alpha = 1;
      return true;
    case Activation::mish:
      algorithm = A::eltwise_mish;
      return true;
    default:
      return false;
  }
}

namespace {

dnnl::primitive_attr own_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

class BinaryKernel final : public PrimitiveKernel {
 public:
  // order: which of the node's inputs is the first, which the second operand of each step
  BinaryKernel(const char* name_, size_t inputs,
               const std::vector<dnnl::binary::primitive_desc>& steps,
               const std::vector<std::pair<int, size_t>>& operands) {
    name = name_;
    in_layouts.assign(inputs, Layout::bf16);
    for (size_t i = 0; i < steps.size(); ++i) {
      const auto& desc = steps[i];
      const auto [first, second] = operands[i];
      scratch_bytes = std::max(scratch_bytes, desc.scratchpad_desc().get_size());
      add_step(dnnl::binary(desc),
               {{DNNL_ARG_SRC_0, desc.src0_desc(), first < 0 ? From::output : From::input,
                 first < 0 ? 0 : size_t(first)},
                {DNNL_ARG_SRC_1, desc.src1_desc(), From::input, second},
                {DNNL_ARG_DST, desc.dst_desc(), From::output},
                {DNNL_ARG_SCRATCHPAD, desc.scratchpad_desc(), From::scratch}});
    }
  }
};

class EltwiseKernel final : public PrimitiveKernel {
 public:
  explicit EltwiseKernel(const dnnl::eltwise_forward::primitive_desc& desc) {
    name = "onednn activation";
    in_layouts = {Layout::bf16};
    scratch_bytes = desc.scratchpad_desc().get_size();
    add_step(dnnl::eltwise_forward(desc),
             {{DNNL_ARG_SRC, desc.src_desc(), From::input},
              {DNNL_ARG_DST, desc.dst_desc(), From::output},
              {DNNL_ARG_SCRATCHPAD, desc.scratchpad_desc(), From::scratch}});
  }
};

// Made when it first runs: only then its shape is known.
class ConvertKernel final : public Kernel {
 public:
  ConvertKernel(Layout from, Layout to) {
    static const char* const names[] = {"plain", "blocked", "bf16"};
    name = std::string("onednn to ") + names[int(to)];
    in_layouts = {from};
    out_layout = to;
  }

  void run(const RunArgs& a) const override {
    if (!reorder_) reorder_ = std::make_unique<Reorder>(a, in_layouts[0], out_layout);
    reorder_->run(a);
  }

 private:
  class Reorder final : public PrimitiveKernel {
   public:
    Reorder(const RunArgs& a, Layout from, Layout to) {
      const auto source = description(a.out_shape, a.batch, from);
      const auto target = description(a.out_shape, a.batch, to);
      add_step(
          dnnl::reorder(dnnl::reorder::primitive_desc(cpu_engine(), source, cpu_engine(), target)),
          {{DNNL_ARG_FROM, source, From::input}, {DNNL_ARG_TO, target, From::output}});
    }
  };
  mutable std::unique_ptr<Reorder> reorder_;
};

}  // namespace

std::unique_ptr<Kernel> make_sum(const KernelRequest& r) {
  const Op& op = *r.node.op;
  if (!dynamic_cast<const Sum*>(&op) || !op.is_plain_sum(r.in_shapes) || !op.post.empty() ||
      r.in_shapes.size() < 2)
    return nullptr;
  const auto tensor = description(r.out_shape, r.batch, Layout::bf16);
  const dnnl::binary::primitive_desc desc(cpu_engine(), dnnl::algorithm::binary_add, tensor, tensor,
                                          tensor, own_scratchpad(), true);
  if (!desc || !is_fast(desc)) return nullptr;
  std::vector<std::pair<int, size_t>> operands{{0, 1}};
  for (size_t i = 2; i < r.in_shapes.size(); ++i) operands.push_back({-1, i});
  return std::make_unique<BinaryKernel>(
      "onednn sum", r.in_shapes.size(),
      std::vector<dnnl::binary::primitive_desc>(operands.size(), desc), operands);
}

std::unique_ptr<Kernel> make_multiply(const KernelRequest& r) {
  if (!dynamic_cast<const Multiply*>(r.node.op.get()) || !r.node.op->post.empty()) return nullptr;
  const auto image = description(r.in_shapes[1], r.batch, Layout::bf16);
  const auto scale = description(r.in_shapes[0], r.batch, Layout::bf16);
  const auto out = description(r.out_shape, r.batch, Layout::bf16);
  const dnnl::binary::primitive_desc desc(cpu_engine(), dnnl::algorithm::binary_mul, image, scale,
                                          out, own_scratchpad(), true);
  if (!desc || !is_fast(desc)) return nullptr;
  return std::make_unique<BinaryKernel>("onednn multiply", 2,
                                        std::vector<dnnl::binary::primitive_desc>{desc},
                                        std::vector<std::pair<int, size_t>>{{1, 0}});
}

std::unique_ptr<Kernel> make_activation(const KernelRequest& r) {
  const auto* activate = dynamic_cast<const Activate*>(r.node.op.get());
  dnnl::algorithm algorithm;
  float alpha, beta;
  if (!activate || !activate->post.empty() ||
      !eltwise_of(activate->activation, algorithm, alpha, beta))
    return nullptr;
  const auto tensor = description(r.out_shape, r.batch, Layout::bf16);
  const dnnl::eltwise_forward::primitive_desc desc(cpu_engine(), dnnl::prop_kind::forward_inference,
                                                   algorithm, tensor, tensor, alpha, beta,
                                                   own_scratchpad(), true);
  if (!desc || !is_fast(desc)) return nullptr;
  return std::make_unique<EltwiseKernel>(desc);
}

std::unique_ptr<Kernel> make_convert(Layout from, Layout to) {
  return std::make_unique<ConvertKernel>(from, to);
}

}  // namespace dn::onednn
