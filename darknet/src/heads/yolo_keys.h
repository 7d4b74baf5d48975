// The training keys that [yolo] and [Gaussian_yolo] share.
#pragma once

#include <vector>

#include "config/options.h"
#include "core/device_code.h"
#include "heads/box.h"

namespace dn {

constexpr float kNoBound = 3e38f;  // of max_delta
constexpr int kTruthNumbers = 6;   // of one truth: x, y, w, h, class, track

struct YoloKeys {
  int max = 200;  // truths of an image
  float ignore_thresh = 0.5f, truth_thresh = 1, iou_thresh = 1;
  Overlap iou_thresh_kind = Overlap::iou;
  bool mse = true;  // boxes by squared errors; else by iou_loss
  Overlap iou_loss = Overlap::iou;
  float iou_normalizer = 0.75f, obj_normalizer = 1, cls_normalizer = 1, uc_normalizer = 1;
  float delta_normalizer = 1, max_delta = kNoBound, label_smooth_eps = 0;
  bool objectness_smooth = false, focal_loss = false;
  std::vector<float> multipliers;  // of each class, from counters_per_class; empty: all 1
  std::vector<int> map;            // class numbers of the truth to those of the head; empty: same
  std::string map_problem;         // why the file of map could not be read
};

// classes: how many counters_per_class must hold.
YoloKeys read_yolo_keys(Options& options, int classes);

// Throws where the file of map is missing.
void check(const YoloKeys& keys);

// What functors need of the classes.
struct ClassRules {
  int64_t classes;
  const float* multipliers;  // nullptr: all 1
  const int* map;            // nullptr: as they are
  int64_t mapped;            // length of map
  float cls_normalizer, label_smooth_eps;
  bool focal_loss;

  DN_HD float multiplier(int64_t k) const { return multipliers ? multipliers[k] : 1.f; }
  // The head's class of a truth's; -1 where there is none.
  DN_HD int64_t class_of(float number) const {
    int64_t k = number >= 0 && number < 1e9f ? int64_t(number) : -1;
    if (map) k = k >= 0 && k < mapped ? map[k] : -1;
    return k >= 0 && k < classes ? k : -1;
  }
  // Deltas of all classes of one box for truth k. Entries are stride apart; test tells whether
  // the box has class deltas already, of another truth.
  DN_HD void add(const float* output, float* delta, int64_t k, int64_t stride, bool test) const;
};

ClassRules class_rules(const YoloKeys& keys, int64_t classes);

DN_HD inline bool finite(float x) { return x - x == 0; }

DN_HD inline void ClassRules::add(const float* output, float* delta, int64_t k, int64_t stride,
                                  bool test) const {
  const float half = 0.5f * label_smooth_eps;
  if (test) {  // only this entry
    const float d = 1.f - label_smooth_eps + half - output[k * stride];
    if (finite(d)) delta[k * stride] = d;
    delta[k * stride] *= multiplier(k);
    return;
  }
  float focus = 1;
  if (focal_loss) {  // Lin et al., "Focal Loss for Dense Object Detection", 2017
    const float p = output[k * stride] + 1e-15f;
    focus = 0.5f * (-(1.f - p) * (2.f * p * logf(p) + p - 1.f));
  }
  for (int64_t n = 0; n < classes; ++n) {
    const float y = n == k ? 1.f : 0.f;
    float d = focal_loss ? focus * (y - output[n * stride])
                         : y * (1.f - label_smooth_eps) + half - output[n * stride];
    // compat: cls_normalizer counts together with counters_per_class only
    if (!focal_loss && multipliers && n == k) d *= multiplier(k) * cls_normalizer;
    if (finite(d)) delta[n * stride] = d;
  }
}

}  // namespace dn
