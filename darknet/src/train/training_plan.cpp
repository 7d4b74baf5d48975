#include "train/training_plan.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/random.h"
#include "ops/delta.h"
#include "train/fix_numbers.h"

namespace dn {

TrainingPlan::TrainingPlan(const Network& network, const LiveArrays& arrays,
                           const TrainingPlanOptions& options)
    : network_(network), options_(options) {
  graph_ = network.lower(options.width, options.height, true);
  list_items();
  choose_backward(arrays);
  place_memory();
  bind(arrays);
}

void TrainingPlan::check(const Layer& layer) const {
  try {
    layer.loss()->check();
  } catch (Error& error) {
    error.locate({network_.name, layer.line, layer.type, layer.index});
    throw;
  }
}

void TrainingPlan::list_items() {
  size_t node = 0;
  for (const auto& layer : network_.layers) {
    for (; node < graph_.nodes.size() && graph_.nodes[node].layer == layer->index; ++node) {
      Item item;
      item.node = static_cast<int>(node);
      item.layer = layer->index;
      item.fixes = network_.training.try_fix_nan && layer->find_param("weights") &&
                   graph_.nodes[node].output == graph_.layer_values[size_t(layer->index)];
      items_.push_back(std::move(item));
    }
    const Loss* loss = layer->loss();
    if (loss || options_.keep_all) {
      Item item;
      item.layer = layer->index;
      items_.push_back(std::move(item));
    }
    if (!loss) continue;
    check(*layer);
    const int64_t truths = loss->truths(graph_.values[value_of(layer->index)]);
    if (!reports_.empty() && truths != truths_)
      throw Error(DN_ERROR_CFG,
                  format("the truth of an image has %lld numbers here and %lld in layer %d",
                         static_cast<long long>(truths), static_cast<long long>(truths_),
                         reports_.back().layer),
                  {network_.name, layer->line, layer->type, layer->index});
    truths_ = truths;
    HeadReport report;
    report.layer = layer->index;
    reports_.push_back(std::move(report));
  }
  given_deltas_.resize(network_.layers.size());
  if (reports_.empty() && !options_.keep_all)
    throw Error(DN_ERROR_CFG,
                "has no layer with a loss, expected a head, [softmax], [logistic] or [cost]",
                {network_.name, -1, "", -1});
}

// A value wants a delta where something before it is trained; a node runs backward where a delta
// reaches it and somebody wants what it gives.
void TrainingPlan::choose_backward(const LiveArrays& arrays) {
  int stop = -1;
  for (const auto& layer : network_.layers)
    if (layer->training.stopbackward == 1) stop = layer->index;
  const auto passes = [&](int layer) {
    return layer > stop && !network_.layers[size_t(layer)]->training.onlyforward;
  };
  wants_delta_.assign(graph_.values.size(), false);
  wants_delta_[0] = options_.input_delta;
  for (const Node& node : graph_.nodes) {
    bool wanted = false;
    for (const int value : node.inputs) wanted = wanted || wants_delta_[size_t(value)];
    for (const Param* param : node.op->params()) wanted = wanted || arrays.live(param).gradient;
    wants_delta_[size_t(node.output)] = wanted && passes(node.layer);
  }
  std::vector<bool> reached(graph_.values.size(), false);
  for (size_t i = items_.size(); i-- > 0;) {
    Item& item = items_[i];
    const auto reach = [&](int value) {
      if (!wants_delta_[size_t(value)]) return;
      if (!reached[size_t(value)]) item.zeroed.push_back(value);
      reached[size_t(value)] = true;
    };
    if (item.node < 0) {
      item.runs_backward = wants_delta_[value_of(item.layer)] && passes(item.layer);
      if (item.runs_backward) reach(int(value_of(item.layer)));
      continue;
    }
    const Node& node = graph_.nodes[size_t(item.node)];
    item.runs_backward = wants_delta_[size_t(node.output)] && reached[size_t(node.output)];
    if (!item.runs_backward) continue;
    for (const int value : node.inputs) reach(value);
  }
  for (size_t v = 0; v < reached.size(); ++v) wants_delta_[v] = wants_delta_[v] && reached[v];
}

namespace {

struct Slot {  // a buffer to be placed
  Lifetime life;
  float** pointer;
};

}  // namespace

void TrainingPlan::place_memory() {
  const size_t values = graph_.values.size();
  const int end = int(2 * items_.size());
  values_.assign(values, nullptr);
  deltas_.assign(values, nullptr);
  kept_.assign(graph_.nodes.size(), nullptr);
  loss_deltas_.assign(network_.layers.size(), nullptr);
  std::vector<Lifetime> value_lives(values), delta_lives(values);
  for (size_t v = 0; v < values; ++v) {
    value_lives[v].bytes = delta_lives[v].bytes = size_t(numbers_of(int(v))) * sizeof(float);
    value_lives[v].first = v == 0 ? -1 : end;
    value_lives[v].last = v == 0 ? end : -1;
    delta_lives[v].first = end;
    delta_lives[v].last = -1;
  }
  const auto touch = [](Lifetime& life, int time) {
    life.first = std::min(life.first, time);
    life.last = std::max(life.last, time);
  };
  std::vector<Slot> slots;
  int64_t scratch = 0;
  for (size_t i = 0; i < items_.size(); ++i) {
    const Item& item = items_[i];
    const int time = int(i), back = backward_time(i);
    if (item.node < 0) {
      const size_t value = value_of(item.layer);
      touch(value_lives[value], time);
      if (item.runs_backward) touch(delta_lives[value], back);
      const Loss* loss = loss_of(item);
      if (!loss) continue;
      Lifetime life = delta_lives[value];
      life.first = time;
      life.last = end;  // can be read afterwards
      slots.push_back({life, &loss_deltas_[size_t(item.layer)]});
      scratch = std::max(scratch, loss->scratch_numbers(graph_.values[value], options_.batch));
      continue;
    }
    const Node& node = graph_.nodes[size_t(item.node)];
    const Op& op = *node.op;
    const std::vector<Shape> in = graph_.shapes(node.inputs);
    const TrainingMemory memory =
        op.training_memory(in, graph_.values[size_t(node.output)], images_of(node.output));
    scratch = std::max(scratch, memory.scratch);
    touch(value_lives[size_t(node.output)], time);
    for (const int value : node.inputs) touch(value_lives[size_t(value)], time);
    if (item.runs_backward) {
      if (op.backward_reads_output()) touch(value_lives[size_t(node.output)], back);
      if (op.backward_reads_inputs())
        for (const int value : node.inputs) touch(value_lives[size_t(value)], back);
      touch(delta_lives[size_t(node.output)], back);
      for (const int value : node.inputs)
        if (wants_delta_[size_t(value)]) touch(delta_lives[size_t(value)], back);
    }
    if (memory.kept > 0) {
      Lifetime life;
      life.bytes = size_t(memory.kept) * sizeof(float);
      life.first = time;
      life.last = item.runs_backward ? back : time;
      slots.push_back({life, &kept_[size_t(item.node)]});
    }
  }
  touch(delta_lives[0], end - 1);
  lasts_.assign(values, false);
  for (size_t v = 0; v < values; ++v) {
    if (options_.keep_all) value_lives[v].last = delta_lives[v].last = end;
    lasts_[v] = value_lives[v].last == end;
    slots.push_back({value_lives[v], &values_[v]});
    if (!wants_delta_[v]) continue;
    slots.push_back({delta_lives[v], &deltas_[v]});
  }
  std::vector<Lifetime> lives;
  for (const Slot& slot : slots) lives.push_back(slot.life);
  arena_ = std::make_unique<Buffer>(place_buffers(lives, true));
  std::memset(arena_->as<void>(), 0, arena_->bytes());
  for (size_t i = 0; i < slots.size(); ++i)
    *slots[i].pointer = reinterpret_cast<float*>(arena_->as<char>() + lives[i].offset);
  scratch_ = std::make_unique<Buffer>(size_t(scratch) * sizeof(float));
  truth_ = std::make_unique<Buffer>(size_t(truth_size()) * sizeof(float));
  std::memset(truth_->as<void>(), 0, truth_->bytes());
}

void TrainingPlan::bind(const LiveArrays& arrays) {
  for (size_t n = 0; n < graph_.nodes.size(); ++n) {
    const Node& node = graph_.nodes[n];
    auto run = std::make_unique<Run>();
    run->in_shapes = graph_.shapes(node.inputs);
    for (const int value : node.inputs) {
      run->in.push_back(values_[size_t(value)]);
      run->in_delta.push_back(deltas_[size_t(value)]);
    }
    for (const Param* param : node.op->params()) {
      run->params.push_back(arrays.live(param));
      run->constants.push_back(run->params.back().value);
    }
    if (run->params.empty())
      for (const Constant& constant : node.op->constants()) {
        const size_t bytes = constant.values.size() * sizeof(float);
        run->own_constants.push_back(std::make_unique<Buffer>(bytes));
        std::memcpy(run->own_constants.back()->as<>(), constant.values.data(), bytes);
        run->constants.push_back(run->own_constants.back()->as<>());
      }
    BackwardArgs& args = run->args;
    args.in = run->in.data();
    args.in_shapes = run->in_shapes.data();
    args.inputs = run->in.size();
    args.constants = run->constants.data();
    args.out = values_[size_t(node.output)];
    args.out_shape = graph_.values[size_t(node.output)];
    args.batch = images_of(node.output);
    args.params = run->params.data();
    args.kept = kept_[n];
    args.scratch = scratch_->as<>();
    args.out_delta = deltas_[size_t(node.output)];
    args.in_delta = run->in_delta.data();
    runs_.push_back(std::move(run));
  }
}

double TrainingPlan::run(const Context& context, const TrainingMoment& given, uint64_t seen) {
  TrainingMoment moment = given;
  moment.truth = truth();
  moment.truths = truths_;
  for (const Item& item : items_) {
    if (item.node < 0) {
      if (loss_of(item)) run_loss(context, item, moment, seen);
      continue;
    }
    BackwardArgs& args = runs_[size_t(item.node)]->args;
    args.moment = moment;
    args.seed = substream(moment.seed, uint64_t(item.node));
    graph_.nodes[size_t(item.node)].op->train_forward(context, args);
    if (item.fixes) context.each(args.batch * args.out_shape.size(), FixNumbers{args.out, false});
  }
  double cost = 0;
  for (const HeadReport& report : reports_) cost += report.cost / double(reports_.size());
  // stopbackward above 1: until that iteration nothing goes further
  int stop = -1;
  for (const auto& layer : network_.layers) {
    const int until = layer->training.stopbackward;
    if (until > 1 && moment.iteration < until) stop = layer->index;
  }
  for (size_t i = items_.size(); i-- > 0 && items_[i].layer > stop;) backward(context, items_[i]);
  return cost;
}

void TrainingPlan::run_loss(const Context& context, const Item& item, const TrainingMoment& moment,
                            uint64_t seen) {
  const size_t value = value_of(item.layer);
  const Layer& layer = *network_.layers[size_t(item.layer)];
  LossArgs args{};
  args.output = values_[value];
  args.shape = graph_.values[value];
  args.batch = options_.batch;
  args.truth = moment.truth;
  args.truths = truths_;
  args.delta = loss_deltas_[size_t(item.layer)];
  args.scratch = scratch_->as<>();
  args.net_width = int(graph_.values[0].w);
  args.net_height = int(graph_.values[0].h);
  args.iteration = moment.iteration;
  args.max_batches = moment.max_batches;
  args.seen = seen;
  args.label_smooth_eps = network_.training.label_smooth_eps;
  args.unsupervised = network_.training.unsupervised;
  args.seed = substream(moment.seed, graph_.nodes.size() + size_t(item.layer));
  std::memset(args.delta, 0, size_t(args.batch * args.shape.size()) * sizeof(float));
  for (HeadReport& report : reports_) {
    if (report.layer != item.layer) continue;
    report.parts.clear();
    report.cost = layer.loss()->run(context, args, report.parts);
    if (network_.training.try_fix_nan) {
      context.each(args.batch * args.shape.size(), FixNumbers{args.delta, true});
      if (!std::isfinite(report.cost)) report.cost = 0;
    }
    if (!std::isfinite(report.cost))
      throw Error(DN_ERROR_DIVERGED,
                  format("the loss is %g in iteration %lld", report.cost,
                         static_cast<long long>(moment.iteration + 1)),
                  {network_.name, layer.line, layer.type, layer.index});
  }
}

void TrainingPlan::backward(const Context& context, const Item& item) {
  if (!item.runs_backward) return;
  for (const int value : item.zeroed)
    std::memset(deltas_[size_t(value)], 0, size_t(numbers_of(value)) * sizeof(float));
  if (item.node < 0) {
    const size_t value = value_of(item.layer);
    const int64_t count = options_.batch * graph_.values[value].size();
    if (const Loss* loss = loss_of(item))
      context.each(
          count, AddScaledDelta{loss_deltas_[size_t(item.layer)], deltas_[value], loss->factor()});
    if (const Buffer* given = given_deltas_[size_t(item.layer)].get())
      context.each(count, AddScaledDelta{given->as<>(), deltas_[value], 1.f});
    return;
  }
  const Node& node = graph_.nodes[size_t(item.node)];
  if (item.fixes) context.each(numbers_of(node.output), BoundDeltas{deltas_[size_t(node.output)]});
  node.op->backward(context, runs_[size_t(item.node)]->args);
}

void TrainingPlan::copy(const float* from, const Shape& shape, float* out, size_t size) const {
  const size_t expected = size_t(options_.batch * shape.size());
  if (size != expected)
    fail(DN_ERROR_ARGUMENT, "there are %zu numbers, room for %zu was given", expected, size);
  std::memcpy(out, from, size * sizeof(float));
}

void TrainingPlan::layer_output(int layer, float* out, size_t size) const {
  if (layer < 0 || size_t(layer) >= network_.layers.size())
    fail(DN_ERROR_ARGUMENT, "layer %d, the network has %zu", layer, network_.layers.size());
  const size_t value = value_of(layer);
  if (!lasts_[value])
    fail(DN_ERROR_ARGUMENT, "the output of layer %d is not kept, ask for keep_all", layer);
  copy(values_[value], graph_.values[value], out, size);
}

void TrainingPlan::layer_delta(int layer, float* out, size_t size) const {
  if (layer < -1 || layer >= int(network_.layers.size()))
    fail(DN_ERROR_ARGUMENT, "layer %d, the network has %zu", layer, network_.layers.size());
  const size_t value = layer < 0 ? 0 : value_of(layer);
  const float* from = layer >= 0 ? loss_deltas_[size_t(layer)] : nullptr;
  if (!from && (layer < 0 || options_.keep_all)) from = deltas_[value];
  if (!from) fail(DN_ERROR_ARGUMENT, "the delta of layer %d is not kept", layer);
  copy(from, graph_.values[value], out, size);
}

void TrainingPlan::set_delta(int layer, const float* from, size_t size) {
  if (layer < 0 || layer >= int(network_.layers.size()))
    fail(DN_ERROR_ARGUMENT, "layer %d, the network has %zu", layer, network_.layers.size());
  if (!options_.keep_all) fail(DN_ERROR_ARGUMENT, "a delta can be given with keep_all only");
  std::unique_ptr<Buffer>& given = given_deltas_[size_t(layer)];
  given.reset();
  if (size == 0) return;
  auto made = std::make_unique<Buffer>(size * sizeof(float));
  copy(from, graph_.values[value_of(layer)], made->as<>(), size);
  given = std::move(made);
}

}  // namespace dn
