#include "heads/yolo_loss.h"

#include <cmath>

#include "core/device_code.h"
#include "heads/box_gradient.h"
#include "heads/square_sums.h"

namespace dn {

namespace {

struct ImageSums {  // of the matched truths of one image
  float count, iou, iou_loss, giou_loss, boxes, rewritten;
};

constexpr int64_t kSums = sizeof(ImageSums) / sizeof(float);

// One head on one mini-batch. An entry's numbers of all cells lie together.
struct YoloMap {
  const float *output, *truth, *anchors;
  const int* mask;
  float* delta;
  int64_t truths, max_truths, members, w, h, net_w, net_h;
  float ignore_thresh, truth_thresh, iou_normalizer, obj_normalizer, max_delta;
  Overlap iou_loss;
  bool mse, smooth, new_coords, adversarial;
  ClassRules classes;

  DN_HD int64_t plane() const { return w * h; }
  DN_HD int64_t at(int64_t b, int64_t n, int64_t cell) const {
    return (b * members + n) * (5 + classes.classes) * plane() + cell;
  }
  DN_HD Box box(int64_t first, int64_t anchor, int64_t cell) const {
    const float* v = output + first;
    const float width = v[2 * plane()], height = v[3 * plane()];
    Box out;
    out.x = (float(cell % w) + v[0]) / float(w);
    out.y = (float(cell / w) + v[plane()]) / float(h);
    out.w = (new_coords ? 4.f * width * width : expf(width)) * anchors[2 * anchor] / float(net_w);
    out.h = (new_coords ? 4.f * height * height : expf(height)) * anchors[2 * anchor + 1] /
            float(net_h);
    return out;
  }
  // The truth's numbers, or nullptr behind the last.
  DN_HD const float* truth_at(int64_t b, int64_t t) const {
    if (t >= max_truths) return nullptr;
    const float* numbers = truth + b * truths + t * kTruthNumbers;
    return numbers[0] == 0 ? nullptr : numbers;
  }

  DN_HD float bounded(float d) const {
    if (!finite(d)) return 0.f;
    return max_delta < kNoBound ? fminf(fmaxf(d, -max_delta), max_delta) : d;
  }

  // Adds the deltas of the coordinates; tells the overlaps to sums.
  DN_HD void match_box(int64_t first, int64_t anchor, int64_t cell, const Box& t, float weight,
                       ImageSums* sums) const {
    const float* v = output + first;
    float* d = delta + first;
    const int64_t s = plane();
    const Box p = box(first, anchor, cell);
    if (sums) {
      const float shared = iou(p, t);
      sums->count += 1;
      sums->iou += shared;
      sums->iou_loss += 1.f - shared;
      sums->giou_loss += 1.f - giou(p, t);
      sums->boxes += 1;
      if (d[0] != 0 || d[s] != 0 || d[2 * s] != 0 || d[3 * s] != 0) sums->rewritten += 1;
    }
    const float aw = anchors[2 * anchor], ah = anchors[2 * anchor + 1];
    if (mse) {
      const float scale = (2.f - t.w * t.h) * weight;
      const float rw = t.w * float(net_w) / aw, rh = t.h * float(net_h) / ah;
      d[0] += scale * (t.x * float(w) - float(cell % w) - v[0]);
      d[s] += scale * (t.y * float(h) - float(cell / w) - v[s]);
      d[2 * s] += scale * ((new_coords ? sqrtf(rw / 4.f) : logf(rw)) - v[2 * s]);
      d[3 * s] += scale * ((new_coords ? sqrtf(rh / 4.f) : logf(rh)) - v[3 * s]);
      return;
    }
    const BoxGradient g = overlap_gradient(p, t, iou_loss);
    const float fw = new_coords ? 1.f : expf(v[2 * s]), fh = new_coords ? 1.f : expf(v[3 * s]);
    d[0] += bounded(weight * g.x);
    d[s] += bounded(weight * g.y);
    d[2 * s] += bounded(weight * g.w * fw);
    d[3 * s] += bounded(weight * g.h * fh);
  }

  DN_HD void match_class(int64_t first, int64_t k) const {
    const int64_t s = plane(), at = first + 5 * s;
    classes.add(output + at, delta + at, k, s, delta[at + k * s] != 0);
  }
};

// Every cell and anchor: no object, unless what it predicts meets a truth.
struct YoloEmpty : YoloMap {
  // Of an image that shall seem to hold nothing: what is predicted shall turn into other classes.
  // Returns the weight of a cell, which goes by its box's size.
  DN_HD float hide(int64_t first, const Box& p, float o) const {
    const int64_t s = plane(), class0 = first + 5 * s;
    const float area = p.w * p.h, weight = area > 0 ? sqrtf(area) : area;
    bool found = false;
    for (int64_t k = 0; k < classes.classes; ++k) {
      const float probability = output[class0 + k * s];
      if (!(probability * o > 0.25f)) continue;
      found = true;
      delta[class0 + k * s] = weight * (0.f - probability);
    }
    if (!found) return weight;
    for (int64_t k = 0; k < classes.classes; ++k) {
      const float probability = output[class0 + k * s];
      if (probability * o < 0.25f) delta[class0 + k * s] = weight * (1.f - probability);
    }
    for (int64_t e = 0; e < 4; ++e) delta[first + e * s] += weight * (0.f - output[first + e * s]);
    return weight;
  }

  DN_HD void operator()(int64_t i) const {
    const int64_t cell = i % plane(), n = i / plane() % members, b = i / (plane() * members);
    const int64_t first = at(b, n, cell), s = plane(), object = first + 4 * s;
    const Box p = box(first, mask[n], cell);
    const float o = finite(output[object]) ? output[object] : 0.f;
    bool sure = false;  // of any class
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
    float d = obj_normalizer * (0.f - o);
    if (adversarial && !(sure && best > ignore_thresh)) {
      d *= hide(first, p, o);
    } else if (sure && best > ignore_thresh) {
      const float target = obj_normalizer * (best - o);
      if (!smooth)
        d = 0;
      else if (target > d)
        d = target;
    }
    delta[object] = d;
    if (!best_truth || !(best > truth_thresh)) return;
    delta[object] = obj_normalizer * ((smooth ? best * best : 1.f) - o);
    const int64_t k = classes.class_of(best_truth[4]);
    match_class(first, k);
    if (smooth)
      delta[object + (k + 1) * s] =
          classes.multiplier(k) * (best * best - output[object + (k + 1) * s]);
    match_box(first, mask[n], cell, {best_truth[0], best_truth[1], best_truth[2], best_truth[3]},
              iou_normalizer * classes.multiplier(k), nullptr);
  }
};

// Every truth of one image, in order: the anchors that shall predict it.
struct YoloObjects : YoloMap {
  YoloMatch rule;
  ImageSums* sums;

  DN_HD void match(int64_t b, int64_t n, int64_t cell, const Box& t, int64_t k) const {
    const int64_t first = at(b, n, cell), object = first + 4 * plane();
    const float multiplier = classes.multiplier(k);
    match_box(first, mask[n], cell, t, iou_normalizer * multiplier, sums + b);
    if (!smooth || delta[object] == 0)
      delta[object] = multiplier * obj_normalizer * (1.f - output[object]);
    match_class(first, k);
  }

  DN_HD void operator()(int64_t b) const {
    sums[b] = {0, 0, 0, 0, 0, 0};
    for (int64_t i = 0; const float* numbers = truth_at(b, i); ++i) {
      const int64_t k = classes.class_of(numbers[4]);
      if (k < 0) continue;
      const Box t{numbers[0], numbers[1], numbers[2], numbers[3]};
      const int64_t cell = rule.cell_of(t), best = rule.best_anchor(t), n = rule.member_of(best);
      if (n >= 0) match(b, n, cell, t, k);
      for (int64_t other = 0; other < members; ++other)
        if (rule.takes_too(other, best, t)) match(b, other, cell, t, k);
    }
  }
};

// A box that several classes share gets the mean of its coordinates' deltas.
struct YoloAverage : YoloMap {
  DN_HD void operator()(int64_t i) const {
    const int64_t cell = i % plane(), n = i / plane() % members, b = i / (plane() * members);
    float* d = delta + at(b, n, cell);
    const int64_t s = plane();
    if (d[4 * s] == 0) return;
    int64_t positive = 0;
    for (int64_t k = 0; k < classes.classes; ++k) positive += d[(5 + k) * s] > 0;
    for (int64_t e = 0; e < 4 && positive > 0; ++e) d[e * s] /= float(positive);
  }
};

}  // namespace

double YoloLoss::run(const Context& context, const LossArgs& args,
                     std::vector<LossPart>& parts) const {
  const YoloMap map{args.output,
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
                    keys.max_delta,
                    keys.iou_loss,
                    keys.mse,
                    keys.objectness_smooth,
                    new_coords,
                    args.adversarial,
                    class_rules(keys, classes)};
  const int64_t cells = args.batch * map.members * map.plane();
  auto* sums = reinterpret_cast<ImageSums*>(args.scratch);
  float* squares = args.scratch + args.batch * kSums;
  context.each(cells, YoloEmpty{map});
  context.each(args.batch,
               YoloObjects{map, matching(args.shape, args.net_width, args.net_height), sums});
  if (keys.iou_thresh < 1) context.each(cells, YoloAverage{map});
  context.each(args.batch,
               SquareSums{args.delta, squares, map.members, 5 + classes, 4, map.plane()});
  ImageSums all{};
  double square = 0, rest = 0;
  for (int64_t b = 0; b < args.batch; ++b) {
    all.count += sums[b].count;
    all.iou += sums[b].iou;
    all.iou_loss += sums[b].iou_loss;
    all.giou_loss += sums[b].giou_loss;
    all.boxes += sums[b].boxes;
    all.rewritten += sums[b].rewritten;
    square += double(squares[2 * b]);
    rest += double(squares[2 * b + 1]);
  }
  const double images = double(args.batch), class_loss = double(keys.obj_normalizer) * rest;
  const double count = all.count > 0 ? double(all.count) : 1.;
  parts = {{"iou", double(all.iou) / count},    {"count", double(all.count)},
           {"class_loss", class_loss / images}, {"iou_loss", (square - class_loss) / images},
           {"total_loss", square / images},     {"boxes", double(all.boxes)},
           {"rewritten", double(all.rewritten)}};
  if (keys.mse || !show_details) return square;
  const bool generalised = keys.iou_loss == Overlap::giou;
  const double box_loss = double(generalised ? all.giou_loss : all.iou_loss) / count;
  return double(keys.iou_normalizer) * box_loss + class_loss;
}

}  // namespace dn
