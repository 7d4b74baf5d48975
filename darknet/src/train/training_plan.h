// A network made ready to train at one size and batch: forward keeps what backward needs, losses
// write deltas, backward adds gradients. Running it allocates nothing.
#pragma once

#include <memory>
#include <vector>

#include "backends/weight_cache.h"
#include "graph/graph.h"
#include "graph/memory_plan.h"
#include "heads/loss.h"
#include "network.h"
#include "train/live_arrays.h"

namespace dn {

struct TrainingPlanOptions {
  int width = 0, height = 0;  // 0: the cfg's
  int64_t batch = 1;          // images (times time steps) of a mini-batch
  int threads = 1;
  bool keep_all = false;     // every layer's output and delta can be read, and deltas added to it
  bool input_delta = false;  // the input's delta too
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

  float* input() const { return values_[0]; }
  int64_t input_size() const { return options_.batch * graph_.values[0].size(); }
  float* truth() const { return truth_->as<>(); }
  int64_t truth_size() const { return options_.batch * truths_; }
  const Shape& input_shape() const { return graph_.values[0]; }
  int64_t batch() const { return options_.batch; }

  // One mini-batch. Returns its cost: the mean of the heads' costs. Throws DN_ERROR_DIVERGED, with
  // the layer, where a cost is not finite.
  double run(const Context& context, const TrainingMoment& moment, uint64_t seen);
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

  size_t bytes() const { return arena_ ? arena_->bytes() : 0; }

 private:
  // A step of the forward pass: a node, or behind a layer the place where deltas come in.
  struct Item {
    int node = -1;  // -1: deltas of the layer, from its loss or given from outside
    int layer = -1;
    bool runs_backward = false;
    bool fixes = false;       // try_fix_nan: the output of a layer with weights
    std::vector<int> zeroed;  // values whose deltas become 0 before its backward step
  };
  // A node with its pointers.
  struct Run {
    std::vector<const float*> in, constants;
    std::vector<Shape> in_shapes;
    std::vector<Live> params;
    std::vector<float*> in_delta;
    std::vector<std::unique_ptr<Buffer>> own_constants;
    BackwardArgs args;
  };

  void list_items();
  void check(const Layer& layer) const;
  void choose_backward(const LiveArrays& arrays);
  void place_memory();
  void bind(const LiveArrays& arrays);
  void run_loss(const Context& context, const Item& item, const TrainingMoment& moment,
                uint64_t seen);
  void backward(const Context& context, const Item& item);
  // A value of one time step holds a part of the batch.
  int64_t images_of(int value) const { return options_.batch / graph_.time_steps[size_t(value)]; }
  int64_t numbers_of(int value) const {
    return images_of(value) * graph_.values[size_t(value)].size();
  }
  size_t value_of(int layer) const { return size_t(graph_.layer_values[size_t(layer)]); }
  const Loss* loss_of(const Item& item) const {
    return network_.layers[size_t(item.layer)]->loss();
  }
  int backward_time(size_t item) const { return int(2 * items_.size() - 1 - item); }
  void copy(const float* from, const Shape& shape, float* out, size_t size) const;

  const Network& network_;
  TrainingPlanOptions options_;
  Graph graph_;
  int64_t truths_ = 0;
  std::vector<Item> items_;
  std::vector<bool> wants_delta_;  // of each value
  std::vector<float*> values_, deltas_;
  std::vector<bool> lasts_;                            // values that are there after a run
  std::vector<float*> loss_deltas_;                    // of each layer
  std::vector<std::unique_ptr<Buffer>> given_deltas_;  // of each layer; nullptr: none
  std::vector<float*> kept_;                           // of each node
  std::vector<std::unique_ptr<Run>> runs_;
  std::unique_ptr<Buffer> arena_, scratch_, truth_;
  std::vector<HeadReport> reports_;
};

}  // namespace dn
