#include "heads/yolo_keys.h"

#include <algorithm>

#include "heads/head.h"

namespace dn {

namespace {

std::vector<float> multipliers_of(const std::vector<float>& counters, float most) {
  float largest = 1;
  for (const float count : counters) largest = std::max(largest, count);
  std::vector<float> out;
  for (const float count : counters) out.push_back(std::min(largest / std::max(count, 1.f), most));
  return out;
}

}  // namespace

YoloKeys read_yolo_keys(Options& o, int classes) {
  YoloKeys k;
  k.max = o.integer("max", 200, "training: truth boxes per image", 1, 1000000);
  o.real("jitter", 0.2f, "training: random crop");
  o.real("resize", 1, "training: random zoom");
  o.real("random", 0, "training: multi-scale; 1 means a factor of 1.4");
  k.ignore_thresh =
      o.real("ignore_thresh", 0.5f, "training: IoU above which an anchor is no negative");
  k.truth_thresh = o.real("truth_thresh", 1, "training: IoU above which an anchor is a positive");
  k.iou_thresh = o.real("iou_thresh", 1, "training: IoU above which further anchors are positives");
  k.iou_thresh_kind = o.choice<Overlap>("iou_thresh_kind", Overlap::iou,
                                        {{"iou", Overlap::iou},
                                         {"giou", Overlap::giou},
                                         {"diou", Overlap::diou},
                                         {"ciou", Overlap::ciou}},
                                        "training: overlap of iou_thresh");
  const int kind = o.choice<int>("iou_loss", -1,
                                 {{"iou", int(Overlap::iou)},
                                  {"mse", -1},
                                  {"giou", int(Overlap::giou)},
                                  {"diou", int(Overlap::diou)},
                                  {"ciou", int(Overlap::ciou)}},
                                 "training: loss of the boxes");
  k.mse = kind < 0;
  if (!k.mse) k.iou_loss = Overlap(kind);
  k.iou_normalizer = o.real("iou_normalizer", 0.75f, "training: weight of the boxes");
  k.obj_normalizer = o.real("obj_normalizer", 1, "training: weight of the objectness");
  k.cls_normalizer =
      o.real("cls_normalizer", 1, "training: weight of the classes, with counters_per_class");
  k.uc_normalizer =
      o.real("uc_normalizer", 1, "training: weight of the deviations of Gaussian_yolo");
  o.real("beta1", 0.6f, "of older cfgs: without effect");
  k.delta_normalizer = o.real("delta_normalizer", 1, "training: factor on the gradient");
  k.max_delta = o.real("max_delta", 3.4e38f, "training: bound of the gradient");
  k.objectness_smooth =
      o.flag("objectness_smooth", false, "training: the IoU as objectness target");
  k.label_smooth_eps = o.real("label_smooth_eps", 0, "training: label smoothing");
  const std::vector<float> counters =
      o.reals("counters_per_class", "training: objects of each class");
  if (!counters.empty() && int(counters.size()) != classes)
    o.wrong("counters_per_class", format("counters_per_class has %zu numbers, expected classes=%d",
                                         counters.size(), classes));
  k.multipliers = multipliers_of(counters, k.max_delta);
  const std::string map = o.text("map", "", "training: file of class numbers");
  if (map.empty()) return k;
  try {
    k.map = read_map(map, o.file());
  } catch (const Error& error) {
    k.map_problem = error.message;
  }
  return k;
}

void check(const YoloKeys& keys) {
  if (!keys.map_problem.empty()) fail(DN_ERROR_FILE, "%s", keys.map_problem.c_str());
}

ClassRules class_rules(const YoloKeys& k, int64_t classes) {
  return {classes,
          k.multipliers.empty() ? nullptr : k.multipliers.data(),
          k.map.empty() ? nullptr : k.map.data(),
          int64_t(k.map.size()),
          k.cls_normalizer,
          k.label_smooth_eps,
          k.focal_loss};
}

}  // namespace dn
