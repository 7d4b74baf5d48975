#include "backends/cpu/connected_kernel.h"

#include "backends/cpu/blocked_kernels.h"
#include "backends/reference.h"
#include "ops/connected.h"

namespace dn {

namespace {

class ConnectedKernel final : public Kernel {
 public:
  ConnectedKernel(const KernelRequest& r, const Connected& op)
      : op_(op), constants_(reference_constants(r)) {
    name = "connected";
    in_layouts.assign(r.in_shapes.size(), Layout::plain);
    shape_ = {int(r.batch), int(r.in_shapes[0].size()), int(op.outputs)};
    threads_ = connected_threads(shape_, r.threads);
    scratch_bytes = cpu::connected_scratch_bytes(shape_, threads_);
  }

  void run(const RunArgs& a) const override {
    cpu::connected(shape_, source(a.in[0]), constants_[0]->as<>(), constants_[1]->as<>(),
                   target(a.out), a.scratch, threads_);
    run_posts(op_, a, 1);
  }

 private:
  const Connected& op_;
  cpu::ConnectedShape shape_;
  int threads_;
  std::vector<std::shared_ptr<const Buffer>> constants_;
};

}  // namespace

std::unique_ptr<Kernel> make_connected_kernel(const KernelRequest& request) {
  const auto* op = dynamic_cast<const Connected*>(request.node.op.get());
  return op ? std::make_unique<ConnectedKernel>(request, *op) : nullptr;
}

}  // namespace dn
