// A kernel: one node, made ready to run on one device at one batch size.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/weight_cache.h"
#include "core/context.h"
#include "graph/graph.h"

namespace dn {

// How a tensor lies in memory.
enum class Layout {
  plain,    // float32 NCHW
  blocked,  // float32 NChw16c: channels in blocks of 16, the last one padded
  bf16,     // bfloat16 NHWC
};

constexpr int64_t kBlock = 16;

// Numbers of one image in a layout.
inline int64_t elements(const Shape& shape, Layout layout) {
  const int64_t c = layout == Layout::blocked ? (shape.c + kBlock - 1) / kBlock * kBlock : shape.c;
  return c * shape.plane();
}

inline size_t element_bytes(Layout layout) { return layout == Layout::bf16 ? 2 : 4; }

// A tensor at run time. It may be a slice of the channels of a larger one.
struct View {
  void* data = nullptr;
  int64_t batch_stride = 0;  // elements from one image to the next
  int64_t pixel_stride = 0;  // bf16: elements from one pixel to the next
};

struct RunArgs {
  const Context& context;
  const View* in;
  const Shape* in_shapes;
  size_t inputs;
  View out;
  Shape out_shape;
  int64_t batch;
  void* scratch;
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual void run(const RunArgs& args) const = 0;

  std::string name;
  std::vector<Layout> in_layouts;
  Layout out_layout = Layout::plain;
  size_t scratch_bytes = 0;
  bool takes_strides = false;   // inputs and output may be slices of larger tensors
  bool int16_products = false;  // what it multiplies is rounded to 16-bit integers
  // Which input may be overwritten by the output, because they may share memory; -1: none.
  int in_place = -1;
};

// What a backend is told about a node.
struct KernelRequest {
  const Node& node;
  std::vector<Shape> in_shapes;
  Shape out_shape;
  std::vector<Layout> in_layouts;  // as the inputs lie now
  Layout wanted;                   // what the readers of the output want
  int64_t batch;
  int threads;
  WeightCache& cache;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual const char* name() const = 0;
  // Called with the graph, once, before anything is made for its nodes.
  virtual void study(const Graph& graph, int64_t batch) {
    (void)graph;
    (void)batch;
  }
  // The layout a node's kernel would read its first input in.
  virtual Layout reads(const Op& op, const std::vector<Shape>& in) const = 0;
  // A kernel for the node, or nullptr where this backend has none.
  virtual std::unique_ptr<Kernel> make(const KernelRequest& request) const = 0;
  // One kernel for several nodes, each of which reads the output of the one before and is the only
  // reader; nullptr where running them one by one is better.
  virtual std::unique_ptr<Kernel> make_chain(const std::vector<KernelRequest>& requests) const {
    (void)requests;
    return nullptr;
  }
  // A kernel that copies a tensor from one layout to another.
  virtual std::unique_ptr<Kernel> convert(Layout from, Layout to) const = 0;
  // The layout that tensors between kernels have.
  virtual Layout layout() const = 0;
};

std::unique_ptr<Backend> make_reference_backend();
// The hand-made kernels. int16_products: products may be of integers where that is faster.
std::unique_ptr<Backend> make_cpu_backend(bool int16_products);
std::unique_ptr<Backend> make_onednn_backend();  // nullptr without oneDNN or bf16 hardware
const char* onednn_version();

}  // namespace dn
