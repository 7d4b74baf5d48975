// Trains a network: mini-batches add gradients, an update applies them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "darknet/engine.h"
#include "network.h"
#include "train/bad_labels.h"
#include "train/live_arrays.h"
#include "train/training_plan.h"

namespace dn {

class Trainer {
 public:
  Trainer(Network& network, const dn_trainer_options& options);

  // Another input size from here on; 0, 0 is the cfg's. batch: images (times time steps) of a
  // mini-batch, 0 for the cfg's.
  void resize(int width, int height, int batch = 0);
  // Throws where the last resize failed, and left none.
  TrainingPlan& plan() const;

  // One mini-batch of the input and truth in the plan. Returns its cost per image.
  double run();
  // One update from the gradients of the mini-batches since the last; returns the mean cost per
  // image of these. Throws DN_ERROR_DIVERGED, with the layer and nothing changed, where a gradient
  // is not finite.
  double update();
  // Of the update that was done last; before the first, of the first.
  float rate() const;

  // Images of one update in the cfg, as the counter counts them (times time steps).
  int64_t effective_batch() const;
  int64_t iteration() const { return iteration_; }
  uint64_t seen() const { return uint64_t(iteration_ * effective_batch()); }
  void set_seen(uint64_t seen);

  LiveArrays& arrays() { return arrays_; }
  const LiveArrays& arrays() const { return arrays_; }
  // Reads the network's weights and counter again; the optimiser forgets.
  void reload();
  // Gives weights and counter to the network; average: the moving average of the weights.
  void store(bool average);
  // All that a training goes on from, written under a temporary name and renamed.
  void save_state(const std::string& path) const;
  void load_state(const std::string& path);

  void describe(Json& json) const;

 private:
  float rate_of(int64_t number) const;
  float disturbance(const TrainingMoment& moment) const;
  void follow_average();
  // What lasts from mini-batch to mini-batch besides the arrays.
  std::vector<std::vector<float>*> lasting_states() const;

  Network& network_;
  dn_trainer_options options_;
  Context context_;
  LiveArrays arrays_;
  std::unique_ptr<TrainingPlan> plan_;
  int64_t iteration_ = 0;  // updates done
  int subdivision_ = 0;    // mini-batches since the last update
  double cost_ = 0;        // their sum
  bool averaging_ = false;
  mutable BadLabels bad_labels_;
};

}  // namespace dn
