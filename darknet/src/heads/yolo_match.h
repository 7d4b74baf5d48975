// Which anchors of a [yolo] or [Gaussian_yolo] shall predict a truth: the best of all of them where
// the head has it, and with iou_thresh every other that is alike enough.
#pragma once

#include <cmath>
#include <vector>

#include "core/device_code.h"
#include "core/shape.h"
#include "heads/box.h"
#include "heads/yolo_keys.h"

namespace dn {

struct YoloMatch {
  const float* anchors;
  const int* mask;
  int64_t num, members, w, h, net_w, net_h;
  float iou_thresh;
  Overlap iou_thresh_kind;

  // The cell of a point, given as a box's centre.
  DN_HD int64_t cell_of(const Box& t) const {
    // compat: Darknet lets x = 1 spill into the next row
    const int64_t column = int64_t(fminf(fmaxf(t.x * float(w), 0.f), float(w - 1)));
    const int64_t row = int64_t(fminf(fmaxf(t.y * float(h), 0.f), float(h - 1)));
    return row * w + column;
  }

  DN_HD Box anchor_shape(int64_t a) const {
    return {0, 0, anchors[2 * a] / float(net_w), anchors[2 * a + 1] / float(net_h)};
  }

  DN_HD int64_t best_anchor(const Box& t) const {
    const Box shape{0, 0, t.w, t.h};
    int64_t best = 0;
    float best_overlap = 0;
    for (int64_t a = 0; a < num; ++a) {
      const float overlap = iou(anchor_shape(a), shape);
      if (overlap > best_overlap) {
        best_overlap = overlap;
        best = a;
      }
    }
    return best;
  }

  // The member that is this anchor; -1: another head has it.
  DN_HD int64_t member_of(int64_t anchor) const {
    for (int64_t n = 0; n < members; ++n)
      if (mask[n] == anchor) return n;
    return -1;
  }

  // Whether a member that is not the best anchor predicts the truth as well.
  DN_HD bool takes_too(int64_t n, int64_t best, const Box& t) const {
    return iou_thresh < 1 && mask[n] != best &&
           overlap_of(iou_thresh_kind, {0, 0, t.w, t.h}, anchor_shape(mask[n])) > iou_thresh;
  }
};

// The rule of a head: its keys, its anchors (pairs) and the numbers of those that are its own.
inline YoloMatch yolo_match(const YoloKeys& keys, const std::vector<float>& anchors,
                            const std::vector<int>& mask, const Shape& output, int net_width,
                            int net_height) {
  return {anchors.data(),
          mask.data(),
          int64_t(anchors.size() / 2),
          int64_t(mask.size()),
          output.w,
          output.h,
          net_width,
          net_height,
          keys.iou_thresh,
          keys.iou_thresh_kind};
}

}  // namespace dn
