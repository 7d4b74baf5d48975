// A network made ready to train at one size and batch: forward keeps what backward needs, losses
// write deltas, backward adds gradients. Running it allocates nothing.
#pragma once

#include <memory>
#include <vector>

#include "backends/train_kernel.h"
#include "backends/weight_cache.h"
#include "core/json.h"
#include "darknet/engine.h"
#include "graph/graph.h"
#include "heads/loss.h"
#include "network.h"
#include "train/bad_labels.h"
#include "train/live_arrays.h"

namespace dn {

struct TrainingPlanOptions {
  int width = 0, height = 0;  // 0: the cfg's
  int64_t batch = 1;          // images (times time steps) of a mini-batch
  int threads = 1;
  bool keep_all = false;     // every layer's output and delta can be read, and deltas added to it
  bool input_delta = false;  // the input's delta too
  dn_backend backend = DN_BACKEND_AUTO;
  BadLabels* bad_labels = nullptr;  // nullptr: none are rejected
  dn_precision precision = DN_PRECISION_F32;
  bool recompute = false;  // outputs that are quickly made again are not kept for backward
};

// What a head measured in the last mini-batch.
struct HeadReport {
  int layer = -1;
  double cost = 0;
  std::vector<LossPart> parts;
};

class TrainingPlan {
 public:
  TrainingPlan(const Network& network, const LiveArrays& arrays,
               const TrainingPlanOptions& options);

  float* input() const { return static_cast<float*>(tensors_[0].data.data); }
  int64_t input_size() const { return options_.batch * graph_.values[0].size(); }
  float* truth() const { return truth_->as<>(); }
  int64_t truth_size() const { return options_.batch * truths_; }
  const Shape& input_shape() const { return graph_.values[0]; }
  int64_t batch() const { return options_.batch; }
  const char* backend() const { return backend_->name(); }
  const char* precision() const { return options_.precision == DN_PRECISION_BF16 ? "bf16" : "f32"; }

  // One mini-batch. Returns its cost: the mean of the heads' costs. Throws DN_ERROR_DIVERGED, with
  // the layer, where a cost is not finite.
  double run(const Context& context, const TrainingMoment& moment, uint64_t seen);
  // Changes the input by `step` along its gradient of the cost with an empty truth, within [0, 1];
  // nothing else changes. Where no delta reaches the input, nor does the input.
  void disturb_input(const Context& context, const TrainingMoment& moment, uint64_t seen,
                     float step);
  const std::vector<HeadReport>& reports() const { return reports_; }

  // Of all images. Throws where the plan does not keep it.
  void layer_output(int layer, float* out, size_t size) const;
  // A loss layer's delta, or with keep_all any layer's; -1 is the input's.
  void layer_delta(int layer, float* out, size_t size) const;

  // A loss of the caller's own: this delta is added to the layer's in every run from here on;
  // size 0: no longer.
  void set_delta(int layer, const float* from, size_t size);

  void reset_state(int stream) {
    for (const Node& node : graph_.nodes) node.op->reset_state(stream);
  }
  // Of recurrent layers, in the order of the graph.
  std::vector<std::vector<float>*> lasting_states() const {
    std::vector<std::vector<float>*> states;
    for (const Node& node : graph_.nodes)
      if (std::vector<float>* state = node.op->lasting_state()) states.push_back(state);
    return states;
  }

  size_t bytes() const { return arena_->bytes() + scratch_->bytes(); }
  // From the next run on a clock runs beside every step; describe_steps() tells its times.
  void profile(bool on);
  void describe_steps(Json& json) const;

 private:
  friend class TrainingCompiler;

  struct Tensor {
    int value = -1;
    Layout layout = Layout::plain;
    View data, delta;  // without data: there is no delta
    View again;        // where the data lie while backward reads them: elsewhere, if made again
  };

  // A step of the forward pass: a kernel, or behind a layer the place where deltas come in.
  struct Step {
    std::unique_ptr<TrainKernel> kernel;  // nullptr: deltas of the layer, from its loss or outside
    int node = -1;                        // the last it stands for; -1: a conversion, or deltas
    int layer = -1;
    std::vector<int> in;  // tensors
    int out = -1;         // of deltas: the tensor they belong to
    bool runs_backward = false;
    bool fixes = false;              // try_fix_nan: the output of a layer with weights
    std::vector<unsigned char> add;  // see TrainRun; of deltas: one for out
    std::vector<int> zeroed;         // tensors whose deltas become 0 before its backward step
    std::vector<View> in_views, in_delta_views, in_again_views;
    std::vector<int> repeated;  // steps whose outputs are made again before its backward step
    void* kept = nullptr;
    double forward_ms = 0, backward_ms = 0;
  };

  enum class Pass { forward, backward };
  TrainRun run_of(const Context& context, const Step& step, const TrainingMoment& moment,
                  Pass pass) const;
  void fix(const Context& context, const Step& step, const View& out) const;
  void forward(const Context& context, const Step& step, const TrainingMoment& moment,
               uint64_t seen);
  void backward(const Context& context, const Step& step, const TrainingMoment& moment);
  void run_loss(const Context& context, const Step& step, const TrainingMoment& moment,
                uint64_t seen);
  void add_deltas(const Context& context, const Step& step);
  // A value of one time step holds a part of the batch.
  int64_t images_of(int value) const { return options_.batch / graph_.time_steps[size_t(value)]; }
  int64_t numbers_of(const Tensor& tensor) const {
    return images_of(tensor.value) * elements(graph_.values[size_t(tensor.value)], tensor.layout);
  }
  int value_of(int layer) const { return graph_.layer_values[size_t(layer)]; }
  const Loss* loss_of(const Step& step) const {
    return network_.layers[size_t(step.layer)]->loss();
  }
  // Copies plain numbers out of a tensor or its delta, or into a dense tensor.
  void copy_out(const Tensor& tensor, const View& from, float* out, size_t size) const;

  const Network& network_;
  TrainingPlanOptions options_;
  std::unique_ptr<TrainBackend> backend_;
  Graph graph_;
  int64_t truths_ = 0;
  std::vector<Tensor> tensors_;
  std::vector<int> made_;  // of each value: the tensor its node makes; -1: none, it lies in a chain
  std::vector<Step> steps_;
  std::vector<float*> loss_deltas_;                    // of each layer, plain
  std::vector<std::unique_ptr<Buffer>> given_deltas_;  // of each layer; nullptr: none
  std::unique_ptr<Buffer> arena_, scratch_, truth_;
  std::vector<HeadReport> reports_;
  bool profiling_ = false;
  int profiled_ = 0;  // runs
};

}  // namespace dn
