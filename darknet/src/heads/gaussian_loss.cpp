#include "heads/gaussian_loss.h"

#include <cmath>

#include "core/device_code.h"
#include "heads/box_gradient.h"
#include "heads/square_sums.h"
#include "heads/yolo_match.h"

namespace dn {

namespace {

// Entries of an anchor: mean and deviation of x, y, w, h; objectness; classes.
struct GaussianMap {
  const float *output, *truth, *anchors;
  const int* mask;
  float* delta;
  int64_t truths, max_truths, members, w, h, net_w, net_h;
  float ignore_thresh, truth_thresh;
  float iou_normalizer, obj_normalizer, uc_normalizer, max_delta;
  Overlap iou_loss;
  bool mse, smooth;
  YoloPoint point;
  ClassRules classes;

  DN_HD int64_t plane() const { return w * h; }
  DN_HD int64_t at(int64_t b, int64_t n, int64_t cell) const {
    return (b * members + n) * (9 + classes.classes) * plane() + cell;
  }
  // Where the told point lies, in halves of the box from its centre.
  DN_HD float side() const {
    return point == YoloPoint::left_top ? -0.5f : point == YoloPoint::right_bottom ? 0.5f : 0.f;
  }
  DN_HD Box box(int64_t first, int64_t anchor, int64_t cell) const {
    const float* v = output + first;
    Box out;
    out.w = expf(v[4 * plane()]) * anchors[2 * anchor] / float(net_w);
    out.h = expf(v[6 * plane()]) * anchors[2 * anchor + 1] / float(net_h);
    out.x = (float(cell % w) + v[0]) / float(w) - side() * out.w;
    out.y = (float(cell / w) + v[2 * plane()]) / float(h) - side() * out.h;
    return out;
  }
  DN_HD const float* truth_at(int64_t b, int64_t t) const {
    if (t >= max_truths) return nullptr;
    const float* numbers = truth + b * truths + t * kTruthNumbers;
    return numbers[0] == 0 ? nullptr : numbers;
  }
  DN_HD float bounded(float d) const {
    if (!finite(d)) return 0.f;
    return max_delta < kNoBound ? fminf(fmaxf(d, -max_delta), max_delta) : d;
  }

  DN_HD float match_box(int64_t first, int64_t anchor, int64_t cell, const Box& t,
                        float weight) const {
    const float* v = output + first;
    float* d = delta + first;
    const int64_t s = plane();
    const Box p = box(first, anchor, cell);
    const float scale = 2.f - t.w * t.h;
    const float targets[4] = {(t.x + side() * t.w) * float(w) - float(cell % w),
                              (t.y + side() * t.h) * float(h) - float(cell / w),
                              logf(t.w * float(net_w) / anchors[2 * anchor]),
                              logf(t.h * float(net_h) / anchors[2 * anchor + 1])};
    const BoxGradient g = mse ? BoxGradient{} : overlap_gradient(p, t, iou_loss);
    const float overlaps[4] = {g.x + side() * g.w, g.y + side() * g.h, g.w * expf(v[4 * s]),
                               g.h * expf(v[6 * s])};
    for (int64_t e = 0; e < 4; ++e) {
      const float mean = v[2 * e * s], deviation = v[(2 * e + 1) * s];
      const float error = (targets[e] - mean) / deviation, square = error * error;
      const float density = expf(-square / 2.f) / (sqrtf(6.2831853f) * (deviation + 0.3f));
      const float likelihood = 0.5f * scale * density / (density + 1e-9f);
      const float mean_delta = mse ? likelihood * error / deviation : overlaps[e];
      const float deviation_delta =
          likelihood * (square / deviation - 1.f / (deviation + 0.3f)) * uc_normalizer;
      d[2 * e * s] += bounded(mean_delta * weight);
      d[(2 * e + 1) * s] += bounded(deviation_delta);
    }
    return iou(p, t);
  }

  // compat: whether the box has class deltas already is asked of its first class.
  DN_HD void match_class(int64_t first, int64_t k) const {
    const int64_t s = plane(), at = first + 9 * s;
    classes.add(output + at, delta + at, k, s, delta[at] != 0);
  }
};

struct GaussianEmpty : GaussianMap {
  DN_HD void operator()(int64_t i) const {
    const int64_t cell = i % plane(), n = i / plane() % members, b = i / (plane() * members);
    const int64_t first = at(b, n, cell), s = plane(), object = first + 8 * s;
    const Box p = box(first, mask[n], cell);
    const float o = output[object];
    bool sure = false;
    for (int64_t k = 0; k < classes.classes; ++k)
      sure = sure || output[object + (k + 1) * s] > 0.25f;
    float best = 0;
    const float* best_truth = nullptr;
    for (int64_t t = 0; const float* numbers = truth_at(b, t); ++t) {
      if (classes.class_of(numbers[4]) < 0) continue;
      const float overlap = iou(p, {numbers[0], numbers[1], numbers[2], numbers[3]});
      if (overlap > best) {
        best = overlap;
        best_truth = numbers;
      }
    }
    delta[object] = obj_normalizer * (0.f - o);
    if (!best_truth) return;
    const int64_t k = classes.class_of(best_truth[4]);
    const float squared = best * best;
    const float softly = classes.multiplier(k) * (squared - output[object + (k + 1) * s]);
    if (sure && best > ignore_thresh) {
      delta[object] = smooth ? obj_normalizer * (squared - o) : 0.f;
      if (smooth) delta[object + (k + 1) * s] = softly;
    }
    if (!(best > truth_thresh)) return;
    delta[object] = obj_normalizer * ((smooth ? squared : 1.f) - o);
    match_class(first, k);
    if (smooth) delta[object + (k + 1) * s] = softly;
    match_box(first, mask[n], cell, {best_truth[0], best_truth[1], best_truth[2], best_truth[3]},
              iou_normalizer * classes.multiplier(k));
  }
};

struct GaussianObjects : GaussianMap {
  YoloMatch rule;
  float* sums;  // of each image: truths matched, and their overlaps

  DN_HD void match(int64_t b, int64_t n, int64_t cell, const Box& t, int64_t k) const {
    const int64_t first = at(b, n, cell), object = first + 8 * plane();
    const float multiplier = classes.multiplier(k);
    sums[2 * b] += 1;
    sums[2 * b + 1] += match_box(first, mask[n], cell, t, iou_normalizer * multiplier);
    delta[object] = multiplier * obj_normalizer * (1.f - output[object]);
    match_class(first, k);
  }

  DN_HD void operator()(int64_t b) const {
    sums[2 * b] = sums[2 * b + 1] = 0;
    for (int64_t i = 0; const float* numbers = truth_at(b, i); ++i) {
      const int64_t k = classes.class_of(numbers[4]);
      if (k < 0) continue;
      const Box t{numbers[0], numbers[1], numbers[2], numbers[3]};
      const int64_t cell = rule.cell_of({t.x + side() * t.w, t.y + side() * t.h, t.w, t.h});
      const int64_t best = rule.best_anchor(t), n = rule.member_of(best);
      if (n >= 0) match(b, n, cell, t, k);
      for (int64_t other = 0; other < members; ++other)
        if (rule.takes_too(other, best, t)) match(b, other, cell, t, k);
    }
  }
};

// A box that several classes share gets the mean of its coordinates' deltas.
struct GaussianAverage : GaussianMap {
  DN_HD void operator()(int64_t i) const {
    const int64_t cell = i % plane(), n = i / plane() % members, b = i / (plane() * members);
    float* d = delta + at(b, n, cell);
    const int64_t s = plane();
    if (d[8 * s] == 0) return;
    int64_t positive = 0;
    for (int64_t k = 0; k < classes.classes; ++k) positive += d[(9 + k) * s] > 0;
    for (int64_t e = 0; e < 8 && positive > 0; ++e) d[e * s] /= float(positive);
  }
};

}  // namespace

double GaussianLoss::run(const Context& context, const LossArgs& args,
                         std::vector<LossPart>& parts) const {
  const GaussianMap map{args.output,
                        args.truth,
                        anchors.data(),
                        mask.data(),
                        args.delta,
                        args.truths,
                        keys.max,
                        int64_t(mask.size()),
                        args.shape.w,
                        args.shape.h,
                        args.net_width,
                        args.net_height,
                        keys.ignore_thresh,
                        keys.truth_thresh,
                        keys.iou_normalizer,
                        keys.obj_normalizer,
                        keys.uc_normalizer,
                        keys.max_delta,
                        keys.iou_loss,
                        keys.mse,
                        keys.objectness_smooth,
                        point,
                        class_rules(keys, classes)};
  const int64_t cells = args.batch * map.members * map.plane();
  float *sums = args.scratch, *squares = args.scratch + 2 * args.batch;
  context.each(cells, GaussianEmpty{map});
  context.each(
      args.batch,
      GaussianObjects{
          map, yolo_match(keys, anchors, mask, args.shape, args.net_width, args.net_height), sums});
  context.each(cells, GaussianAverage{map});
  context.each(args.batch,
               SquareSums{args.delta, squares, map.members, 9 + classes, 8, map.plane()});
  double count = 0, overlaps = 0, square = 0, rest = 0;
  for (int64_t b = 0; b < args.batch; ++b) {
    count += double(sums[2 * b]);
    overlaps += double(sums[2 * b + 1]);
    square += double(squares[2 * b]);
    rest += double(squares[2 * b + 1]);
  }
  const double images = double(args.batch), class_loss = double(keys.obj_normalizer) * rest;
  parts = {{"iou", overlaps / (count > 0 ? count : 1.)},
           {"count", count},
           {"class_loss", class_loss / images},
           {"iou_loss", (square - class_loss) / images},
           {"total_loss", square / images}};
  return square;
}

}  // namespace dn
