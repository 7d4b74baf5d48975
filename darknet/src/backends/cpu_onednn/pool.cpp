#include "ops/pool.h"

#include "backends/cpu_onednn/primitives.h"

namespace dn::onednn {

namespace {

class PoolKernel final : public PrimitiveKernel {
 public:
  PoolKernel(const Pool& pool, const dnnl::pooling_forward::primitive_desc& desc) {
    name = std::string("onednn ") + pool.kind();
    in_layouts = {Layout::bf16};
    scratch_bytes = desc.scratchpad_desc().get_size();
    add_step(dnnl::pooling_forward(desc),
             {{DNNL_ARG_SRC, desc.src_desc(), From::input},
              {DNNL_ARG_DST, desc.dst_desc(), From::output},
              {DNNL_ARG_SCRATCHPAD, desc.scratchpad_desc(), From::scratch}});
  }
};

}  // namespace

std::unique_ptr<Kernel> make_pool(const KernelRequest& r) {
  const auto* pool = dynamic_cast<const Pool*>(r.node.op.get());
  if (!pool || pool->zero_nonmax || pool->scale != 1 || !pool->post.empty()) return nullptr;
  const Shape in = r.in_shapes[0];
  const auto behind = [](int64_t size, int64_t out, int64_t window, int64_t stride, int64_t pad) {
    return std::max<int64_t>(0, (out - 1) * stride + window - size - pad);
  };
  const int64_t bottom = behind(in.h, pool->out_h, pool->size_y, pool->stride_y, pool->pad_top);
  const int64_t right = behind(in.w, pool->out_w, pool->size_x, pool->stride_x, pool->pad_left);
  // a window that lies in the padding alone is not for oneDNN
  if (bottom >= pool->size_y || right >= pool->size_x || pool->pad_top >= pool->size_y ||
      pool->pad_left >= pool->size_x)
    return nullptr;
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::pooling_forward::primitive_desc desc(
      cpu_engine(), dnnl::prop_kind::forward_inference,
      pool->pool == Pool::Kind::max ? dnnl::algorithm::pooling_max
                                    : dnnl::algorithm::pooling_avg_exclude_padding,
      description(in, r.batch, Layout::bf16), description(r.out_shape, r.batch, Layout::bf16),
      {pool->stride_y, pool->stride_x}, {pool->size_y, pool->size_x}, {0, 0},
      {pool->pad_top, pool->pad_left}, {bottom, right}, attributes, true);
  if (!desc || !is_fast(desc)) return nullptr;
  return std::make_unique<PoolKernel>(*pool, desc);
}

}  // namespace dn::onednn
