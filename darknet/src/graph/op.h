// An op: one node kind of the graph, with its own attributes, shape rule and reference kernel.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/json.h"
#include "core/shape.h"
#include "graph/activation.h"

namespace dn {

class Param;

// Batch normalisation of an array of channels, as trained.
struct BatchnormParams {
  const Param* scales = nullptr;
  const Param* mean = nullptr;
  const Param* variance = nullptr;
  explicit operator bool() const { return scales != nullptr; }
};

// An array a node needs at run time, made from trained parameters (batch normalisation folded).
struct Constant {
  std::string name;
  std::vector<int64_t> dims;
  std::vector<float> values;
};

// Work fused behind an op, in order. add takes the next extra input of the node.
struct Post {
  enum class Kind { activation, add };
  Kind kind = Kind::activation;
  Activation activation = Activation::linear;
};

// What a kernel gets: dense float32 NCHW tensors.
struct Args {
  const float* const* in;
  const Shape* in_shapes;
  size_t inputs;
  const float* const* constants;
  float* out;
  Shape out_shape;
  int64_t batch;
};

// A trained array while it is trained.
struct Live {
  float* value = nullptr;     // nullptr: the op has no such array
  float* gradient = nullptr;  // added to; nullptr: this array is not trained
  bool still = false;         // nothing changes it: statistics do not follow the data either
};

// What a training step knows besides its tensors.
struct TrainingMoment {
  int64_t iteration = 0, max_batches = 0;
  int subdivision = 0, subdivisions = 1;
  // The images are changed in this pass, not the network: no array gets a gradient, and batch
  // normalisation goes by the running statistics.
  bool adversarial = false;
  uint64_t seed = 0;             // of this mini-batch; ops take a substream each
  const float* truth = nullptr;  // of all images
  int64_t truths = 0;            // numbers of one image's truth
};

// What an op gets in the forward pass of training. constants are the live values of params(), in
// their order, where an op has params; else its constants().
struct TrainArgs : Args {
  const Live* params = nullptr;  // in the order of Op::params()
  float* kept = nullptr;         // numbers that last from forward to backward
  float* scratch = nullptr;
  TrainingMoment moment;
  uint64_t seed = 0;  // this op's own, in this mini-batch
};

// Darknet's sign: a delta is the negative gradient of the loss, and is added.
struct BackwardArgs : TrainArgs {
  const float* out_delta = nullptr;
  float* const* in_delta = nullptr;  // of each input, added to; nullptr: nobody asks for it
};

// How many numbers an op needs in training, for a whole mini-batch.
struct TrainingMemory {
  int64_t kept = 0, scratch = 0;
};

class Op {
 public:
  virtual ~Op() = default;

  virtual const char* kind() const = 0;
  virtual std::unique_ptr<Op> clone() const = 0;
  // The output's shape. Throws DN_ERROR_CFG where the inputs do not fit.
  virtual Shape shape(const std::vector<Shape>& in) const = 0;
  // The readable reference: computes out, without post.
  virtual void forward(const Context& context, const Args& args) const = 0;
  virtual std::vector<Constant> constants() const { return {}; }
  // Additions and multiplications for one image.
  virtual double operations(const std::vector<Shape>& in, const Shape& out) const {
    (void)in;
    (void)out;
    return 0;
  }
  virtual void describe(Json& json) const { (void)json; }

  // Training.
  // The arrays that are trained (or follow the training, as running statistics do), in a fixed
  // order; nullptr where an optional one is missing.
  virtual std::vector<const Param*> params() const { return {}; }
  // The forward pass of training, where it differs from that of inference.
  virtual void train_forward(const Context& context, const TrainArgs& args) const {
    forward(context, args);
  }
  // Adds to in_delta and to the gradients of params.
  virtual void backward(const Context& context, const BackwardArgs& args) const = 0;
  // Which tensors backward reads besides out_delta; others may be gone by then.
  virtual bool backward_reads_inputs() const { return false; }
  virtual bool backward_reads_output() const { return false; }
  virtual TrainingMemory training_memory(const std::vector<Shape>& in, const Shape& out,
                                         int64_t batch) const {
    (void)in;
    (void)out;
    (void)batch;
    return {};
  }

  // State that lasts from run to run (recurrent layers): back to 0 for one image of the batch, or
  // for all where image is negative.
  virtual void reset_state(int64_t image) const { (void)image; }
  // That state, of all images; empty stands for zeros. nullptr: there is none.
  virtual std::vector<float>* lasting_state() const { return nullptr; }

  // Questions of the passes.
  // Whether it does more than make its output: never removed.
  virtual bool has_effect() const { return false; }
  // Whether work may be put behind this op.
  virtual bool takes_post() const { return false; }
  // An activation of single elements: tells which.
  virtual bool is_activation(Activation& activation) const {
    (void)activation;
    return false;
  }
  // Whether it joins the channels of its inputs, in their order.
  virtual bool joins_channels() const { return false; }
  // Whether it repeats each cell of its input, times one factor.
  virtual bool repeats_cells() const { return false; }
  // Where each cell of the output is a weighted sum of the input's `all` channels at that cell:
  // takes `count` channels from `first` on, at one end, out of the sum, to which the node's next
  // input is added instead. Returns an op that makes their part for a map of that height and width,
  // or null: then nothing changed.
  virtual std::unique_ptr<Op> split_channels(int64_t, int64_t, int64_t, int64_t, int64_t) {
    return nullptr;
  }
  // A sum of inputs of one shape with factors of 1.
  virtual bool is_plain_sum(const std::vector<Shape>& in) const {
    (void)in;
    return false;
  }
  // Batch normalisation: moves itself into the op before, where that takes it.
  virtual bool fold_into(Op& before) const {
    (void)before;
    return false;
  }
  virtual bool fold_batchnorm(const BatchnormParams& batchnorm, const Param* biases) {
    (void)batchnorm;
    (void)biases;
    return false;
  }

  // Tells nodes of different graphs of one network apart that share packed constants: stable for
  // equal constants, 0 where there are none.
  virtual const void* identity() const { return nullptr; }
  // What constants() depends on besides identity(), in words.
  virtual std::string variant() const { return ""; }

  std::vector<Post> post;
};

template <typename Derived>
class OpBase : public Op {
 public:
  std::unique_ptr<Op> clone() const override {
    return std::make_unique<Derived>(static_cast<const Derived&>(*this));
  }
};

}  // namespace dn
