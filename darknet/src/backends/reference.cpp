// Runs the ops' own functors on plain tensors: the fallback of every backend, and their oracle.
#include "backends/reference.h"

#include <cstring>

#include "ops/activate.h"

namespace dn {

namespace {

struct AddForward {
  const float* in;
  float* out;
  DN_HD void operator()(int64_t i) const { out[i] += in[i]; }
};

class ReferenceKernel final : public Kernel {
 public:
  explicit ReferenceKernel(const KernelRequest& request)
      : op_(request.node.op.get()), constants_(reference_constants(request)) {
    name = std::string("reference ") + op_->kind();
    in_layouts.assign(request.in_shapes.size(), Layout::plain);
    own_inputs_ = request.in_shapes.size();
    for (const Post& post : op_->post) own_inputs_ -= post.kind == Post::Kind::add ? 1 : 0;
    for (const auto& constant : constants_) pointers_.push_back(constant->as<>());
  }

  void run(const RunArgs& args) const override {
    std::vector<const float*> in;
    for (size_t i = 0; i < args.inputs; ++i) in.push_back(static_cast<float*>(args.in[i].data));
    float* out = static_cast<float*>(args.out.data);
    op_->forward(args.context, {in.data(), args.in_shapes, own_inputs_, pointers_.data(), out,
                                args.out_shape, args.batch});
    run_posts(*op_, args, own_inputs_);
  }

 private:
  const Op* op_;
  std::vector<std::shared_ptr<const Buffer>> constants_;
  size_t own_inputs_;
  std::vector<const float*> pointers_;
};

class ReferenceBackend final : public Backend {
 public:
  const char* name() const override { return "reference"; }
  Layout reads(const Op&, const std::vector<Shape>&) const override { return Layout::plain; }
  std::unique_ptr<Kernel> make(const KernelRequest&) const override { return nullptr; }
  std::unique_ptr<Kernel> convert(Layout, Layout) const override { return nullptr; }
  Layout layout() const override { return Layout::plain; }
};

}  // namespace

std::vector<std::shared_ptr<const Buffer>> reference_constants(const KernelRequest& request) {
  const Op& op = *request.node.op;
  std::vector<std::shared_ptr<const Buffer>> buffers;
  for (Constant& constant : op.constants()) {
    const size_t bytes = constant.values.size() * sizeof(float);
    const std::string key =
        std::string(op.kind()) + op.variant() + " plain " + std::to_string(buffers.size());
    buffers.push_back(request.cache.get({op.identity(), key}, bytes, [&](Buffer& buffer) {
      std::memcpy(buffer.as<>(), constant.values.data(), bytes);
    }));
  }
  return buffers;
}

void run_posts(const Op& op, const RunArgs& args, size_t extra) {
  float* out = static_cast<float*>(args.out.data);
  const int64_t count = args.batch * args.out_shape.size();
  for (const Post& post : op.post) {
    if (post.kind == Post::Kind::add)
      args.context.each(count, AddForward{static_cast<const float*>(args.in[extra++].data), out});
    else
      args.context.each(count, ActivateForward{out, out, post.activation});
  }
}

std::unique_ptr<Kernel> make_reference_kernel(const KernelRequest& request) {
  return std::make_unique<ReferenceKernel>(request);
}

std::unique_ptr<Backend> make_reference_backend() { return std::make_unique<ReferenceBackend>(); }

}  // namespace dn
