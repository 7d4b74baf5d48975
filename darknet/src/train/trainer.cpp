#include "train/trainer.h"

#include <algorithm>

#include "core/random.h"
#include "train/ema.h"
#include "train/learning_rate.h"
#include "train/reject_filters.h"
#include "train/solver.h"

namespace dn {

namespace {

const TrainingKeys& checked(const Network& network) {
  try {
    check(network.training);
  } catch (Error& error) {
    error.locate({network.name, -1, "net", -1});
    throw;
  }
  return network.training;
}

// Images (times time steps) of a mini-batch.
int64_t mini_batch(const Network& network) {
  return std::max(1, network.batch / network.subdivisions) * int64_t(network.time_steps);
}

}  // namespace

Trainer::Trainer(Network& network, const dn_trainer_options& options)
    : network_(network),
      options_(options),
      arrays_(network.layers, checked(network), options.frozen_below) {
  if (options.threads < 0 || options.width < 0 || options.height < 0)
    fail(DN_ERROR_ARGUMENT, "width, height and threads must not be negative");
  context_.threads = options.threads > 0 ? options.threads : default_threads();
  set_seen(network.header.seen);
  resize(options.width, options.height);
}

void Trainer::resize(int width, int height, int batch) {
  if (batch < 0 || batch % network_.time_steps)
    fail(DN_ERROR_ARGUMENT, "batch=%d, expected a multiple of time_steps=%d", batch,
         network_.time_steps);
  TrainingPlanOptions o;
  o.width = width;
  o.height = height;
  o.batch = batch > 0 ? batch : mini_batch(network_);
  o.threads = context_.threads;
  o.keep_all = options_.keep_all != 0;
  o.input_delta = options_.input_delta != 0 || network_.training.adversarial_lr != 0;
  o.backend = options_.backend;
  if (rejects_labels(network_.training)) o.bad_labels = &bad_labels_;
  o.precision = options_.precision;
  o.recompute = options_.recompute != 0;
  plan_.reset();  // the memory of one at a time
  plan_ = std::make_unique<TrainingPlan>(network_, arrays_, o);
}

TrainingPlan& Trainer::plan() const {
  if (!plan_) fail(DN_ERROR_ARGUMENT, "the trainer could not be resized, expected another resize");
  return *plan_;
}

int64_t Trainer::effective_batch() const { return mini_batch(network_) * network_.subdivisions; }

void Trainer::set_seen(uint64_t seen) { iteration_ = int64_t(seen) / effective_batch(); }

double Trainer::run() {
  TrainingMoment moment;
  moment.iteration = iteration_;
  moment.max_batches = network_.training.max_batches;
  moment.subdivision = subdivision_;
  moment.subdivisions = network_.subdivisions;
  const uint64_t done = uint64_t(iteration_ * network_.subdivisions + subdivision_);
  moment.seed = substream(options_.seed, done);
  const uint64_t images = seen() + uint64_t((subdivision_ + 1) * plan().batch());
  if (const float step = disturbance(moment)) plan().disturb_input(context_, moment, images, step);
  const double cost = plan().run(context_, moment, images) / double(plan().batch());
  cost_ += cost;
  ++subdivision_;
  return cost;
}

// How far images of this mini-batch go along their gradient. compat: half of the mini-batches
// behind burn_in, and further from iteration to iteration.
float Trainer::disturbance(const TrainingMoment& moment) const {
  const TrainingKeys& k = network_.training;
  constexpr uint64_t kStream = ~uint64_t(0);  // nodes and losses have the others
  if (k.adversarial_lr == 0 || moment.iteration <= k.burn_in) return 0;
  if (random_uniform(substream(moment.seed, kStream), 0) >= 0.5f) return 0;
  return k.adversarial_lr * float(moment.iteration) / float(moment.max_batches);
}

float Trainer::rate_of(int64_t number) const {
  return learning_rate(network_.training, number, options_.seed);
}

float Trainer::rate() const { return rate_of(std::max<int64_t>(1, iteration_)); }

double Trainer::update() {
  if (subdivision_ == 0) fail(DN_ERROR_ARGUMENT, "an update needs a mini-batch before it");
  if (!network_.training.try_fix_nan)
    if (const Layer* layer = not_finite(context_, arrays_))
      throw Error(DN_ERROR_DIVERGED,
                  format("a gradient is not finite in iteration %lld",
                         static_cast<long long>(iteration_ + 1)),
                  {network_.name, layer->line, layer->type, layer->index});
  Update u;
  u.number = iteration_ + 1;
  u.rate = rate_of(u.number);
  u.batch = plan().batch() * network_.subdivisions *
            sequence_length(network_.training, network_.subdivisions, iteration_);
  dn::update(context_, network_.training, u, arrays_);
  iteration_ = u.number;
  const int every = network_.training.weights_reject_freq;
  // compat: AlexeyAB stops in the last quarter, so that what was drawn can learn
  if (every > 0 && iteration_ % every == 0 && iteration_ < network_.training.max_batches / 4 * 3)
    reject_filters(network_.layers, substream(options_.seed, uint64_t(iteration_)), arrays_);
  follow_average();
  const double cost = cost_ / double(subdivision_);
  subdivision_ = 0;
  cost_ = 0;
  return cost;
}

void Trainer::follow_average() {
  const TrainingKeys& k = network_.training;
  if (k.ema_alpha == 0 || iteration_ < k.max_batches / 2) return;
  if (iteration_ == k.max_batches - 1000 && averaging_) {
    copy_average(context_, arrays_);
  } else if (iteration_ < k.max_batches - 1000 || !averaging_) {
    move_average(context_, averaging_ ? k.ema_alpha : 0.f, arrays_);
    averaging_ = true;
  }
}

void Trainer::reload() {
  arrays_.reload();
  set_seen(network_.header.seen);
  subdivision_ = 0;
  cost_ = 0;
  averaging_ = false;
  bad_labels_ = BadLabels();
}

void Trainer::store(bool average) {
  arrays_.store(average && averaging_);
  network_.header = WeightsHeader();
  network_.header.seen = seen();
  network_.cache.clear();
}

void Trainer::describe(Json& json) const {
  const Shape& in = plan().input_shape();
  json.begin_object().field("batch", plan().batch());
  json.field("subdivisions", network_.subdivisions).field("time_steps", network_.time_steps);
  json.field("max_batches", network_.training.max_batches);
  json.key("input").begin_array().value(in.c).value(in.h).value(in.w).end_array();
  json.field("truths", plan().truth_size() / plan().batch());
  json.field("backend", plan().backend()).field("precision", plan().precision());
  json.field("activation_bytes", int64_t(plan().bytes())).field("threads", context_.threads);
  json.key("heads").begin_array();
  for (const HeadReport& report : plan().reports()) {
    json.begin_object().field("layer", report.layer);
    json.field("type", network_.layers[size_t(report.layer)]->type).field("cost", report.cost);
    json.key("parts").begin_object();
    for (const LossPart& part : report.parts) json.field(part.name.c_str(), part.value);
    json.end_object().end_object();
  }
  json.end_array();
  json.key("steps");
  plan().describe_steps(json);
  json.end_object();
}

}  // namespace dn
