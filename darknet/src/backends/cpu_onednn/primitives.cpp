#include "backends/cpu_onednn/primitives.h"

#include <omp.h>

#include <cstring>

namespace dn::onednn {

namespace {

// oneDNN takes the number of threads of the OpenMP runtime; a plan has its own.
class Threads {
 public:
  explicit Threads(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
  ~Threads() { omp_set_num_threads(before_); }

 private:
  int before_;
};

}  // namespace

const dnnl::engine& cpu_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::memory::desc description(const Shape& shape, int64_t batch, Layout layout) {
  using dnnl::memory;
  const memory::dims dims{batch, shape.c, shape.h, shape.w};
  switch (layout) {
    case Layout::plain:
      return {dims, memory::data_type::f32, memory::format_tag::nchw};
    case Layout::blocked:
      return {dims, memory::data_type::f32, memory::format_tag::nChw16c};
    default:
      return {dims, memory::data_type::bf16, memory::format_tag::nhwc};
  }
}

dnnl::memory::desc description_f32_nhwc(const Shape& shape, int64_t batch) {
  using dnnl::memory;
  return {{batch, shape.c, shape.h, shape.w}, memory::data_type::f32, memory::format_tag::nhwc};
}

bool is_fast(const dnnl::primitive_desc_base& primitive) {
  const char* name = primitive.impl_info_str();
  return std::strncmp(name, "ref", 3) != 0 && std::strncmp(name, "simple:ref", 10) != 0;
}

PrimitiveKernel::PrimitiveKernel() : stream_(cpu_engine()) { out_layout = Layout::bf16; }

void PrimitiveKernel::add_step(const dnnl::primitive& primitive,
                               const std::vector<Argument>& arguments) {
  PrimitiveStep step;
  step.primitive = primitive;
  for (const Argument& argument : arguments) {
    dnnl::memory memory(argument.desc, cpu_engine(), nullptr);
    if (argument.from == From::constant)
      memory.set_data_handle(const_cast<void*>(argument.constant));
    step.bound.push_back({argument, memory});
    step.list.push_back({argument.id, memory.get()});
  }
  steps_.push_back(std::move(step));
}

void PrimitiveKernel::run(const RunArgs& args) const {
  const Threads threads(args.context.threads);
  for (const PrimitiveStep& step : steps_) {
    for (const Bound& bound : step.bound) {
      void* data = nullptr;
      switch (bound.argument.from) {
        case From::input:
          data = args.in[bound.argument.index].data;
          break;
        case From::output:
          data = args.out.data;
          break;
        case From::scratch:
          data = static_cast<char*>(args.scratch) + bound.argument.index;
          break;
        case From::constant:
          continue;
      }
      dnnl_memory_set_data_handle(bound.memory.get(), data);
    }
    const dnnl_status_t status = dnnl_primitive_execute(
        step.primitive.get(), stream_.get(), static_cast<int>(step.list.size()), step.list.data());
    if (status != dnnl_success)
      fail(DN_ERROR_INTERNAL, "oneDNN could not run %s: status %d", name.c_str(), int(status));
  }
}

}  // namespace dn::onednn
