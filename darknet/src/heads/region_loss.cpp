#include "heads/region_loss.h"

#include <cmath>

#include "core/device_code.h"
#include "graph/activation.h"
#include "heads/box.h"
#include "heads/square_sums.h"
#include "heads/yolo_keys.h"

namespace dn {

namespace {

constexpr uint64_t kWarmUp = 12800;  // images at first in which boxes are drawn to their anchors
constexpr float kNoPlace = 100000;   // a truth of an image, not of a box, lies behind that

// The output lies cell by cell: numbers of one anchor's box together.
struct RegionMap {
  const float *output, *truth, *anchors;
  const int *map, *parent, *group_first, *group_size;  // nullptr where there is no map, no tree
  float* delta;
  int64_t truths, max_truths, num, w, h, coords, classes, mapped;
  float thresh, coord_scale, object_scale, noobject_scale, class_scale;
  int classfix;
  bool rescore, bias_match, focal, warm_up;

  DN_HD int64_t entries() const { return coords + 1 + classes; }
  DN_HD int64_t at(int64_t b, int64_t cell, int64_t n) const {
    return ((b * w * h + cell) * num + n) * entries();
  }
  DN_HD Box box(int64_t first, int64_t n, int64_t cell) const {
    const float* v = output + first;
    return {(float(cell % w) + logistic(v[0])) / float(w),
            (float(cell / w) + logistic(v[1])) / float(h), expf(v[2]) * anchors[2 * n] / float(w),
            expf(v[3]) * anchors[2 * n + 1] / float(h)};
  }
  DN_HD const float* truth_at(int64_t b, int64_t t) const {
    if (t >= max_truths) return nullptr;
    const float* numbers = truth + b * truths + t * kTruthNumbers;
    return numbers[0] == 0 ? nullptr : numbers;
  }
  DN_HD int64_t class_of(float number, bool through_map) const {
    int64_t k = number >= 0 && number < 1e9f ? int64_t(number) : -1;
    if (k >= classes && !(map && through_map)) return -1;
    if (map && through_map) k = k >= 0 && k < mapped ? map[k] : -1;
    return k >= 0 && k < classes ? k : -1;
  }
  // A truth that belongs to the image as a whole: a class without a place (with a tree only).
  DN_HD bool without_place(const float* numbers) const {
    return parent && numbers[0] > kNoPlace && numbers[1] > kNoPlace;
  }
  DN_HD const float* class_truth(int64_t b) const {
    for (int64_t t = 0; const float* numbers = truth_at(b, t); ++t)
      if (without_place(numbers)) return numbers;
    return nullptr;
  }

  DN_HD float match_box(int64_t first, int64_t n, int64_t cell, const Box& t, float scale) const {
    const float* v = output + first;
    float* d = delta + first;
    const float x = logistic(v[0]), y = logistic(v[1]);
    d[0] = scale * (t.x * float(w) - float(cell % w) - x) * x * (1.f - x);
    d[1] = scale * (t.y * float(h) - float(cell / w) - y) * y * (1.f - y);
    d[2] = scale * (logf(t.w * float(w) / anchors[2 * n]) - v[2]);
    d[3] = scale * (logf(t.h * float(h) / anchors[2 * n + 1]) - v[3]);
    return iou(box(first, n, cell), t);
  }

  DN_HD void match_class(int64_t first, int64_t k, float scale) const {
    const float* p = output + first + coords + 1;
    float* d = delta + first + coords + 1;
    if (parent) {  // every group on the way to the root
      for (int64_t node = k; node >= 0; node = parent[node]) {
        const int64_t start = group_first[node];
        for (int64_t n = start; n < start + group_size[node]; ++n) d[n] = scale * (0.f - p[n]);
        d[node] = scale * (1.f - p[node]);
      }
      return;
    }
    float focus = scale;
    if (focal) {
      const float sure = p[k] + 1e-15f;
      focus *= 0.5f * (-(1.f - sure) * (2.f * sure * logf(sure) + sure - 1.f));
    }
    for (int64_t n = 0; n < classes; ++n) d[n] = focus * ((n == k ? 1.f : 0.f) - p[n]);
  }

  DN_HD void match_object(int64_t object, float scale, float target) const {
    const float o = output[object];
    delta[object] = scale * (target - o) * o * (1.f - o);
  }
};

struct RegionEmpty : RegionMap {
  DN_HD void operator()(int64_t i) const {
    const int64_t n = i % num, cell = i / num % (w * h), b = i / (num * w * h);
    if (class_truth(b)) return;
    const int64_t first = at(b, cell, n), object = first + coords;
    const Box p = box(first, n, cell);
    float best = 0;
    int64_t best_class = -1;
    for (int64_t t = 0; const float* numbers = truth_at(b, t); ++t) {
      const int64_t k = class_of(numbers[4], false);
      if (k < 0) continue;
      const float overlap = iou(p, {numbers[0], numbers[1], numbers[2], numbers[3]});
      if (overlap > best) {
        best = overlap;
        best_class = k;
      }
    }
    match_object(object, noobject_scale, classfix == -1 ? best : 0.f);
    if (classfix != -1 && best > thresh) {
      delta[object] = 0;
      if (classfix > 0)
        match_class(first, best_class, class_scale * (classfix == 2 ? output[object] : 1.f));
    }
    if (warm_up)
      match_box(first, n, cell,
                {(float(cell % w) + 0.5f) / float(w), (float(cell / w) + 0.5f) / float(h),
                 anchors[2 * n] / float(w), anchors[2 * n + 1] / float(h)},
                0.01f);
  }
};

struct RegionObjects : RegionMap {
  float* sums;  // of each image: truths, their overlaps, those above 1/2

  DN_HD float probability(const float* p, int64_t k) const {
    float product = 1;
    for (int64_t node = k; node >= 0; node = parent[node]) product *= p[node];
    return product;
  }
  // The box that is surest of the class learns it.
  DN_HD void match_image(int64_t b, int64_t k) const {
    if (k < 0) return;
    float most = 0;
    int64_t best = 0;
    for (int64_t i = 0; i < w * h * num; ++i) {
      const float* v = output + at(b, 0, 0) + i * entries();
      const float p = v[coords] * probability(v + coords + 1, k);
      if (p > most) {
        most = p;
        best = i;
      }
    }
    match_class(at(b, 0, 0) + best * entries(), k, class_scale);
  }

  DN_HD void operator()(int64_t b) const {
    for (int s = 0; s < 3; ++s) sums[3 * b + s] = 0;
    if (const float* numbers = class_truth(b)) {
      match_image(b, class_of(numbers[4], false));
      return;
    }
    for (int64_t i = 0; const float* numbers = truth_at(b, i); ++i) {
      if (class_of(numbers[4], false) < 0) continue;
      const int64_t k = class_of(numbers[4], true);
      const Box t{numbers[0], numbers[1], numbers[2], numbers[3]};
      const int64_t column = int64_t(fminf(fmaxf(t.x * float(w), 0.f), float(w - 1)));
      const int64_t row = int64_t(fminf(fmaxf(t.y * float(h), 0.f), float(h - 1)));
      const int64_t cell = row * w + column;
      float best = 0;
      int64_t best_n = 0;
      for (int64_t n = 0; n < num; ++n) {
        Box p = box(at(b, cell, n), n, cell);
        if (bias_match) {
          p.w = anchors[2 * n] / float(w);
          p.h = anchors[2 * n + 1] / float(h);
        }
        const float overlap = iou({0, 0, p.w, p.h}, {0, 0, t.w, t.h});
        if (overlap > best) {
          best = overlap;
          best_n = n;
        }
      }
      const int64_t first = at(b, cell, best_n);
      const float overlap = match_box(first, best_n, cell, t, coord_scale);
      match_object(first + coords, object_scale, rescore ? overlap : 1.f);
      if (k >= 0) match_class(first, k, class_scale);
      sums[3 * b] += 1;
      sums[3 * b + 1] += overlap;
      sums[3 * b + 2] += overlap > 0.5f;
    }
  }
};

}  // namespace

void RegionLoss::set_tree(const Tree& tree) {
  parent_ = tree.parent;
  int first = 0;
  for (const int size : tree.group_size) {
    group_first_.insert(group_first_.end(), size_t(size), first);
    group_size_.insert(group_size_.end(), size_t(size), size);
    first += size;
  }
}

int64_t RegionLoss::truths(const Shape&) const { return int64_t(max) * kTruthNumbers; }

double RegionLoss::run(const Context& context, const LossArgs& args,
                       std::vector<LossPart>& parts) const {
  const bool tree = !parent_.empty();
  const RegionMap region{args.output,
                         args.truth,
                         anchors.data(),
                         map.empty() ? nullptr : map.data(),
                         tree ? parent_.data() : nullptr,
                         tree ? group_first_.data() : nullptr,
                         tree ? group_size_.data() : nullptr,
                         args.delta,
                         args.truths,
                         max,
                         int64_t(anchors.size() / 2),
                         args.shape.h,  // (h, w, entries) stands where (c, h, w) does elsewhere
                         args.shape.c,
                         coords,
                         classes,
                         int64_t(map.size()),
                         thresh,
                         coord_scale,
                         object_scale,
                         noobject_scale,
                         class_scale,
                         classfix,
                         rescore,
                         bias_match,
                         focal_loss,
                         args.seen < kWarmUp};
  float *sums = args.scratch, *squares = args.scratch + 3 * args.batch;
  context.each(args.batch * region.w * region.h * region.num, RegionEmpty{region});
  context.each(args.batch, RegionObjects{region, sums});
  context.each(args.batch, SquareSums{args.delta, squares, 1, 1, 0, args.shape.size()});
  double count = 0, overlaps = 0, found = 0, square = 0;
  for (int64_t b = 0; b < args.batch; ++b) {
    count += double(sums[3 * b]);
    overlaps += double(sums[3 * b + 1]);
    found += double(sums[3 * b + 2]);
    square += double(squares[2 * b]);
  }
  const double some = count > 0 ? count : 1.;
  parts = {{"iou", overlaps / some}, {"recall", found / some}, {"count", count}};
  return square;
}

}  // namespace dn
