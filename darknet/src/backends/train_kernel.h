// A kernel of training: one node, or several that follow each other, made ready to run forward and
// backward on one device at one batch size.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/kernel.h"

namespace dn {

struct TrainRun {
  const Context& context;
  const View* in;
  View out;
  // Backward. A delta is the negative gradient of the cost.
  View out_delta;
  const View* in_delta;  // of each input; without data: nobody asks for it
  const unsigned char*
      add;     // of each input: 0 where in_delta holds nothing yet, and is overwritten
  void* kept;  // lasts from forward to backward
  void* scratch;
  TrainingMoment moment;
  uint64_t seed;  // this kernel's own, in this mini-batch
  bool trains(const Live& live) const { return live.gradient && !moment.adversarial; }
};

constexpr int kNoInput = -1, kAnyInput = -2;

class TrainKernel {
 public:
  virtual ~TrainKernel() = default;
  virtual void forward(const TrainRun& run) const = 0;
  // Gives in_delta, and adds to the gradients of the parameters. Inputs are treated in order, so
  // that one that is there twice is overwritten and then added to.
  virtual void backward(const TrainRun& run) const = 0;
  // Makes the output of this mini-batch's forward once more, byte for byte, from the same inputs
  // and what forward kept; nothing else happens. Only where can_repeat says so.
  virtual void repeat(const TrainRun& run) const { forward(run); }

  std::string name;
  std::vector<Layout> in_layouts;
  Layout out_layout = Layout::plain;
  size_t kept_bytes = 0, scratch_bytes = 0;
  // Which tensors backward reads besides out_delta; others may be gone by then.
  bool reads_inputs = false, reads_output = false;
  bool overwrites = true;  // false: backward only adds, to deltas that were made 0 before
  // Its output may be forgotten in between, and is made again for backward: it takes little time.
  bool can_repeat = false;
  bool takes_strides = false;  // tensors and deltas may be slices of larger ones
  // Which input may be overwritten by the output, and whose delta may overwrite that of the output,
  // because they may share memory.
  int in_place = kNoInput, delta_in_place = kNoInput;
};

// What a backend is told about nodes. Each of them reads the one before, whose only reader it is.
struct TrainRequest {
  struct Part {
    const Op& op;
    std::vector<Shape> in_shapes;
    Shape out_shape;
    std::vector<Live> params;  // in the order of Op::params()
  };
  std::vector<Part> parts;
  std::vector<bool> wants_delta;  // of each input of the first
  int64_t batch;
  int threads;
  bool bf16 = false;  // factors of products may be rounded to bfloat16
};

class TrainBackend {
 public:
  virtual ~TrainBackend() = default;
  virtual const char* name() const = 0;
  // A kernel for all parts of the request, or nullptr where this backend has none.
  virtual std::unique_ptr<TrainKernel> make(const TrainRequest& request) const = 0;
  // A kernel that copies a tensor to another layout, and its delta back.
  virtual std::unique_ptr<TrainKernel> convert(const Shape& shape, int64_t batch, Layout from,
                                               Layout to) const = 0;
};

// Chains of more nodes are not asked for.
constexpr size_t kMostTrainedTogether = 3;

std::unique_ptr<TrainBackend> make_reference_train_backend();
std::unique_ptr<TrainBackend> make_cpu_train_backend();
bool cpu_trains_in_bf16();  // whether requests of the cpu's backend may ask for it
// The op's own functors, for a request of one part.
std::unique_ptr<TrainKernel> make_reference_train_kernel(const TrainRequest& request);

}  // namespace dn
