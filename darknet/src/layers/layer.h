// A layer: one [section] of a cfg. It reads its options, owns its parameters and lowers itself to
// ops. One file per section; registry.cpp lists them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/options.h"
#include "graph/graph.h"
#include "graph/param.h"

namespace dn {

class Head;
class Layer;
class Loss;

// What a layer sees while the network is lowered at one input size.
class Lowering {
 public:
  Lowering(Graph& graph, const std::vector<std::unique_ptr<Layer>>& layers, bool training,
           int time_steps)
      : graph_(graph), layers_(layers), training_(training), time_steps_(time_steps) {}

  // Whether the graph is one to train: then with ops that change nothing at inference.
  bool training() const { return training_; }
  // Steps a batch holds one behind the other; 1 where the network only runs.
  int time_steps() const { return time_steps_; }

  // The value the layer before hands on (the network's input for the first layer).
  int input() const;
  // The output of an earlier layer. reference: negative is relative to this layer, else absolute.
  // Throws DN_ERROR_CFG where it points nowhere.
  int output_of(int reference) const;
  int resolve(int reference) const;
  Layer& layer(int index) const { return *layers_[size_t(index)]; }
  const Shape& shape(int value) const { return graph_.values[size_t(value)]; }
  int current() const { return current_; }

  // time_steps: of how many parts of the batch the output is one; 0: as the first input.
  int add(std::unique_ptr<Op> op, std::vector<int> inputs, int time_steps = 0);
  // Adds an activation, over channels where it is one; returns value itself for linear.
  int activate(int value, Activation activation);

  void begin(int layer) { current_ = layer; }

 private:
  Graph& graph_;
  const std::vector<std::unique_ptr<Layer>>& layers_;
  bool training_;
  int time_steps_;
  int current_ = 0;
};

// How groups of a convolution's filters are made of the first group while it is trained.
enum class Deform { none, rotate, sway, stretch, stretch_sway };

inline int deform_groups(Deform deform) {
  return deform == Deform::none ? 1 : deform == Deform::stretch_sway ? 8 : 4;
}

// The keys every section has that say how it is trained.
struct LayerTraining {
  bool onlyforward = false, train_only_bn = false;
  int stopbackward = 0, dont_update = 0, burnin_update = 0;
  float learning_rate = 1, clip = 0;
  bool truth = false;  // pjreddie: its output is the truth of later layers
  float smooth = 0;    // pjreddie: label smoothing of a cost layer
  // of [convolutional]
  bool grad_centr = false;
  float reverse = 0;
  Deform deform = Deform::none;
  float angle = 15;              // degrees of sway
  bool rejects_filters = false;  // takes part in weights_reject_freq
};

class Layer {
 public:
  virtual ~Layer() = default;

  // Declares and reads the keys. Called once.
  virtual void read(Options& options) = 0;
  // Adds this layer's ops to the graph and returns its output value. Called once per input size.
  virtual int lower(Lowering& g) = 0;
  // The detection head this layer is, or nullptr.
  virtual const Head* head() const { return nullptr; }
  // The loss that training measures on this layer's output, or nullptr.
  virtual const Loss* loss() const { return nullptr; }
  // A layer that only measures the error: never the network's output.
  virtual bool is_cost() const { return false; }

  // Keys that every section has.
  void read_common(Options& options);

  // The parameter of that name, made at the first call, in the order of the weights file. Throws
  // where a later call asks for other dims: such a layer fixes the network's input size.
  Param& param(const std::string& name, std::vector<int64_t> dims, Initial initial = {});
  const Param* find_param(const std::string& name) const;

  std::string type;  // as the cfg spells it
  int index = 0;
  int line = 0;
  std::string options_json;  // the options as read
  std::vector<std::unique_ptr<Param>> params;
  LayerTraining training;
  bool dontload = false;         // the weights file does not hold this layer
  bool dontloadscales = false;   // ... does not hold its batch normalisation
  bool dontsave = false;         // it is not written
  int numload = 0;               // of a convolution: filters in the file, 0 for all
  int64_t loaded_filters = 0;    // > 0: the same, of [convolutional]
  int64_t flipped_filters = 0;   // > 0: the file holds the weights transposed, this many filters
  bool fully_connected = false;  // old files hold its weights transposed
};

}  // namespace dn
