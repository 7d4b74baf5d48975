#include "train/training_plan.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

#include "core/random.h"
#include "heads/head.h"
#include "ops/delta.h"
#include "train/fix_numbers.h"
#include "train/training_compiler.h"

namespace dn {

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct ScaleDelta {  // to = factor * from
  const float* from;
  float* to;
  float factor;
  DN_HD void operator()(int64_t i) const { to[i] = factor * from[i]; }
};

struct DisturbImage {
  const float* delta;
  float* image;
  int64_t size;
  float step;
  bool even_only;
  DN_HD void operator()(int64_t i) const {
    if (even_only && i / size % 2) return;
    const float changed = image[i] + step * delta[i];
    if (changed - changed == 0) image[i] = fminf(fmaxf(changed, 0.f), 1.f);
  }
};

// Plain numbers to a dense blocked tensor, and back.
struct PlainToBlocked {
  const float* plain;
  float* blocked;
  Shape s;
  DN_HD void operator()(int64_t i) const {
    const int64_t blocks = (s.c + kBlock - 1) / kBlock, p = i % s.plane();
    const int64_t k = i / s.plane() % s.c, b = i / s.size();
    blocked[((b * blocks + k / kBlock) * s.plane() + p) * kBlock + k % kBlock] = plain[i];
  }
};

struct BlockedToPlain {
  const float* blocked;
  float* plain;
  Shape s;
  DN_HD void operator()(int64_t i) const {
    const int64_t blocks = (s.c + kBlock - 1) / kBlock, p = i % s.plane();
    const int64_t k = i / s.plane() % s.c, b = i / s.size();
    plain[i] = blocked[((b * blocks + k / kBlock) * s.plane() + p) * kBlock + k % kBlock];
  }
};

std::unique_ptr<TrainBackend> backend_for(const TrainingPlanOptions& options) {
  const bool bf16 = options.precision == DN_PRECISION_BF16;
  if (options.backend == DN_BACKEND_REFERENCE) {
    if (bf16) fail(DN_ERROR_ARGUMENT, "precision bf16 needs the automatic backend");
    return make_reference_train_backend();
  }
  if (bf16 && !cpu_trains_in_bf16())
    fail(
        DN_ERROR_DEVICE,
        "training with precision bf16 needs a processor with AVX512-BF16, and an engine built by a "
        "compiler that knows it; use f32");
  return make_cpu_train_backend();
}

}  // namespace

TrainingPlan::TrainingPlan(const Network& network, const LiveArrays& arrays,
                           const TrainingPlanOptions& options)
    : network_(network), options_(options) {
  backend_ = backend_for(options);
  graph_ = network.lower(options.width, options.height, true);
  TrainingCompiler(*this, arrays).compile();
}

double TrainingPlan::run(const Context& context, const TrainingMoment& given, uint64_t seen) {
  TrainingMoment moment = given;
  moment.truth = truth();
  moment.truths = truths_;
  profiled_ += profiling_ ? 1 : 0;
  for (Step& step : steps_) {
    const auto start = Clock::now();
    forward(context, step, moment, seen);
    if (profiling_) step.forward_ms += milliseconds_since(start);
  }
  double cost = 0;
  for (const HeadReport& report : reports_) cost += report.cost / double(reports_.size());
  // stopbackward above 1: until that iteration nothing goes further
  int stop = -1;
  for (const auto& layer : network_.layers) {
    const int until = layer->training.stopbackward;
    if (until > 1 && moment.iteration < until) stop = layer->index;
  }
  for (size_t i = steps_.size(); i-- > 0 && steps_[i].layer > stop;) {
    const auto start = Clock::now();
    backward(context, steps_[i], moment);
    if (profiling_) steps_[i].backward_ms += milliseconds_since(start);
  }
  return cost;
}

void TrainingPlan::disturb_input(const Context& context, const TrainingMoment& given, uint64_t seen,
                                 float step) {
  const Tensor& images = tensors_[0];
  if (!images.delta.data) return;
  TrainingMoment moment = given;
  moment.adversarial = true;
  const std::vector<float> known(truth(), truth() + truth_size());
  std::vector<std::vector<float>> states;
  for (std::vector<float>* state : lasting_states()) states.push_back(*state);
  std::fill_n(truth(), truth_size(), 0.f);
  run(context, moment, seen);
  std::copy(known.begin(), known.end(), truth());
  for (size_t i = 0; i < states.size(); ++i) *lasting_states()[i] = states[i];
  // compat: of a contrastive pair the first is changed
  const bool pairs = network_.training.contrastive;
  context.each(input_size(), DisturbImage{static_cast<const float*>(images.delta.data), input(),
                                          graph_.values[0].size(), step, pairs});
}

TrainRun TrainingPlan::run_of(const Context& context, const Step& step,
                              const TrainingMoment& moment, Pass pass) const {
  const Tensor& out = tensors_[size_t(step.out)];
  const bool back = pass == Pass::backward;
  return {context,
          (back ? step.in_again_views : step.in_views).data(),
          back ? out.again : out.data,
          out.delta,
          step.in_delta_views.data(),
          step.add.data(),
          step.kept,
          scratch_->as<void>(),
          moment,
          substream(moment.seed, uint64_t(step.node))};
}

void TrainingPlan::forward(const Context& context, const Step& step, const TrainingMoment& moment,
                           uint64_t seen) {
  if (step.kernel) {
    step.kernel->forward(run_of(context, step, moment, Pass::forward));
    fix(context, step, tensors_[size_t(step.out)].data);
  } else if (loss_of(step))
    run_loss(context, step, moment, seen);
}

void TrainingPlan::fix(const Context& context, const Step& step, const View& out) const {
  if (!step.fixes) return;
  context.each(numbers_of(tensors_[size_t(step.out)]),
               FixNumbers{static_cast<float*>(out.data), false});
}

void TrainingPlan::run_loss(const Context& context, const Step& step, const TrainingMoment& moment,
                            uint64_t seen) {
  const Tensor& tensor = tensors_[size_t(step.out)];
  const Layer& layer = *network_.layers[size_t(step.layer)];
  LossArgs args{};
  args.output = static_cast<const float*>(tensor.data.data);
  args.shape = graph_.values[size_t(tensor.value)];
  args.batch = options_.batch;
  args.truth = moment.truth;
  args.truths = truths_;
  args.delta = loss_deltas_[size_t(step.layer)];
  args.scratch = scratch_->as<>();
  args.net_width = int(graph_.values[0].w);
  args.net_height = int(graph_.values[0].h);
  args.time_steps = network_.time_steps;
  args.iteration = moment.iteration;
  args.max_batches = moment.max_batches;
  args.seen = seen;
  args.label_smooth_eps = network_.training.label_smooth_eps;
  args.unsupervised = network_.training.unsupervised;
  args.adversarial = moment.adversarial;
  args.seed = substream(moment.seed, graph_.nodes.size() + size_t(step.layer));
  std::memset(args.delta, 0, size_t(args.batch * args.shape.size()) * sizeof(float));
  for (HeadReport& report : reports_) {
    if (report.layer != step.layer) continue;
    report.parts.clear();
    report.cost = layer.loss()->run(context, args, report.parts);
    if (layer.type == "yolo" && options_.bad_labels && !moment.adversarial)
      reject_labels(network_.training, moment.iteration + 1, 5 + layer.head()->classes,
                    args.batch * args.shape.size(), args.delta, *options_.bad_labels);
    if (network_.training.try_fix_nan) {
      context.each(args.batch * args.shape.size(), FixNumbers{args.delta, true});
      if (!std::isfinite(report.cost)) report.cost = 0;
    }
    // young statistics can make much of an adversarial pass, whose loss nobody wants
    if (!std::isfinite(report.cost) && !moment.adversarial)
      throw Error(DN_ERROR_DIVERGED,
                  // NaN has no sign that says something
                  format("the loss is %g in iteration %lld",
                         std::isnan(report.cost) ? std::fabs(report.cost) : report.cost,
                         static_cast<long long>(moment.iteration + 1)),
                  {network_.name, layer.line, layer.type, layer.index});
  }
}

void TrainingPlan::backward(const Context& context, const Step& step,
                            const TrainingMoment& moment) {
  if (!step.runs_backward) return;
  for (const int index : step.repeated) {
    const Step& again = steps_[size_t(index)];
    again.kernel->repeat(run_of(context, again, moment, Pass::backward));
    fix(context, again, tensors_[size_t(again.out)].again);
  }
  for (const int index : step.zeroed) {
    const Tensor& tensor = tensors_[size_t(index)];
    std::memset(tensor.delta.data, 0, size_t(numbers_of(tensor)) * sizeof(float));
  }
  if (step.fixes) {
    const Tensor& out = tensors_[size_t(step.out)];
    context.each(numbers_of(out), BoundDeltas{static_cast<float*>(out.delta.data)});
  }
  if (step.kernel)
    step.kernel->backward(run_of(context, step, moment, Pass::backward));
  else
    add_deltas(context, step);
}

void TrainingPlan::add_deltas(const Context& context, const Step& step) {
  const Tensor& tensor = tensors_[size_t(step.out)];
  const int64_t count = numbers_of(tensor);
  float* delta = static_cast<float*>(tensor.delta.data);
  if (const Loss* loss = loss_of(step)) {
    const float* from = loss_deltas_[size_t(step.layer)];
    if (step.add[0])
      context.each(count, AddScaledDelta{from, delta, loss->factor()});
    else
      context.each(count, ScaleDelta{from, delta, loss->factor()});
  }
  if (const Buffer* given = given_deltas_[size_t(step.layer)].get())
    context.each(count, AddScaledDelta{given->as<>(), delta, 1.f});
}

void TrainingPlan::copy_out(const Tensor& tensor, const View& from, float* out, size_t size) const {
  const Shape& shape = graph_.values[size_t(tensor.value)];
  const size_t expected = size_t(images_of(tensor.value) * shape.size());
  if (size != expected)
    fail(DN_ERROR_ARGUMENT, "there are %zu numbers, room for %zu was given", expected, size);
  const float* data = static_cast<const float*>(from.data);
  if (tensor.layout == Layout::plain)
    std::memcpy(out, data, size * sizeof(float));
  else
    Context().each(int64_t(size), BlockedToPlain{data, out, shape});
}

void TrainingPlan::layer_output(int layer, float* out, size_t size) const {
  if (layer < 0 || size_t(layer) >= network_.layers.size())
    fail(DN_ERROR_ARGUMENT, "layer %d, the network has %zu", layer, network_.layers.size());
  const int made = made_[size_t(value_of(layer))];
  if (!options_.keep_all && made != 0)
    fail(DN_ERROR_ARGUMENT, "the output of layer %d is not kept, ask for keep_all", layer);
  copy_out(tensors_[size_t(made)], tensors_[size_t(made)].data, out, size);
}

void TrainingPlan::layer_delta(int layer, float* out, size_t size) const {
  if (layer < -1 || layer >= int(network_.layers.size()))
    fail(DN_ERROR_ARGUMENT, "layer %d, the network has %zu", layer, network_.layers.size());
  const int value = layer < 0 ? 0 : value_of(layer);
  const Tensor& tensor = tensors_[size_t(made_[size_t(value)])];
  if (float* loss = layer >= 0 ? loss_deltas_[size_t(layer)] : nullptr) {
    Tensor plain;
    plain.value = value;
    plain.data.data = loss;
    copy_out(plain, plain.data, out, size);
    return;
  }
  if ((layer >= 0 && !options_.keep_all) || !tensor.delta.data)
    fail(DN_ERROR_ARGUMENT, "the delta of layer %d is not kept", layer);
  copy_out(tensor, tensor.delta, out, size);
}

void TrainingPlan::set_delta(int layer, const float* from, size_t size) {
  if (layer < 0 || layer >= int(network_.layers.size()))
    fail(DN_ERROR_ARGUMENT, "layer %d, the network has %zu", layer, network_.layers.size());
  if (!options_.keep_all) fail(DN_ERROR_ARGUMENT, "a delta can be given with keep_all only");
  std::unique_ptr<Buffer>& given = given_deltas_[size_t(layer)];
  given.reset();
  if (size == 0) return;
  const int value = value_of(layer);
  const Shape& shape = graph_.values[size_t(value)];
  const size_t expected = size_t(images_of(value) * shape.size());
  if (size != expected)
    fail(DN_ERROR_ARGUMENT, "there are %zu numbers, room for %zu was given", size, expected);
  // in the layout of the tensor that it is added to: a loss reads a plain one
  const bool plain =
      loss_deltas_[size_t(layer)] || tensors_[size_t(made_[size_t(value)])].layout == Layout::plain;
  const Layout layout = plain ? Layout::plain : Layout::blocked;
  const size_t bytes = size_t(images_of(value) * elements(shape, layout)) * sizeof(float);
  auto made = std::make_unique<Buffer>(bytes);
  std::memset(made->as<void>(), 0, bytes);
  if (plain)
    std::memcpy(made->as<>(), from, bytes);
  else
    Context().each(int64_t(size), PlainToBlocked{from, made->as<>(), shape});
  given = std::move(made);
}

void TrainingPlan::profile(bool on) {
  profiling_ = on;
  if (!on) return;
  profiled_ = 0;
  for (Step& step : steps_) step.forward_ms = step.backward_ms = 0;
}

void TrainingPlan::describe_steps(Json& json) const {
  const double runs = profiled_ > 0 ? profiled_ : 1;
  json.begin_array();
  for (const Step& step : steps_) {
    const Tensor& out = tensors_[size_t(step.out)];
    json.begin_object().field("kernel", step.kernel ? step.kernel->name.c_str() : "deltas");
    json.field("layer", step.layer).field("output", graph_.values[size_t(out.value)].text());
    json.field("forward", step.forward_ms / runs).field("backward", step.backward_ms / runs);
    json.end_object();
  }
  json.end_array();
}

}  // namespace dn
