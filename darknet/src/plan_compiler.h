// Turns a graph into the steps of a plan: chooses kernels, inserts conversions, places memory.
#pragma once

#include <map>
#include <utility>

#include "plan.h"

namespace dn {

class PlanCompiler {
 public:
  explicit PlanCompiler(Plan& plan) : plan_(plan) {}
  void compile();

 private:
  void choose_wanted();
  KernelRequest request_for(size_t index) const;
  size_t chainable(size_t index) const;
  size_t add_nodes(size_t index);
  void add_step(std::unique_ptr<Kernel> kernel, size_t index, const std::vector<int>& inputs);
  // The tensor of a value in a layout, converted where it does not exist yet.
  int tensor_of(int value, Layout layout);
  int new_tensor(int value, Layout layout);
  void alias_slices();
  void alias_concats();
  bool may_be_slice(int tensor) const;
  void place_memory();
  void bind();

  Plan& plan_;
  std::vector<int> uses_;                          // of each value
  std::vector<Layout> wanted_;                     // of each value
  std::vector<Layout> made_;                       // layout each value was made in
  std::map<std::pair<int, Layout>, int> tensors_;  // value and layout
};

}  // namespace dn
