// What the kernels made of oneDNN primitives share.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

#include "backends/kernel.h"

namespace dn::onednn {

const dnnl::engine& cpu_engine();

// The description of a batch of tensors in a layout, or of f32 NHWC where no layout is named.
dnnl::memory::desc description(const Shape& shape, int64_t batch, Layout layout);
dnnl::memory::desc description_f32_nhwc(const Shape& shape, int64_t batch);

// Whether oneDNN has more than its slow reference code for this primitive.
bool is_fast(const dnnl::primitive_desc_base& primitive);

// A kernel that executes primitives, one after the other.
class PrimitiveKernel : public Kernel {
 public:
  PrimitiveKernel();
  void run(const RunArgs& args) const override;

 protected:
  // Where the memory of an argument comes from.
  enum class From { input, output, scratch, constant };

  struct Argument {
    int id;  // DNNL_ARG_*
    dnnl::memory::desc desc;
    From from;
    size_t index = 0;                // input: which; scratch: offset in bytes
    const void* constant = nullptr;  // constant: the data
  };

  void add_step(const dnnl::primitive& primitive, const std::vector<Argument>& arguments);

 private:
  struct Bound {
    Argument argument;
    dnnl::memory memory;
  };
  struct PrimitiveStep {
    dnnl::primitive primitive;
    std::vector<Bound> bound;
    std::vector<dnnl_exec_arg_t> list;
  };
  std::vector<PrimitiveStep> steps_;
  dnnl::stream stream_;
};

// Each returns nullptr where oneDNN has no fast primitive for the node.
// input_means: of the channels of the first input, to make up for rounded weights; empty: unknown.
std::unique_ptr<Kernel> make_conv(const KernelRequest& request,
                                  const std::vector<float>& input_means);
std::unique_ptr<Kernel> make_pool(const KernelRequest& request);
std::unique_ptr<Kernel> make_sum(const KernelRequest& request);
std::unique_ptr<Kernel> make_multiply(const KernelRequest& request);
std::unique_ptr<Kernel> make_activation(const KernelRequest& request);
std::unique_ptr<Kernel> make_convert(Layout from, Layout to);
// Concatenations, slices and enlargements: memory copied by our own code.
std::unique_ptr<Kernel> make_copy(const KernelRequest& request);

// The eltwise algorithm of an activation, with its parameters; false where there is none.
bool eltwise_of(Activation activation, dnnl::algorithm& algorithm, float& alpha, float& beta);

}  // namespace dn::onednn
