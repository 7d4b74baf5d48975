#include "heads/anchors.h"

#include <algorithm>

namespace dn {

void read_anchors(Options& o, Head& head, bool with_mask) {
  const int num = o.integer("num", 1, "number of anchors", 1, 100000);
  const std::vector<float> given = o.reals("anchors", "widths and heights of the anchors");
  if (given.size() % 2)
    o.wrong("anchors", format("anchors has %zu numbers, expected pairs", given.size()));
  if (with_mask) head.mask = o.integers("mask", "the anchors of this head");
  if (head.mask.empty())
    for (int i = 0; i < num; ++i) head.mask.push_back(i);
  // compat: cspx-p7-mish.cfg says num=16 and names anchor 19 of the 20 it lists, for which Darknet
  // reads behind its array; an anchor that is listed is there.
  const int count = std::max(num, static_cast<int>(given.size() / 2));
  int last = num - 1;
  for (const int anchor : head.mask) {
    if (anchor < 0 || anchor >= count)
      o.wrong("mask", format("mask names anchor %d, expected 0 to %d", anchor, count - 1));
    last = std::max(last, anchor);
  }
  head.anchors.assign((size_t(last) + 1) * 2, 0.5f);
  for (size_t i = 0; i < head.anchors.size() && i < given.size(); ++i) head.anchors[i] = given[i];
}

void read_yolo_training_keys(Options& o) {
  o.integer("max", 200, "training: truth boxes per image");
  o.real("jitter", 0.2f, "training: random crop");
  o.real("resize", 1, "training: random zoom");
  o.real("random", 0, "training: multi-scale; 1 means a factor of 1.4");
  o.real("ignore_thresh", 0.5f, "training: IoU above which an anchor is no negative");
  o.real("truth_thresh", 1, "training: IoU above which an anchor is a positive");
  o.real("iou_thresh", 1, "training: IoU above which further anchors are positives");
  enum class Kind { iou, mse, giou, diou, ciou };
  o.choice<Kind>(
      "iou_thresh_kind", Kind::iou,
      {{"iou", Kind::iou}, {"giou", Kind::giou}, {"diou", Kind::diou}, {"ciou", Kind::ciou}},
      "training: overlap of iou_thresh");
  o.choice<Kind>("iou_loss", Kind::mse,
                 {{"mse", Kind::mse},
                  {"iou", Kind::iou},
                  {"giou", Kind::giou},
                  {"diou", Kind::diou},
                  {"ciou", Kind::ciou}},
                 "training: loss of the boxes");
  o.real("iou_normalizer", 0.75f, "training: weight of the boxes");
  o.real("obj_normalizer", 1, "training: weight of the objectness");
  o.real("cls_normalizer", 1, "training: weight of the classes");
  o.real("uc_normalizer", 1, "training: weight of the deviations of Gaussian_yolo");
  o.real("beta1", 0.6f, "of older cfgs: without effect");
  o.real("delta_normalizer", 1, "training: factor on the gradient");
  o.real("max_delta", 3.4e38f, "training: bound of the gradient");
  o.flag("objectness_smooth", false, "training: the IoU as objectness target");
  o.real("label_smooth_eps", 0, "training: label smoothing");
  o.reals("counters_per_class", "training: objects of each class");
}

}  // namespace dn
