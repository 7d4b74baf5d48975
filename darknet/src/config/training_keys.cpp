#include "config/training_keys.h"

namespace dn {

TrainingKeys read_training_keys(Options& o, int subdivisions) {
  TrainingKeys k;
  k.max_batches = o.integer("max_batches", 0, "training: number of updates", 0);
  k.learning_rate = o.real("learning_rate", 0.001f, "training: learning rate");
  k.learning_rate_min = o.real("learning_rate_min", 1e-5f, "training: least rate of sgdr");
  k.policy = o.choice<Policy>("policy", Policy::constant,
                              {{"constant", Policy::constant},
                               {"step", Policy::step},
                               {"steps", Policy::steps},
                               {"exp", Policy::exp},
                               {"poly", Policy::poly},
                               {"random", Policy::random},
                               {"sigmoid", Policy::sigmoid},
                               {"sgdr", Policy::sgdr}},
                              "training: course of the learning rate");
  k.burn_in = o.integer("burn_in", 0, "training: updates at first with a rising rate", 0);
  k.power = o.real("power", 4, "training: exponent of burn_in, poly and random");
  k.step = o.integer("step", 1, "training: of the policies step and sigmoid");
  k.scale = o.real("scale", 1, "training: factor of the policy step");
  k.gamma = o.real("gamma", 1, "training: of the policies exp and sigmoid");
  k.steps = o.integers("steps", "training: updates at which the rate changes");
  k.scales = o.reals("scales", "training: factors of the rate at steps");
  k.seq_scales = o.reals("seq_scales", "training: factors of sequential_subdivisions at steps");
  k.sequential_subdivisions = o.integer("sequential_subdivisions", subdivisions,
                                        "training: sequences that follow each other in an update");
  k.track = o.integer("track", 0, "training: images come in sequences") != 0;
  k.sgdr_cycle = o.integer("sgdr_cycle", k.max_batches, "training: first cycle of sgdr");
  k.sgdr_mult = o.integer("sgdr_mult", 2, "training: growth of sgdr cycles", 1);
  k.momentum = o.real("momentum", 0.9f, "training: share of an update in the next");
  k.decay = o.real("decay", 0.0001f, "training: weight decay");
  k.clip = o.real("clip", 0, "training, pjreddie: bound of all weights, 0 for none");
  k.adam = o.flag("adam", false, "training: Adam instead of momentum");
  k.B1 = o.real("B1", 0.9f, "training: Adam's decay of the mean");
  k.B2 = o.real("B2", 0.999f, "training: Adam's decay of the square");
  k.eps = o.real("eps", 1e-6f, "training: Adam's least deviation");
  k.ema_alpha = o.real("ema_alpha", 0, "training: moving average of the weights, 0 for none");
  k.loss_scale = o.real("loss_scale", 1, "training: no effect in 32 bits");
  k.label_smooth_eps = o.real("label_smooth_eps", 0, "training: label smoothing of classifiers");
  k.try_fix_nan = o.flag("try_fix_nan", false, "training: replaces numbers that are not finite");
  k.adversarial_lr = o.real("adversarial_lr", 0,
                            "training: images are changed along their gradient, so far at most");
  k.contrastive = o.integer("contrastive", 0, "training: images come in pairs") != 0;
  k.weights_reject_freq =
      o.integer("weights_reject_freq", 0, "training: updates between new draws of twin filters", 0);
  k.equidistant_point =
      o.integer("equidistant_point", 0, "training: from here small deltas are dropped", 0);
  k.badlabels_rejection_percentage =
      o.real("badlabels_rejection_percentage", 0, "training: share of deltas dropped");
  k.num_sigmas_reject_badlabels =
      o.real("num_sigmas_reject_badlabels", 0, "training: larger deltas are dropped");
  k.unsupervised = o.flag("unsupervised", false, "training: contrastive labels of its own");
  return k;
}

void check(const TrainingKeys& k) {
  if (k.policy == Policy::step && k.step < 1)
    fail(DN_ERROR_CFG, "step=%d, expected at least 1 with policy=step", k.step);
  // compat: AlexeyAB reads behind the end of scales
  if (k.policy == Policy::steps && (k.steps.empty() || k.scales.size() < k.steps.size()))
    fail(DN_ERROR_CFG, "policy=steps with %zu steps and %zu scales, expected as many of both",
         k.steps.size(), k.scales.size());
  if (k.policy == Policy::sgdr && k.sgdr_cycle < 1)
    fail(DN_ERROR_CFG, "sgdr_cycle=%d, expected at least 1 with policy=sgdr", k.sgdr_cycle);
  if (k.adversarial_lr != 0 && k.max_batches < 1)
    fail(DN_ERROR_CFG, "max_batches=%d, expected at least 1 with adversarial_lr", k.max_batches);
  if (k.policy == Policy::poly && k.max_batches < 1)
    fail(DN_ERROR_CFG, "max_batches=%d, expected at least 1 with policy=poly", k.max_batches);
}

}  // namespace dn
