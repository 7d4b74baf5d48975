// The backend of the hand-made CPU kernels (backends/cpu_native): float32, channels in blocks.
#include <cstring>

#include "backends/cpu/blocked_kernels.h"
#include "backends/cpu/conv_kernel.h"
#include "backends/cpu/entries_kernel.h"
#include "backends/cpu_native/kernels.h"
#include "backends/kernel.h"

namespace dn {

namespace {

class ToBlocked final : public Kernel {
 public:
  ToBlocked() {
    name = "to blocked";
    in_layouts = {Layout::plain};
    out_layout = Layout::blocked;
    takes_strides = true;
  }
  void run(const RunArgs& a) const override {
    cpu::to_blocked(int(a.batch), int(a.out_shape.c), int(a.out_shape.h), int(a.out_shape.w),
                    source(a.in[0]), target(a.out), a.context.threads);
  }
};

class ToPlain final : public Kernel {
 public:
  ToPlain() {
    name = "to plain";
    in_layouts = {Layout::blocked};
    takes_strides = true;
  }
  void run(const RunArgs& a) const override {
    cpu::to_plain(int(a.batch), int(a.out_shape.c), int(a.out_shape.h), int(a.out_shape.w),
                  source(a.in[0]), target(a.out), a.context.threads);
  }
};

class CpuBackend final : public Backend {
 public:
  const char* name() const override { return "cpu"; }

  Layout layout() const override { return Layout::blocked; }

  Layout reads(const Op& op, const std::vector<Shape>& in) const override {
    return reads_blocked(op, in) ? Layout::blocked : Layout::plain;
  }

  std::unique_ptr<Kernel> make(const KernelRequest& request) const override {
    if (auto kernel = make_conv_kernel(request)) return kernel;
    if (auto kernel = make_entries_kernel(request)) return kernel;
    return make_blocked_kernel(request);
  }

  std::unique_ptr<Kernel> convert(Layout from, Layout to) const override {
    if (from == Layout::plain && to == Layout::blocked) return std::make_unique<ToBlocked>();
    if (from == Layout::blocked && to == Layout::plain) return std::make_unique<ToPlain>();
    return nullptr;
  }
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend() { return std::make_unique<CpuBackend>(); }

}  // namespace dn
