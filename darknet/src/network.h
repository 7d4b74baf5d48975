// A network as its cfg describes it: options, layers with their parameters, heads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/weight_cache.h"
#include "config/training_keys.h"
#include "graph/graph.h"
#include "layers/layer.h"
#include "weights.h"

namespace dn {

class Head;

class Network {
 public:
  // Parses a cfg and lowers it once at its own size, so that every error is found. name stands in
  // messages and is where side files are looked for.
  Network(const std::string& cfg, const std::string& name);

  // The graph at an input size; 0, 0 is the cfg's. Throws where the network does not take it.
  // training_ops: with those that only training has ([dropout]).
  Graph lower(int width, int height, bool training_ops = false) const;
  // Shape of the network's input at a size.
  Shape input_shape(int width, int height) const;

  void describe(int width, int height, Json& json) const;

  std::string name;
  int batch = 1, subdivisions = 1, time_steps = 1;
  int width = 0, height = 0, channels = 0, inputs = 0;
  bool letter_box = false;
  TrainingKeys training;
  std::vector<std::unique_ptr<Layer>> layers;
  WeightsHeader header;       // of the file that was loaded
  mutable WeightCache cache;  // packed weights, shared by all plans

 private:
  void read_net(Options& options);

  std::string net_json_;
};

}  // namespace dn
