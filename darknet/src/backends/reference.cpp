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
  ReferenceKernel(const KernelRequest& request) : op_(request.node.op.get()) {
    name = std::string("reference ") + op_->kind();
    in_layouts.assign(request.in_shapes.size(), Layout::plain);
    own_inputs_ = request.in_shapes.size();
    for (const Post& post : op_->post) own_inputs_ -= post.kind == Post::Kind::add ? 1 : 0;
    int index = 0;
    for (Constant& constant : op_->constants()) {
      const size_t bytes = constant.values.size() * sizeof(float);
      const std::string key =
          std::string(op_->kind()) + op_->variant() + " plain " + std::to_string(index++);
      constants_.push_back(request.cache.get({op_->identity(), key}, bytes, [&](Buffer& buffer) {
        std::memcpy(buffer.as<>(), constant.values.data(), bytes);
      }));
      pointers_.push_back(constants_.back()->as<>());
    }
  }

  void run(const RunArgs& args) const override {
    std::vector<const float*> in;
    for (size_t i = 0; i < args.inputs; ++i) in.push_back(static_cast<float*>(args.in[i].data));
    float* out = static_cast<float*>(args.out.data);
    op_->forward(args.context, {in.data(), args.in_shapes, own_inputs_, pointers_.data(), out,
                                args.out_shape, args.batch});
    const int64_t count = args.batch * args.out_shape.size();
    size_t extra = own_inputs_;
    for (const Post& post : op_->post) {
      if (post.kind == Post::Kind::add)
        args.context.each(count, AddForward{in[extra++], out});
      else
        args.context.each(count, ActivateForward{out, out, post.activation});
    }
  }

 private:
  const Op* op_;
  size_t own_inputs_;
  std::vector<std::shared_ptr<const Buffer>> constants_;
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

std::unique_ptr<Kernel> make_reference_kernel(const KernelRequest& request) {
  return std::make_unique<ReferenceKernel>(request);
}

std::unique_ptr<Backend> make_reference_backend() { return std::make_unique<ReferenceBackend>(); }

}  // namespace dn
