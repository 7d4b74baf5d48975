// Compiles a training plan: chooses kernels and layouts, which steps run backward, and where
// tensors and their deltas lie.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "train/training_plan.h"

namespace dn {

class TrainingCompiler {
 public:
  TrainingCompiler(TrainingPlan& plan, const LiveArrays& arrays) : plan_(plan), arrays_(arrays) {}
  void compile();

 private:
  using Step = TrainingPlan::Step;
  using Tensor = TrainingPlan::Tensor;

  // A buffer of the arena: memory of a tensor, of a delta or of a kernel. Steps count time: forward
  // from 0, and backward on from there.
  struct Slot {
    size_t bytes = 0;
    int first = 1 << 30, last = -1;
    int inside = -1;    // the slot it lies in, whose life counts for both
    size_t offset = 0;  // there; of others: in the arena
  };

  void choose_deltas();
  void add_nodes_of(int layer);
  void add_loss(const Layer& layer);
  TrainRequest request_for(size_t index, size_t count) const;
  size_t chainable(size_t index) const;
  void add_step(std::unique_ptr<TrainKernel> kernel, size_t index, size_t count);
  int new_tensor(int value, Layout layout);
  int tensor_of(int value, Layout layout);
  void choose_backward();
  bool passes(int layer) const;
  // The delta of a loss is copied; those from outside may be missing, and are added.
  bool loss_overwrites(const Step& step) const {
    return plan_.loss_of(step) && !plan_.options_.keep_all;
  }

  void place_memory();
  void measure_lives();
  void plan_backward_reads();
  int new_slot(size_t bytes);
  void touch(int slot, int time);
  int root_of(int slot) const;
  void put_inside(int slot, int other, size_t offset);
  void share_in_place();
  void share_concats();
  void share_slices();
  bool may_be_strided(int tensor) const;
  bool strided_ok(int tensor, int slot) const;
  void bind();
  int time_back(size_t step) const { return int(2 * plan_.steps_.size() - 1 - step); }

  TrainingPlan& plan_;
  const LiveArrays& arrays_;
  size_t next_node_ = 0;
  std::vector<int> uses_;
  std::vector<bool> wants_;      // of each value: a delta
  std::vector<bool> has_delta_;  // of each tensor
  std::map<std::pair<int, Layout>, int> tensors_;
  std::vector<Slot> slots_;
  std::vector<int> data_, delta_;  // slots of tensors; -1: none
  std::vector<int> again_;         // of those that are made again for backward; -1: they are not
  std::vector<int> kept_, loss_;   // and of steps
  std::vector<int> first_delta_;   // of each tensor: when its delta begins
};

}  // namespace dn
