#include "heads/detection_loss.h"

#include <cmath>

#include "core/device_code.h"
#include "core/random.h"
#include "heads/box.h"
#include "heads/square_sums.h"

namespace dn {

namespace {

constexpr uint64_t kRandomImages = 64000;  // at first, with random=1

struct DetectionCell {
  const float *output, *truth;
  float *delta, *overlaps;  // overlaps: of each cell, -1 where there is no object
  int64_t side, num, classes, coords, outputs;
  float coord_scale, object_scale, noobject_scale, class_scale;
  bool rescore, sqrt, forced, random;
  uint64_t seed;

  DN_HD Box predicted(const float* v) const {
    return {v[0] / float(side), v[1] / float(side), sqrt ? v[2] * v[2] : v[2],
            sqrt ? v[3] * v[3] : v[3]};
  }
  DN_HD static float distance(const Box& a, const Box& b) {
    return sqrtf((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y) + (a.w - b.w) * (a.w - b.w) +
                 (a.h - b.h) * (a.h - b.h));
  }

  DN_HD int64_t responsible(int64_t i, const float* boxes, const Box& t) const {
    if (random) return int64_t(random_bits(seed, uint64_t(i)) % uint64_t(num));
    if (forced) return t.w * t.h < 0.1f && num > 1 ? 1 : 0;
    int64_t best = 0;
    float best_overlap = 0, least = 20;
    for (int64_t j = 0; j < num; ++j) {
      const Box p = predicted(boxes + j * coords);
      const float overlap = iou(p, t), far = distance(p, t);
      if (best_overlap > 0 || overlap > 0) {
        if (overlap > best_overlap) {
          best_overlap = overlap;
          best = j;
        }
      } else if (far < least) {
        least = far;
        best = j;
      }
    }
    return best;
  }

  DN_HD void operator()(int64_t i) const {
    const int64_t cells = side * side, cell = i % cells, b = i / cells;
    const float* v = output + b * outputs;
    float* d = delta + b * outputs;
    const int64_t confidence = cells * classes + cell * num;
    for (int64_t j = 0; j < num; ++j)
      d[confidence + j] = noobject_scale * (0.f - v[confidence + j]);
    const float* t = truth + i * (1 + coords + classes);
    overlaps[i] = -1;
    if (t[0] == 0) return;
    for (int64_t k = 0; k < classes; ++k)
      d[cell * classes + k] = class_scale * (t[1 + k] - v[cell * classes + k]);
    const float* told = t + 1 + classes;
    const Box box{told[0] / float(side), told[1] / float(side), told[2], told[3]};
    const int64_t boxes = cells * (classes + num) + cell * num * coords;
    const int64_t best = responsible(i, v + boxes, box), at = boxes + best * coords;
    const float overlap = iou(predicted(v + at), box);
    d[confidence + best] = object_scale * ((rescore ? overlap : 1.f) - v[confidence + best]);
    for (int64_t e = 0; e < coords; ++e) {
      const float target = sqrt && (e == 2 || e == 3) ? sqrtf(told[e]) : told[e];
      d[at + e] = coord_scale * (target - v[at + e]);
    }
    overlaps[i] = overlap;
  }
};

}  // namespace

double DetectionLoss::run(const Context& context, const LossArgs& args,
                          std::vector<LossPart>& parts) const {
  const int64_t cells = int64_t(side) * side;
  float *overlaps = args.scratch, *squares = args.scratch + args.batch * cells;
  context.each(
      args.batch * cells,
      DetectionCell{args.output, args.truth, args.delta, overlaps, side, num, classes, coords,
                    args.shape.size(), coord_scale, object_scale, noobject_scale, class_scale,
                    rescore, sqrt, forced, random && args.seen < kRandomImages, args.seed});
  context.each(args.batch, SquareSums{args.delta, squares, 1, 1, 0, args.shape.size()});
  double count = 0, overlap = 0, square = 0;
  for (int64_t i = 0; i < args.batch * cells; ++i) {
    if (overlaps[i] < 0) continue;
    count += 1;
    overlap += double(overlaps[i]);
  }
  for (int64_t b = 0; b < args.batch; ++b) square += double(squares[2 * b]);
  parts = {{"iou", overlap / (count > 0 ? count : 1.)}, {"count", count}};
  return square;
}

}  // namespace dn
