// The numbers that are trained: of every parameter of a network its value, its gradient and what
// the optimiser remembers of it.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "backends/weight_cache.h"
#include "config/training_keys.h"
#include "graph/op.h"
#include "graph/param.h"
#include "layers/layer.h"

namespace dn {

struct TrainedArray {
  Param* param = nullptr;
  const Layer* layer = nullptr;  // the one whose keys count: the owner
  int64_t size = 0;
  bool trained = false;  // has a gradient
  bool still = false;    // nothing changes it
  // Each size numbers; nullptr where there are none. With SGD the gradient carries the momentum.
  std::unique_ptr<Buffer> value, gradient;
  std::unique_ptr<Buffer> mean, square;  // Adam
  std::unique_ptr<Buffer> average;       // EMA
};

class LiveArrays {
 public:
  // Reads the values of the network's parameters. Those of layers below frozen_below stay as they
  // are. Those of layers that the cfg freezes get no gradient, but their statistics follow.
  LiveArrays(const std::vector<std::unique_ptr<Layer>>& layers, const TrainingKeys& keys,
             int frozen_below);

  // Both pointers are nullptr for a nullptr.
  Live live(const Param* param) const;
  std::vector<TrainedArray>& arrays() { return arrays_; }
  const std::vector<TrainedArray>& arrays() const { return arrays_; }
  const TrainedArray& array(int layer, int index) const;
  // Reads the values again; gradients and memories become 0.
  void reload();
  // Gives the values (of the average where there is one and it is asked for) to the network.
  void store(bool average) const;

 private:
  std::vector<TrainedArray> arrays_;
  std::unordered_map<const Param*, size_t> places_;
};

}  // namespace dn
