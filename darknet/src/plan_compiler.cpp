#include "plan_compiler.h"

#include <algorithm>
#include <cstring>

#include "backends/reference.h"
#include "graph/memory_plan.h"
#include "ops/concat.h"
#include "ops/slice.h"

namespace dn {

constexpr size_t kMostChained = 4;

void PlanCompiler::compile() {
  Graph& graph = plan_.graph_;
  made_.assign(graph.values.size(), Layout::plain);
  uses_ = graph.uses();
  plan_.backend_->study(graph, plan_.batch_);
  choose_wanted();
  new_tensor(0, Layout::plain);
  for (size_t i = 0; i < graph.nodes.size();) i += add_nodes(i);
  for (const int layer : graph.output_layers)
    plan_.output_tensors_.push_back(tensor_of(graph.layer_values[size_t(layer)], Layout::plain));
  if (plan_.passes_ == 0)
    for (const int value : graph.layer_values)
      plan_.layer_tensors_.push_back(tensor_of(value, Layout::plain));
  if (plan_.passes_ & DN_PASS_ALIAS_CONCAT) {
    alias_slices();
    alias_concats();
  }
  place_memory();
  bind();
}

void PlanCompiler::choose_wanted() {
  // A value is made plain where every reader reads it so, and else as tensors usually lie.
  const Graph& graph = plan_.graph_;
  const Layout usual = plan_.backend_->layout();
  wanted_.assign(graph.values.size(), Layout::plain);
  for (const Node& node : graph.nodes) {
    const Layout reads = plan_.backend_->reads(*node.op, graph.shapes(node.inputs));
    for (const int value : node.inputs)
      if (reads != Layout::plain) wanted_[size_t(value)] = usual;
  }
}

int PlanCompiler::new_tensor(int value, Layout layout) {
  PlanTensor tensor;
  tensor.shape = plan_.graph_.values[size_t(value)];
  tensor.layout = layout;
  tensor.maker = static_cast<int>(plan_.steps_.size());
  if (value == 0 && plan_.tensors_.empty()) tensor.maker = -1;
  plan_.tensors_.push_back(tensor);
  const int index = static_cast<int>(plan_.tensors_.size()) - 1;
  tensors_[{value, layout}] = index;
  return index;
}

int PlanCompiler::tensor_of(int value, Layout layout) {
  const auto known = tensors_.find({value, layout});
  if (known != tensors_.end()) return known->second;
  const Layout made = made_[size_t(value)];
  Step step;
  step.kernel = plan_.backend_->convert(made, layout);
  if (!step.kernel)
    fail(DN_ERROR_INTERNAL, "no kernel converts layout %d to %d", int(made), int(layout));
  step.in = {tensors_.at({value, made})};
  step.out = new_tensor(value, layout);
  plan_.steps_.push_back(std::move(step));
  return plan_.steps_.back().out;
}

KernelRequest PlanCompiler::request_for(size_t index) const {
  const Graph& graph = plan_.graph_;
  const Node& node = graph.nodes[index];
  KernelRequest request{node,
                        graph.shapes(node.inputs),
                        graph.values[size_t(node.output)],
                        {},
                        wanted_[size_t(node.output)],
                        plan_.batch_,
                        plan_.context_.threads,
                        plan_.network_.cache};
  for (const int value : node.inputs) request.in_layouts.push_back(made_[size_t(value)]);
  return request;
}

// How many nodes from `index` on could be one kernel: each reads first the output of the one
// before, and nobody else reads it. Only the last may have further inputs.
size_t PlanCompiler::chainable(size_t index) const {
  const Graph& graph = plan_.graph_;
  size_t count = 1;
  if (!(plan_.passes_ & DN_PASS_CHAIN)) return count;
  while (count < kMostChained && index + count < graph.nodes.size()) {
    const Node &before = graph.nodes[index + count - 1], &node = graph.nodes[index + count];
    if (before.inputs.size() != 1 || node.inputs.empty() || node.inputs[0] != before.output) break;
    if (uses_[size_t(before.output)] != 1) break;
    ++count;
  }
  return count;
}

// Adds a step for the node at `index`, or for several from there on; returns how many.
size_t PlanCompiler::add_nodes(size_t index) {
  for (size_t count = chainable(index); count > 1; --count) {
    std::vector<KernelRequest> requests;
    for (size_t i = 0; i < count; ++i) requests.push_back(request_for(index + i));
    std::unique_ptr<Kernel> kernel;
    try {
      kernel = plan_.backend_->make_chain(requests);
    } catch (const Error&) {
      break;  // found again below, where it is known whose it is
    }
    if (!kernel) continue;
    const std::vector<int>& further = requests.back().node.inputs;
    std::vector<int> inputs = requests[0].node.inputs;
    inputs.insert(inputs.end(), further.begin() + 1, further.end());
    add_step(std::move(kernel), index + count - 1, inputs);
    plan_.steps_.back().chained = static_cast<int>(count);
    return count;
  }
  const KernelRequest request = request_for(index);
  const Node& node = request.node;
  std::unique_ptr<Kernel> kernel;
  try {
    kernel = plan_.backend_->make(request);
    if (!kernel) kernel = make_reference_kernel(request);
  } catch (Error& error) {
    const Layer& layer = *plan_.network_.layers[size_t(node.layer)];
    error.locate({"", -1, layer.type, layer.index});
    throw;
  }
  add_step(std::move(kernel), index, node.inputs);
  return 1;
}

// A step that makes the output of the node at `index` from values.
void PlanCompiler::add_step(std::unique_ptr<Kernel> kernel, size_t index,
                            const std::vector<int>& inputs) {
  const Node& node = plan_.graph_.nodes[index];
  Step step;
  step.kernel = std::move(kernel);
  for (size_t i = 0; i < inputs.size(); ++i)
    step.in.push_back(tensor_of(inputs[i], step.kernel->in_layouts[i]));
  made_[size_t(node.output)] = step.kernel->out_layout;
  step.out = new_tensor(node.output, step.kernel->out_layout);
  step.node = static_cast<int>(index);
  plan_.steps_.push_back(std::move(step));
}

// A tensor can lie inside another where its maker and readers take strides; those of a single
// image are dense either way.
bool PlanCompiler::may_be_slice(int tensor) const {
  const PlanTensor& t = plan_.tensors_[size_t(tensor)];
  if (t.layout != Layout::blocked || t.parent >= 0 || t.maker < 0) return false;
  for (const Step& step : plan_.steps_) {
    const bool touches =
        step.out == tensor || std::find(step.in.begin(), step.in.end(), tensor) != step.in.end();
    if (touches && !step.kernel->takes_strides && plan_.batch_ > 1) return false;
  }
  return true;
}

void PlanCompiler::alias_slices() {
  for (const Step& step : plan_.steps_) {
    const auto* slice =
        step.node < 0 ? nullptr
                      : dynamic_cast<const Slice*>(plan_.graph_.nodes[size_t(step.node)].op.get());
    if (!slice || slice->first % kBlock || !step.kernel->takes_strides) continue;
    const PlanTensor& whole = plan_.tensors_[size_t(step.in[0])];
    if (whole.layout != Layout::blocked || whole.maker < 0 || !may_be_slice(step.out)) continue;
    plan_.tensors_[size_t(step.out)].parent = step.in[0];
    plan_.tensors_[size_t(step.out)].first_channel = slice->first;
  }
}

void PlanCompiler::alias_concats() {
  // later concatenations first, so that one inside another finds its place too
  for (auto step = plan_.steps_.rbegin(); step != plan_.steps_.rend(); ++step) {
    if (step->node < 0 || !step->kernel->takes_strides) continue;
    const Node& node = plan_.graph_.nodes[size_t(step->node)];
    if (!dynamic_cast<const Concat*>(node.op.get())) continue;
    if (plan_.tensors_[size_t(step->out)].layout != Layout::blocked) continue;
    int64_t first = 0;
    for (size_t i = 0; i < step->in.size(); ++i) {
      const int part = step->in[i];
      const int64_t c = plan_.tensors_[size_t(part)].shape.c;
      const bool last = i + 1 == step->in.size();
      if (first % kBlock == 0 && (c % kBlock == 0 || last) && may_be_slice(part)) {
        plan_.tensors_[size_t(part)].parent = step->out;
        plan_.tensors_[size_t(part)].first_channel = first;
      }
      first += c;
    }
  }
}

void PlanCompiler::place_memory() {
  std::vector<PlanTensor>& tensors = plan_.tensors_;
  const auto root_of = [&](int tensor) {
    while (tensors[size_t(tensor)].parent >= 0) tensor = tensors[size_t(tensor)].parent;
    return size_t(tensor);
  };
  const int end = static_cast<int>(plan_.steps_.size());
  std::vector<Lifetime> lives(tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    lives[i].first = end;
    lives[i].last = -1;
  }
  const auto touch = [&](int tensor, int step) {
    Lifetime& life = lives[root_of(tensor)];
    life.first = std::min(life.first, step);
    life.last = std::max(life.last, step);
  };
  touch(0, -1);
  touch(0, end);  // the input stays, so that a plan can run twice on it
  for (int s = 0; s < end; ++s) {
    touch(plan_.steps_[size_t(s)].out, s);
    for (const int tensor : plan_.steps_[size_t(s)].in) touch(tensor, s);
  }
  for (const int tensor : plan_.output_tensors_) touch(tensor, end);
  for (const int tensor : plan_.layer_tensors_) touch(tensor, end);
  std::vector<Lifetime> roots;
  std::vector<size_t> indices;
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].parent >= 0) continue;
    lives[i].bytes = size_t(plan_.batch_ * elements(tensors[i].shape, tensors[i].layout)) *
                     element_bytes(tensors[i].layout);
    roots.push_back(lives[i]);
    indices.push_back(i);
  }
  const size_t bytes = place_buffers(roots, plan_.passes_ & DN_PASS_REUSE_MEMORY);
  plan_.arena_ = std::make_unique<Buffer>(bytes);
  std::memset(plan_.arena_->as<void>(), 0, bytes);
  size_t scratch = 0;
  for (const Step& step : plan_.steps_) scratch = std::max(scratch, step.kernel->scratch_bytes);
  plan_.scratch_ = std::make_unique<Buffer>(scratch);
  for (size_t i = 0; i < roots.size(); ++i) {
    PlanTensor& tensor = tensors[indices[i]];
    tensor.view.data = plan_.arena_->as<char>() + roots[i].offset;
    tensor.view.batch_stride = elements(tensor.shape, tensor.layout);
    tensor.view.pixel_stride = tensor.shape.c;
  }
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].parent < 0) continue;
    int64_t channel = 0;
    int at = static_cast<int>(i);
    for (; tensors[size_t(at)].parent >= 0; at = tensors[size_t(at)].parent)
      channel += tensors[size_t(at)].first_channel;
    const View& root = tensors[size_t(at)].view;
    tensors[i].view = root;
    tensors[i].view.data =
        static_cast<char*>(root.data) +
        size_t(channel * tensors[i].shape.plane()) * element_bytes(tensors[i].layout);
  }
}

void PlanCompiler::bind() {
  for (Step& step : plan_.steps_)
    for (const int tensor : step.in) {
      step.in_views.push_back(plan_.tensors_[size_t(tensor)].view);
      step.in_shapes.push_back(plan_.tensors_[size_t(tensor)].shape);
    }
}

}  // namespace dn
