#include "backends/cpu/entries_kernel.h"

#include <cstring>

#include "backends/cpu_native/kernels.h"
#include "ops/entries.h"

namespace dn {

namespace {

class EntriesKernel final : public Kernel {
 public:
  explicit EntriesKernel(const Entries& op) : op_(op) {
    name = "entries";
    in_layouts = {Layout::plain};
  }

  // Nearly all planes pass the sigmoid: all do, as one run of numbers, and the others are put
  // right afterwards.
  void run(const RunArgs& a) const override {
    const float* in = static_cast<const float*>(a.in[0].data);
    float* out = static_cast<float*>(a.out.data);
    const int64_t count = a.batch * a.out_shape.size(), runs = count / kBlock;
    cpu::activate(1, int(kBlock), 1, int(runs), {in, 0}, cpu::Act::Logistic, {out, 0},
                  a.context.threads);
    for (int64_t i = runs * kBlock; i < count; ++i) out[i] = logistic(in[i]);
    const int64_t plane = a.out_shape.plane(), planes = a.batch * a.out_shape.c;
    const float shift = 0.5f * (op_.scale_x_y - 1.f);
    for (int64_t k = 0; k < planes; ++k) {
      const float* from = in + k * plane;
      float* to = out + k * plane;
      switch (op_.rules[size_t(k) % op_.rules.size()]) {
        case EntryRule::sigmoid:
          break;
        case EntryRule::raw:
          std::memcpy(to, from, size_t(plane) * sizeof(float));
          break;
        case EntryRule::sigmoid_scaled:
          for (int64_t i = 0; i < plane; ++i) to[i] = op_.scale_x_y * to[i] - shift;
          break;
        case EntryRule::scaled:
          for (int64_t i = 0; i < plane; ++i) to[i] = op_.scale_x_y * from[i] - shift;
          break;
      }
    }
  }

 private:
  const Entries& op_;
};

}  // namespace

std::unique_ptr<Kernel> make_entries_kernel(const KernelRequest& r) {
  const auto* entries = dynamic_cast<const Entries*>(r.node.op.get());
  if (!entries || !entries->softmax_sizes.empty() || !entries->post.empty()) return nullptr;
  return std::make_unique<EntriesKernel>(*entries);
}

}  // namespace dn
