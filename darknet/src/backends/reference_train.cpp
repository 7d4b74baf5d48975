// Trains with the ops' own functors on plain tensors: the fallback of every backend, and their
// oracle.
#include <cstring>

#include "backends/train_kernel.h"

namespace dn {

namespace {

class ReferenceTrainKernel final : public TrainKernel {
 public:
  explicit ReferenceTrainKernel(const TrainRequest& request)
      : part_(request.parts[0]), batch_(request.batch) {
    const Op& op = part_.op;
    name = std::string("reference ") + op.kind();
    in_layouts.assign(part_.in_shapes.size(), Layout::plain);
    overwrites = false;
    reads_inputs = op.backward_reads_inputs();
    reads_output = op.backward_reads_output();
    const TrainingMemory memory = op.training_memory(part_.in_shapes, part_.out_shape, batch_);
    kept_bytes = size_t(memory.kept) * sizeof(float);
    scratch_bytes = size_t(memory.scratch) * sizeof(float);
    for (const Live& live : part_.params) {
      constants_.push_back(live.value);
      still_.push_back({live.value, nullptr, true});
    }
    if (!part_.params.empty()) return;
    for (const Constant& constant : op.constants()) {
      const size_t bytes = constant.values.size() * sizeof(float);
      own_.push_back(std::make_unique<Buffer>(bytes));
      std::memcpy(own_.back()->as<>(), constant.values.data(), bytes);
      constants_.push_back(own_.back()->as<>());
    }
  }

  void forward(const TrainRun& run) const override {
    const Pointers pointers(run, part_.in_shapes.size());
    part_.op.train_forward(run.context, args_of(run, pointers));
  }

  void backward(const TrainRun& run) const override {
    const Pointers pointers(run, part_.in_shapes.size());
    part_.op.backward(run.context, args_of(run, pointers));
  }

 private:
  struct Pointers {
    std::vector<const float*> in;
    std::vector<float*> in_delta;
    Pointers(const TrainRun& run, size_t inputs) {
      for (size_t i = 0; i < inputs; ++i) {
        in.push_back(static_cast<const float*>(run.in[i].data));
        in_delta.push_back(static_cast<float*>(run.in_delta[i].data));
      }
    }
  };

  BackwardArgs args_of(const TrainRun& run, const Pointers& pointers) const {
    BackwardArgs args;
    args.in = pointers.in.data();
    args.in_shapes = part_.in_shapes.data();
    args.inputs = part_.in_shapes.size();
    args.constants = constants_.data();
    args.out = static_cast<float*>(run.out.data);
    args.out_shape = part_.out_shape;
    args.batch = batch_;
    args.params = (run.moment.adversarial ? still_ : part_.params).data();
    args.kept = static_cast<float*>(run.kept);
    args.scratch = static_cast<float*>(run.scratch);
    args.moment = run.moment;
    args.seed = run.seed;
    args.out_delta = static_cast<const float*>(run.out_delta.data);
    args.in_delta = pointers.in_delta.data();
    return args;
  }

  TrainRequest::Part part_;
  int64_t batch_;
  std::vector<Live> still_;  // the parameters where none is trained
  std::vector<const float*> constants_;
  std::vector<std::unique_ptr<Buffer>> own_;
};

class ReferenceTrainBackend final : public TrainBackend {
 public:
  const char* name() const override { return "reference"; }
  std::unique_ptr<TrainKernel> make(const TrainRequest&) const override { return nullptr; }
  std::unique_ptr<TrainKernel> convert(const Shape&, int64_t, Layout, Layout) const override {
    return nullptr;
  }
};

}  // namespace

std::unique_ptr<TrainKernel> make_reference_train_kernel(const TrainRequest& request) {
  return std::make_unique<ReferenceTrainKernel>(request);
}

std::unique_ptr<TrainBackend> make_reference_train_backend() {
  return std::make_unique<ReferenceTrainBackend>();
}

}  // namespace dn
