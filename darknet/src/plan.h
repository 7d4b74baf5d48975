// A network compiled for one device, batch, size and precision. Running it allocates nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/kernel.h"
#include "heads/head.h"
#include "network.h"

namespace dn {

// A buffer of a plan: a value in one layout, maybe a slice of the channels of another buffer.
struct PlanTensor {
  Shape shape;
  Layout layout = Layout::plain;
  int parent = -1;            // the buffer it is a slice of
  int64_t first_channel = 0;  // in the parent
  int maker = -1;             // step that writes it; -1: the input
  View view;                  // set once memory is allocated
};

struct Step {
  std::unique_ptr<Kernel> kernel;
  std::vector<int> in;  // tensors
  int out = -1;
  int node = -1;    // of the graph, whose output it makes; -1 for conversions
  int chained = 1;  // nodes it runs: this one and those before
  std::vector<View> in_views;
  std::vector<Shape> in_shapes;
  double milliseconds = 0;
};

class Plan {
 public:
  Plan(const Network& network, const dn_plan_options& options);

  void set_image(int slot, const dn_image& image, dn_resize resize);
  void run();
  // Of numbers of the caller's, (batch, channels, height, width), read where they lie.
  void run_on(const float* input, size_t size);
  // Of recurrent layers, for one image or, where slot is negative, for all.
  void reset_state(int slot);
  void profile(int repeat);
  // Number index of the network's outputs, or any layer's output, for all images.
  void output(int index, float* out, size_t size) const;
  void layer_output(int layer, float* out, size_t size) const;
  std::vector<dn_detection> detect(int slot, const dn_detect_options& options) const;
  void describe(Json& json) const;

 private:
  friend class PlanCompiler;
  void copy_tensor(int tensor, float* out, size_t size) const;
  RunArgs args_of(const Step& step) const;
  void point_input(void* data);
  const char* precision_name() const;

  const Network& network_;
  Context context_;
  int64_t batch_;
  unsigned passes_;
  dn_precision precision_ = DN_PRECISION_F32;
  Graph graph_;
  std::unique_ptr<Backend> backend_;
  std::vector<PlanTensor> tensors_;
  std::vector<Step> steps_;
  std::vector<int> output_tensors_;  // plain, in the order of graph_.output_layers
  std::vector<int> layer_tensors_;   // without passes: of each layer
  std::unique_ptr<Buffer> arena_, scratch_;
};

}  // namespace dn
