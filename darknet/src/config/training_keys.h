// The keys of [net] that say how a network is trained.
#pragma once

#include <vector>

#include "config/options.h"

namespace dn {

enum class Policy { constant, step, steps, exp, poly, random, sigmoid, sgdr };

struct TrainingKeys {
  int max_batches = 0;
  float learning_rate = 0.001f, learning_rate_min = 1e-5f;
  Policy policy = Policy::constant;
  int burn_in = 0, step = 1, sgdr_cycle = 0, sgdr_mult = 2;
  float power = 4, scale = 1, gamma = 1;
  std::vector<int> steps;
  std::vector<float> scales, seq_scales;
  int sequential_subdivisions = 1;
  float momentum = 0.9f, decay = 0.0001f, clip = 0;
  bool adam = false;
  float B1 = 0.9f, B2 = 0.999f, eps = 1e-6f;
  float ema_alpha = 0, loss_scale = 1, label_smooth_eps = 0;
  bool try_fix_nan = false, unsupervised = false;
  float adversarial_lr = 0;
  bool contrastive = false, track = false;
  int weights_reject_freq = 0, equidistant_point = 0;
  float badlabels_rejection_percentage = 0, num_sigmas_reject_badlabels = 0;
};

TrainingKeys read_training_keys(Options& options, int subdivisions);

// Throws DN_ERROR_CFG where the keys do not say how to train; a network only run does not mind.
void check(const TrainingKeys& keys);

}  // namespace dn
