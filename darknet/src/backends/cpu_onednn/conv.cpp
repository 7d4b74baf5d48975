#include "ops/conv.h"

#include <cstring>

#include "backends/cpu_onednn/primitives.h"

namespace dn::onednn {

namespace {

using dnnl::memory;

// Padding behind the last row or column, so that `out` windows fit.
int64_t padding_behind(int64_t in, int64_t out, int64_t size, int64_t stride, int64_t dilation,
                       int64_t before) {
  const int64_t covered = (out - 1) * stride + dilation * (size - 1) + 1;
  return std::max<int64_t>(0, covered - in - before);
}

// A layout in words: equal for equal ones.
std::string text_of(const memory::desc& desc) {
  std::string text;
  for (const memory::dims& numbers :
       {desc.get_strides(), desc.get_padded_dims(), desc.get_inner_blks(), desc.get_inner_idxs()}) {
    text += ' ';
    for (const int64_t number : numbers) text += std::to_string(number) + ',';
  }
  return text;
}

float rounded_to_bf16(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u;
  std::memcpy(&x, &bits, sizeof bits);
  return x;
}

// What a filter's output loses on average because its weights are rounded. The filter reads the
// channels from `first` on.
float lost_by_rounding(const float* weights, int64_t taps, int64_t window,
                       const std::vector<float>& means, int64_t first) {
  if (means.empty()) return 0;
  double lost = 0;
  for (int64_t i = 0; i < taps; ++i)
    lost += double(weights[i] - rounded_to_bf16(weights[i])) *
            double(means[size_t(first + i / window)]);
  return float(lost);
}

dnnl::convolution_forward::primitive_desc conv_desc(const Conv& conv, const KernelRequest& r,
                                                    const memory::desc& target) {
  const Shape in = r.in_shapes[0];
  const int64_t g = conv.groups;
  const memory::dims weight_dims =
      g == 1 ? memory::dims{conv.filters, in.c, conv.size_y, conv.size_x}
             : memory::dims{g, conv.filters / g, in.c / g, conv.size_y, conv.size_x};
  dnnl::post_ops posts;
  for (const Post& post : conv.post) {
    if (post.kind == Post::Kind::add) {
      posts.append_binary(dnnl::algorithm::binary_add,
                          description(r.out_shape, r.batch, Layout::bf16));
      continue;
    }
    dnnl::algorithm algorithm;
    float alpha, beta;
    if (!eltwise_of(post.activation, algorithm, alpha, beta)) return {};
    posts.append_eltwise(algorithm, alpha, beta);
  }
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attributes.set_post_ops(posts);
  return dnnl::convolution_forward::primitive_desc(
      cpu_engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
      description(in, r.batch, Layout::bf16),
      memory::desc(weight_dims, memory::data_type::bf16, memory::format_tag::any),
      memory::desc({conv.filters}, memory::data_type::f32, memory::format_tag::x), target,
      {conv.stride_y, conv.stride_x}, {conv.dilation - 1, conv.dilation - 1},
      {conv.pad_top, conv.pad_left},
      {padding_behind(in.h, conv.out_h, conv.size_y, conv.stride_y, conv.dilation, conv.pad_top),
       padding_behind(in.w, conv.out_w, conv.size_x, conv.stride_x, conv.dilation, conv.pad_left)},
      attributes, true);
}

class ConvKernel final : public PrimitiveKernel {
 public:
  // to_plain: the output becomes f32 NCHW, and is nowhere rounded to bf16: the heads' input
  ConvKernel(const KernelRequest& r, const Conv& conv,
             const dnnl::convolution_forward::primitive_desc& desc, bool to_plain,
             const std::vector<float>& input_means) {
    name = std::string("onednn ") + desc.impl_info_str();
    in_layouts.assign(r.in_shapes.size(), Layout::bf16);
    pack(r, conv, desc, input_means);
    const size_t pad = (desc.scratchpad_desc().get_size() + 63) / 64 * 64;
    std::vector<Argument> arguments{
        {DNNL_ARG_SRC, desc.src_desc(), From::input},
        {DNNL_ARG_WEIGHTS, desc.weights_desc(), From::constant, 0, weights_->as<void>()},
        {DNNL_ARG_BIAS, desc.bias_desc(), From::constant, 0, biases_->as<void>()},
        {DNNL_ARG_SCRATCHPAD, desc.scratchpad_desc(), From::scratch, 0}};
    size_t extra = 1;
    for (size_t i = 0; i < conv.post.size(); ++i)
      if (conv.post[i].kind == Post::Kind::add)
        arguments.push_back({DNNL_ARG_ATTR_MULTIPLE_POST_OP(int(i)) | DNNL_ARG_SRC_1,
                             description(r.out_shape, r.batch, Layout::bf16), From::input,
                             extra++});
    scratch_bytes = pad;
    if (!to_plain) {
      arguments.push_back({DNNL_ARG_DST, desc.dst_desc(), From::output});
      add_step(dnnl::convolution_forward(desc), arguments);
      return;
    }
    arguments.push_back({DNNL_ARG_DST, desc.dst_desc(), From::scratch, pad});
    add_step(dnnl::convolution_forward(desc), arguments);
    scratch_bytes += desc.dst_desc().get_size();
    out_layout = Layout::plain;
    const memory::desc plain = description(r.out_shape, r.batch, Layout::plain);
    add_step(
        dnnl::reorder(
            dnnl::reorder::primitive_desc(cpu_engine(), desc.dst_desc(), cpu_engine(), plain)),
        {{DNNL_ARG_FROM, desc.dst_desc(), From::scratch, pad}, {DNNL_ARG_TO, plain, From::output}});
  }

 private:
  void pack(const KernelRequest& r, const Conv& conv,
            const dnnl::convolution_forward::primitive_desc& desc,
            const std::vector<float>& input_means) {
    const memory::desc packed = desc.weights_desc();
    std::vector<Constant> constants;
    const auto constant = [&](size_t i) -> std::vector<float>& {
      if (constants.empty()) constants = conv.constants();
      return constants[i].values;
    };
    weights_ = r.cache.get(
        {conv.identity(), "onednn" + conv.variant() + text_of(packed)}, packed.get_size(),
        [&](Buffer& buffer) {
          const memory::dims dims = packed.get_dims();
          const auto tag = dims.size() == 4 ? memory::format_tag::oihw : memory::format_tag::goihw;
          memory from({dims, memory::data_type::f32, tag}, cpu_engine(), constant(0).data());
          memory to(packed, cpu_engine(), buffer.as<void>());
          dnnl::stream stream(cpu_engine());
          dnnl::reorder(from, to).execute(stream, from, to);
          stream.wait();
        });
    const size_t bytes = size_t(conv.filters) * sizeof(float);
    // not shared: two convolutions with the same weights may read different tensors
    biases_ = r.cache.get({nullptr, ""}, bytes, [&](Buffer& buffer) {
      const std::vector<float>&weights = constant(0), &biases = constant(1);
      const int64_t taps = int64_t(weights.size()) / conv.filters;
      for (int64_t k = 0; k < conv.filters; ++k)
        buffer.as<float>()[k] =
            biases[size_t(k)] +
            lost_by_rounding(&weights[size_t(k * taps)], taps, conv.size_y * conv.size_x,
                             input_means,
                             k / (conv.filters / conv.groups) * r.in_shapes[0].c / conv.groups);
    });
  }

  std::shared_ptr<const Buffer> weights_, biases_;
};

}  // namespace

std::unique_ptr<Kernel> make_conv(const KernelRequest& r, const std::vector<float>& input_means) {
  const auto* conv = dynamic_cast<const Conv*>(r.node.op.get());
  if (!conv) return nullptr;
  bool adds = false;
  for (const Post& post : conv->post) adds = adds || post.kind == Post::Kind::add;
  const bool to_plain = r.wanted == Layout::plain && !adds;
  const auto desc = conv_desc(*conv, r,
                              to_plain ? description_f32_nhwc(r.out_shape, r.batch)
                                       : description(r.out_shape, r.batch, Layout::bf16));
  if (!desc || !is_fast(desc)) return nullptr;
  return std::make_unique<ConvKernel>(r, *conv, desc, to_plain, input_means);
}

}  // namespace dn::onednn
