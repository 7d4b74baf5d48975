#include "train/training_compiler.h"

#include <algorithm>
#include <cstring>

#include "graph/memory_plan.h"
#include "ops/concat.h"
#include "ops/slice.h"

namespace dn {

void TrainingCompiler::compile() {
  Graph& graph = plan_.graph_;
  uses_ = graph.uses();
  plan_.made_.assign(graph.values.size(), -1);
  plan_.given_deltas_.resize(plan_.network_.layers.size());
  choose_deltas();
  plan_.made_[0] = new_tensor(0, Layout::plain);
  for (const auto& layer : plan_.network_.layers) {
    add_nodes_of(layer->index);
    if (layer->loss() || plan_.options_.keep_all) add_loss(*layer);
  }
  if (plan_.reports_.empty() && !plan_.options_.keep_all)
    throw Error(DN_ERROR_CFG,
                "has no layer with a loss, expected a head, [softmax], [logistic] or [cost]",
                {plan_.network_.name, -1, "", -1});
  choose_backward();
  place_memory();
}

bool TrainingCompiler::passes(int layer) const {
  int stop = -1;
  for (const auto& one : plan_.network_.layers)
    if (one->training.stopbackward == 1) stop = one->index;
  return layer > stop && !plan_.network_.layers[size_t(layer)]->training.onlyforward;
}

// A value wants a delta where something before it is trained.
void TrainingCompiler::choose_deltas() {
  const Graph& graph = plan_.graph_;
  wants_.assign(graph.values.size(), false);
  wants_[0] = plan_.options_.input_delta;
  for (const Node& node : graph.nodes) {
    bool wanted = false;
    for (const int value : node.inputs) wanted = wanted || wants_[size_t(value)];
    for (const Param* param : node.op->params()) wanted = wanted || arrays_.live(param).gradient;
    wants_[size_t(node.output)] = wanted && passes(node.layer);
  }
}

// ---- steps
// ---------------------------------------------------------------------------------------

void TrainingCompiler::add_nodes_of(int layer) {
  const std::vector<Node>& nodes = plan_.graph_.nodes;
  while (next_node_ < nodes.size() && nodes[next_node_].layer == layer) {
    std::unique_ptr<TrainKernel> kernel;
    size_t count = chainable(next_node_);
    for (; count > 0 && !kernel; --count)
      if ((kernel = plan_.backend_->make(request_for(next_node_, count)))) break;
    if (!kernel) {
      count = 1;
      kernel = make_reference_train_kernel(request_for(next_node_, 1));
    }
    add_step(std::move(kernel), next_node_, count);
    next_node_ += count;
  }
}

// How many nodes from `index` on could be one kernel: each reads the one before, and nobody else
// reads it or asks for it.
size_t TrainingCompiler::chainable(size_t index) const {
  const Graph& graph = plan_.graph_;
  size_t count = 1;
  while (count < kMostTrainedTogether && index + count < graph.nodes.size()) {
    const Node &before = graph.nodes[index + count - 1], &node = graph.nodes[index + count];
    const bool follows = node.layer == before.layer && node.inputs.size() == 1 &&
                         node.inputs[0] == before.output && uses_[size_t(before.output)] == 1;
    if (!follows || plan_.value_of(node.layer) == before.output) break;
    ++count;
  }
  return count;
}

TrainRequest TrainingCompiler::request_for(size_t index, size_t count) const {
  const Graph& graph = plan_.graph_;
  TrainRequest request;
  request.threads = plan_.options_.threads;
  request.bf16 = plan_.options_.precision == DN_PRECISION_BF16;
  request.batch = plan_.images_of(graph.nodes[index].output);
  for (size_t i = index; i < index + count; ++i) {
    const Node& node = graph.nodes[i];
    TrainRequest::Part part{
        *node.op, graph.shapes(node.inputs), graph.values[size_t(node.output)], {}};
    for (const Param* param : node.op->params()) part.params.push_back(arrays_.live(param));
    request.parts.push_back(std::move(part));
  }
  for (const int value : graph.nodes[index].inputs)
    request.wants_delta.push_back(wants_[size_t(value)]);
  return request;
}

int TrainingCompiler::new_tensor(int value, Layout layout) {
  TrainingPlan::Tensor tensor;
  tensor.value = value;
  tensor.layout = layout;
  plan_.tensors_.push_back(tensor);
  const int index = static_cast<int>(plan_.tensors_.size()) - 1;
  tensors_[{value, layout}] = index;
  return index;
}

int TrainingCompiler::tensor_of(int value, Layout layout) {
  const auto known = tensors_.find({value, layout});
  if (known != tensors_.end()) return known->second;
  const int made = plan_.made_[size_t(value)];
  const Layout from = plan_.tensors_[size_t(made)].layout;
  // whole blocks of one pixel lie as plain numbers do
  const Shape& shape = plan_.graph_.values[size_t(value)];
  if (shape.plane() == 1 && shape.c % kBlock == 0) return made;
  Step step;
  step.kernel = plan_.backend_->convert(shape, plan_.images_of(value), from, layout);
  if (!step.kernel)
    fail(DN_ERROR_INTERNAL, "no kernel converts layout %d to %d", int(from), int(layout));
  step.in = {made};
  step.out = new_tensor(value, layout);
  step.layer = value == 0 ? 0 : plan_.steps_.back().layer;
  plan_.steps_.push_back(std::move(step));
  return plan_.steps_.back().out;
}

void TrainingCompiler::add_step(std::unique_ptr<TrainKernel> kernel, size_t index, size_t count) {
  const Graph& graph = plan_.graph_;
  const Node& last = graph.nodes[index + count - 1];
  const std::vector<int>& inputs = graph.nodes[index].inputs;
  Step step;
  for (size_t i = 0; i < inputs.size(); ++i)
    step.in.push_back(tensor_of(inputs[i], kernel->in_layouts[i]));
  step.kernel = std::move(kernel);
  step.out = new_tensor(last.output, step.kernel->out_layout);
  plan_.made_[size_t(last.output)] = step.out;
  step.node = static_cast<int>(index + count - 1);
  step.layer = last.layer;
  step.fixes = plan_.network_.training.try_fix_nan &&
               plan_.network_.layers[size_t(last.layer)]->find_param("weights") &&
               last.output == plan_.value_of(last.layer);
  plan_.steps_.push_back(std::move(step));
}

// A loss reads and writes plain tensors; deltas from outside are added in the tensor's own layout.
void TrainingCompiler::add_loss(const Layer& layer) {
  const int value = plan_.value_of(layer.index);
  const Loss* loss = layer.loss();
  Step step;
  step.layer = layer.index;
  step.out = loss ? tensor_of(value, Layout::plain) : plan_.made_[size_t(value)];
  plan_.steps_.push_back(std::move(step));
  if (!loss) return;
  const Place place{plan_.network_.name, layer.line, layer.type, layer.index};
  try {
    loss->check();
  } catch (Error& error) {
    error.locate(place);
    throw;
  }
  const int64_t truths = loss->truths(plan_.graph_.values[size_t(value)]);
  if (!plan_.reports_.empty() && truths != plan_.truths_)
    throw Error(DN_ERROR_CFG,
                format("the truth of an image has %lld numbers here and %lld in layer %d",
                       static_cast<long long>(truths), static_cast<long long>(plan_.truths_),
                       plan_.reports_.back().layer),
                place);
  plan_.truths_ = truths;
  HeadReport report;
  report.layer = layer.index;
  plan_.reports_.push_back(std::move(report));
}

// A step runs backward where a delta reaches it and somebody wants what it gives.
void TrainingCompiler::choose_backward() {
  std::vector<bool> reached(plan_.tensors_.size(), false);
  const auto wants = [&](int tensor) {
    return bool(wants_[size_t(plan_.tensors_[size_t(tensor)].value)]);
  };
  for (size_t i = plan_.steps_.size(); i-- > 0;) {
    Step& step = plan_.steps_[i];
    const auto reach = [&](int tensor, bool overwrites) {
      if (!reached[size_t(tensor)] && !overwrites) step.zeroed.push_back(tensor);
      step.add.push_back(reached[size_t(tensor)] || !overwrites);
      reached[size_t(tensor)] = true;
    };
    if (!step.kernel) {
      step.runs_backward = wants(step.out) && passes(step.layer);
      if (step.runs_backward) reach(step.out, loss_overwrites(step));
      continue;
    }
    step.runs_backward = wants(step.out) && reached[size_t(step.out)];
    for (const int tensor : step.in) {
      if (step.runs_backward && wants(tensor))
        reach(tensor, step.kernel->overwrites);
      else
        step.add.push_back(0);
    }
  }
  for (size_t v = 0; v < wants_.size(); ++v) {
    const int made = plan_.made_[v];
    wants_[v] = wants_[v] && made >= 0;
  }
  has_delta_.resize(plan_.tensors_.size());
  for (size_t t = 0; t < reached.size(); ++t) has_delta_[t] = reached[t] && wants(int(t));
}

// ---- memory
// --------------------------------------------------------------------------------------

void TrainingCompiler::touch(int slot, int time) {
  Slot& s = slots_[size_t(slot)];
  s.first = std::min(s.first, time);
  s.last = std::max(s.last, time);
}

int TrainingCompiler::new_slot(size_t bytes) {
  Slot slot;
  slot.bytes = bytes;
  slots_.push_back(slot);
  return static_cast<int>(slots_.size()) - 1;
}

int TrainingCompiler::root_of(int slot) const {
  while (slots_[size_t(slot)].inside >= 0) slot = slots_[size_t(slot)].inside;
  return slot;
}

void TrainingCompiler::put_inside(int slot, int other, size_t offset) {
  slots_[size_t(slot)].inside = other;
  slots_[size_t(slot)].offset = offset;
  const int first = slots_[size_t(slot)].first, last = slots_[size_t(slot)].last;
  for (int at = other; at >= 0; at = slots_[size_t(at)].inside) {
    touch(at, first);
    touch(at, last);
  }
}

void TrainingCompiler::measure_lives() {
  const int end = static_cast<int>(2 * plan_.steps_.size());
  for (size_t t = 0; t < plan_.tensors_.size(); ++t) {
    const size_t bytes = size_t(plan_.numbers_of(plan_.tensors_[t])) * sizeof(float);
    data_.push_back(new_slot(bytes));
    delta_.push_back(has_delta_[t] ? new_slot(bytes) : -1);
  }
  touch(data_[0], -1);
  touch(data_[0], end);
  if (delta_[0] >= 0) touch(delta_[0], end);
  loss_.assign(plan_.steps_.size(), -1);
  kept_.assign(plan_.steps_.size(), -1);
  for (size_t i = 0; i < plan_.steps_.size(); ++i) {
    const Step& step = plan_.steps_[i];
    const int time = int(i), back = time_back(i), out = step.out;
    touch(data_[size_t(out)], time);
    if (step.runs_backward) touch(delta_[size_t(out)], back);
    if (!step.kernel) {
      if (!plan_.loss_of(step)) continue;
      loss_[i] = new_slot(size_t(plan_.numbers_of(plan_.tensors_[size_t(out)])) * sizeof(float));
      touch(loss_[i], time);
      touch(loss_[i], end);  // can be read afterwards
      continue;
    }
    for (const int in : step.in) {
      touch(data_[size_t(in)], time);
      if (step.runs_backward && delta_[size_t(in)] >= 0) touch(delta_[size_t(in)], back);
    }
    if (step.kernel->kept_bytes == 0) continue;
    kept_[i] = new_slot(step.kernel->kept_bytes);
    touch(kept_[i], time);
    if (step.runs_backward) touch(kept_[i], back);
  }
  plan_backward_reads();
  if (!plan_.options_.keep_all) return;
  for (size_t t = 0; t < plan_.tensors_.size(); ++t) {
    touch(data_[t], end);
    if (delta_[t] >= 0) touch(delta_[t], end);
  }
}

// What backward reads is kept from forward on; or, to save memory, made again just before it is
// read first, from inputs that are read then. Steps are looked at in reverse, so that all readers
// of an output come before it, those that make something again from it too.
void TrainingCompiler::plan_backward_reads() {
  const bool recompute = plan_.options_.recompute && !plan_.options_.keep_all;
  again_.assign(plan_.tensors_.size(), -1);
  std::vector<int> maker(plan_.tensors_.size(), -1);
  for (size_t i = 0; i < plan_.steps_.size(); ++i)
    if (plan_.steps_[i].kernel) maker[size_t(plan_.steps_[i].out)] = int(i);
  const auto read = [&](int tensor, int time) {
    const int made = maker[size_t(tensor)];
    const bool again = recompute && made >= 0 && plan_.steps_[size_t(made)].kernel->can_repeat;
    int& slot = again_[size_t(tensor)];
    if (again && slot < 0) slot = new_slot(slots_[size_t(data_[size_t(tensor)])].bytes);
    touch(again ? slot : data_[size_t(tensor)], time);
  };
  for (size_t i = plan_.steps_.size(); i-- > 0;) {
    Step& step = plan_.steps_[i];
    if (!step.kernel) continue;
    if (step.runs_backward && step.kernel->reads_output) read(step.out, time_back(i));
    if (step.runs_backward && step.kernel->reads_inputs)
      for (const int in : step.in) read(in, time_back(i));
    if (again_[size_t(step.out)] < 0) continue;
    const int first = slots_[size_t(again_[size_t(step.out)])].first;
    for (const int in : step.in) read(in, first);
    if (kept_[i] >= 0) touch(kept_[i], first);
    std::vector<int>& repeated = plan_.steps_[size_t(time_back(size_t(first)))].repeated;
    repeated.insert(repeated.begin(), int(i));
  }
}

// Whether all kernels that read or write a tensor take slices of larger ones.
bool TrainingCompiler::may_be_strided(int tensor) const {
  const TrainingPlan::Tensor& t = plan_.tensors_[size_t(tensor)];
  if (t.layout != Layout::blocked || t.value == 0) return false;
  for (const Step& step : plan_.steps_) {
    const bool touches =
        step.out == tensor || std::find(step.in.begin(), step.in.end(), tensor) != step.in.end();
    if (touches && !(step.kernel && step.kernel->takes_strides)) return false;
  }
  return true;
}

// Inputs of a concatenation lie inside its output, and their deltas in its delta, where it is the
// first in the backward pass that gives them one.
void TrainingCompiler::share_concats() {
  // later concatenations first, so that one inside another finds its place too
  for (size_t s = plan_.steps_.size(); s-- > 0;) {
    const Step& step = plan_.steps_[s];
    if (step.node < 0 || !step.kernel->takes_strides) continue;
    if (!dynamic_cast<const Concat*>(plan_.graph_.nodes[size_t(step.node)].op.get())) continue;
    int64_t first = 0;
    for (size_t i = 0; i < step.in.size(); ++i) {
      const int part = step.in[i];
      const Shape& shape = plan_.graph_.values[size_t(plan_.tensors_[size_t(part)].value)];
      const size_t offset = size_t(first * shape.plane()) * sizeof(float);
      const bool aligned =
          first % kBlock == 0 && (shape.c % kBlock == 0 || i + 1 == step.in.size());
      first += shape.c;
      if (!aligned || !may_be_strided(part)) continue;
      const int data = data_[size_t(part)], delta = delta_[size_t(part)];
      if (slots_[size_t(data)].inside < 0) put_inside(data, data_[size_t(step.out)], offset);
      if (delta >= 0 && step.runs_backward && step.add[i] == 0 && slots_[size_t(delta)].inside < 0)
        put_inside(delta, delta_[size_t(step.out)], offset);
    }
  }
}

// A slice lies inside its input; its delta in that of the input, where that holds something before
// the slice gets its first.
void TrainingCompiler::share_slices() {
  for (Step& step : plan_.steps_) {
    if (step.node < 0 || !step.kernel->takes_strides) continue;
    const auto* slice = dynamic_cast<const Slice*>(plan_.graph_.nodes[size_t(step.node)].op.get());
    const int whole = step.in[0], part = step.out;
    if (!slice || slice->first % kBlock || !may_be_strided(part) || !may_be_strided(whole))
      continue;
    const Shape& shape = plan_.graph_.values[size_t(plan_.tensors_[size_t(part)].value)];
    if (shape.c % kBlock) continue;
    const size_t offset = size_t(slice->first * shape.plane()) * sizeof(float);
    const int data = data_[size_t(part)];
    if (slots_[size_t(data)].inside < 0) put_inside(data, data_[size_t(whole)], offset);
    const int delta = delta_[size_t(part)], other = delta_[size_t(whole)];
    if (delta < 0 || other < 0 || !step.runs_backward || slots_[size_t(delta)].inside >= 0)
      continue;
    if (first_delta_[size_t(whole)] >= first_delta_[size_t(part)]) continue;
    put_inside(delta, other, offset);
    // whoever came first overwrote, and adds now to what the others gave
    for (Step& reader : plan_.steps_) {
      for (size_t i = 0; i < reader.in.size(); ++i)
        if (reader.runs_backward && reader.in[i] == part) reader.add[i] = 1;
      reader.zeroed.erase(std::remove(reader.zeroed.begin(), reader.zeroed.end(), part),
                          reader.zeroed.end());
    }
  }
}

void TrainingCompiler::share_in_place() {
  for (size_t s = 0; s < plan_.steps_.size(); ++s) {
    const Step& step = plan_.steps_[s];
    if (!step.kernel) continue;
    const int out = data_[size_t(step.out)], out_delta = delta_[size_t(step.out)];
    const auto once = [&](size_t i) {
      return std::count(step.in.begin(), step.in.end(), step.in[i]) == 1;
    };
    for (size_t i = 0; i < step.in.size(); ++i) {
      const int which = step.kernel->in_place, in = data_[size_t(step.in[i])];
      if (which != kAnyInput && which != int(i)) continue;
      const bool over = slots_[size_t(in)].inside < 0 && slots_[size_t(in)].last == int(s);
      if (!over || !once(i) || slots_[size_t(out)].inside >= 0) continue;
      if (slots_[size_t(in)].bytes != slots_[size_t(out)].bytes) continue;
      put_inside(out, in, 0);
    }
    for (size_t i = 0; i < step.in.size() && step.runs_backward; ++i) {
      const int which = step.kernel->delta_in_place, in = delta_[size_t(step.in[i])];
      if ((which != kAnyInput && which != int(i)) || in < 0 || step.add[i] || !once(i)) continue;
      if (slots_[size_t(in)].inside >= 0) continue;
      if (slots_[size_t(in)].bytes != slots_[size_t(out_delta)].bytes) continue;
      if (slots_[size_t(root_of(out_delta))].inside == in || !strided_ok(step.in[i], out_delta))
        continue;
      put_inside(in, out_delta, 0);
      break;
    }
  }
}

// A delta that lies in a slice needs kernels that take one.
bool TrainingCompiler::strided_ok(int tensor, int slot) const {
  return slots_[size_t(root_of(slot))].bytes == slots_[size_t(slot)].bytes ||
         may_be_strided(tensor);
}

void TrainingCompiler::place_memory() {
  measure_lives();
  for (size_t t = 0; t < plan_.tensors_.size(); ++t)
    first_delta_.push_back(delta_[t] < 0 ? 0 : slots_[size_t(delta_[t])].first);
  if (!plan_.options_.keep_all) {
    share_concats();
    share_slices();
    share_in_place();
  }
  std::vector<Lifetime> roots;
  std::vector<size_t> indices;
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].inside >= 0) continue;
    Lifetime life;
    life.bytes = slots_[i].bytes;
    life.first = slots_[i].first;
    life.last = slots_[i].last;
    roots.push_back(life);
    indices.push_back(i);
  }
  plan_.arena_ = std::make_unique<Buffer>(place_buffers(roots, true));
  std::memset(plan_.arena_->as<void>(), 0, plan_.arena_->bytes());
  for (size_t i = 0; i < roots.size(); ++i) slots_[indices[i]].offset = roots[i].offset;
  bind();
}

void TrainingCompiler::bind() {
  const auto memory_of = [&](int slot) -> char* {
    size_t offset = 0;
    for (int at = slot; at >= 0; at = slots_[size_t(at)].inside)
      offset += slots_[size_t(at)].offset;
    return plan_.arena_->as<char>() + offset;
  };
  const auto view_of = [&](int slot, int value) {
    View view;
    view.data = memory_of(slot);
    const int64_t bytes = int64_t(slots_[size_t(root_of(slot))].bytes);
    view.batch_stride = bytes / int64_t(sizeof(float)) / plan_.images_of(value);
    return view;
  };
  size_t scratch = 0;
  for (size_t t = 0; t < plan_.tensors_.size(); ++t) {
    TrainingPlan::Tensor& tensor = plan_.tensors_[t];
    tensor.data = tensor.again = view_of(data_[t], tensor.value);
    if (again_[t] >= 0) tensor.again = view_of(again_[t], tensor.value);
    if (delta_[t] >= 0) tensor.delta = view_of(delta_[t], tensor.value);
  }
  plan_.loss_deltas_.assign(plan_.network_.layers.size(), nullptr);
  for (size_t i = 0; i < plan_.steps_.size(); ++i) {
    Step& step = plan_.steps_[i];
    if (!step.kernel) {
      const Loss* loss = plan_.loss_of(step);
      if (!loss) continue;
      plan_.loss_deltas_[size_t(step.layer)] = reinterpret_cast<float*>(memory_of(loss_[i]));
      const Shape& shape = plan_.graph_.values[size_t(plan_.value_of(step.layer))];
      scratch = std::max(
          scratch, size_t(loss->scratch_numbers(shape, plan_.options_.batch)) * sizeof(float));
      continue;
    }
    scratch = std::max(scratch, step.kernel->scratch_bytes);
    if (kept_[i] >= 0) step.kept = memory_of(kept_[i]);
    for (size_t k = 0; k < step.in.size(); ++k) {
      const TrainingPlan::Tensor& in = plan_.tensors_[size_t(step.in[k])];
      step.in_views.push_back(in.data);
      step.in_again_views.push_back(in.again);
      step.in_delta_views.push_back(step.runs_backward ? in.delta : View());
    }
  }
  plan_.scratch_ = std::make_unique<Buffer>(scratch);
  plan_.truth_ = std::make_unique<Buffer>(size_t(plan_.truth_size()) * sizeof(float));
  std::memset(plan_.truth_->as<void>(), 0, plan_.truth_->bytes());
}

}  // namespace dn
