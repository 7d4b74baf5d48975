// The backend of the hand-made CPU kernels (backends/cpu_native): float32, channels in blocks.
#include <algorithm>

#include "backends/cpu/blocked_kernels.h"
#include "backends/cpu/connected_kernel.h"
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

// Winograd trades memory for speed. Up to this much weights it is chosen for speed alone, and
// beyond it may add this part of what the weights take without it.
constexpr double kPackedBytes = 300e6, kPackedExcess = 1.25;

class CpuBackend final : public Backend {
 public:
  explicit CpuBackend(bool int16_products) : int16_products_(int16_products) {}

  const char* name() const override { return "cpu"; }

  // Raises the price of weights until they fit, so that memory goes where it saves most time.
  void study(const Graph& graph, int64_t batch) override {
    const auto bytes_at = [&](double price) {
      double bytes = 0;
      for (const Node& node : graph.nodes)
        if (const auto* conv = dynamic_cast<const Conv*>(node.op.get()))
          bytes += double(packed_bytes(*conv, graph.values[size_t(node.inputs[0])], batch, price));
      return bytes;
    };
    const double room = std::max(kPackedBytes, kPackedExcess * bytes_at(1e9));
    weight_price_ = 25;
    while (bytes_at(weight_price_) > room) weight_price_ *= 1.5;
  }

  Layout layout() const override { return Layout::blocked; }

  Layout reads(const Op& op, const std::vector<Shape>& in) const override {
    return reads_blocked(op, in) ? Layout::blocked : Layout::plain;
  }

  std::unique_ptr<Kernel> make(const KernelRequest& request) const override {
    if (auto kernel = make_conv_kernel(request, weight_price_, int16_products_)) return kernel;
    if (auto kernel = make_connected_kernel(request)) return kernel;
    if (auto kernel = make_entries_kernel(request)) return kernel;
    return make_blocked_kernel(request);
  }

  std::unique_ptr<Kernel> make_chain(const std::vector<KernelRequest>& requests) const override {
    return make_conv_chain(requests, weight_price_, int16_products_);
  }

  std::unique_ptr<Kernel> convert(Layout from, Layout to) const override {
    if (from == Layout::plain && to == Layout::blocked) return std::make_unique<ToBlocked>();
    if (from == Layout::blocked && to == Layout::plain) return std::make_unique<ToPlain>();
    return nullptr;
  }

 private:
  bool int16_products_;
  double weight_price_ = 25;
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(bool int16_products) {
  return std::make_unique<CpuBackend>(int16_products);
}

}  // namespace dn
