// Boxes by centre and size, and their overlap.
#pragma once

#include <cmath>

#include "core/device_code.h"

namespace dn {

struct Box {
  float x = 0, y = 0, w = 0, h = 0;
};

DN_HD inline float overlap(float x1, float w1, float x2, float w2) {
  return fminf(x1 + w1 / 2, x2 + w2 / 2) - fmaxf(x1 - w1 / 2, x2 - w2 / 2);
}

DN_HD inline float intersection(const Box& a, const Box& b) {
  const float w = overlap(a.x, a.w, b.x, b.w), h = overlap(a.y, a.h, b.y, b.h);
  return w < 0 || h < 0 ? 0.f : w * h;
}

// Intersection over union; 0 where either is empty.
DN_HD inline float iou(const Box& a, const Box& b) {
  const float shared = intersection(a, b), joined = a.w * a.h + b.w * b.h - shared;
  return shared == 0 || joined == 0 ? 0.f : shared / joined;
}

// Squared distance of the centres over the squared diagonal of the box around both (Zheng et al.,
// "Distance-IoU Loss", 2020); 0 where that box is a point.
DN_HD inline float centre_distance(const Box& a, const Box& b) {
  const float left = fminf(a.x - a.w / 2, b.x - b.w / 2);
  const float right = fmaxf(a.x + a.w / 2, b.x + b.w / 2);
  const float top = fminf(a.y - a.h / 2, b.y - b.h / 2);
  const float bottom = fmaxf(a.y + a.h / 2, b.y + b.h / 2);
  const float w = right - left, h = bottom - top, diagonal = w * w + h * h;
  const float dx = a.x - b.x, dy = a.y - b.y;
  return diagonal == 0 ? 0.f : (dx * dx + dy * dy) / diagonal;
}

// IoU less the centre distance to a power: Darknet's DIoU has the exponent 0.6.
DN_HD inline float diou(const Box& a, const Box& b, float exponent) {
  return iou(a, b) - powf(centre_distance(a, b), exponent);
}

// Generalised IoU (Rezatofighi et al., 2019): IoU less the empty share of the box around both.
DN_HD inline float giou(const Box& a, const Box& b) {
  const float w = fmaxf(a.x + a.w / 2, b.x + b.w / 2) - fminf(a.x - a.w / 2, b.x - b.w / 2);
  const float h = fmaxf(a.y + a.h / 2, b.y + b.h / 2) - fminf(a.y - a.h / 2, b.y - b.h / 2);
  const float around = w * h, joined = a.w * a.h + b.w * b.h - intersection(a, b);
  return around == 0 ? iou(a, b) : iou(a, b) - (around - joined) / around;
}

// How far the aspect ratio of a is from that of b, and its weight (Zheng et al., "Distance-IoU
// Loss", 2020).
struct AspectTerm {
  float v, alpha, difference;  // difference of the angles: b less a
};

DN_HD inline AspectTerm aspect_term(const Box& a, const Box& b, float overlap_share) {
  const float difference = atanf(b.w / b.h) - atanf(a.w / a.h);
  const float v = 4.f / (3.14159265f * 3.14159265f) * difference * difference;
  return {v, v / (1.f - overlap_share + v + 1e-6f), difference};
}

// Complete IoU (the same paper), of a prediction a and a truth b.
DN_HD inline float ciou(const Box& a, const Box& b) {
  const float shared = iou(a, b);
  const AspectTerm aspect = aspect_term(a, b, shared);
  return shared - (centre_distance(a, b) + aspect.alpha * aspect.v);
}

enum class Overlap { iou, giou, diou, ciou };

DN_HD inline float overlap_of(Overlap kind, const Box& a, const Box& b) {
  switch (kind) {
    case Overlap::giou:
      return giou(a, b);
    case Overlap::diou:
      return diou(a, b, 0.6f);
    case Overlap::ciou:
      return ciou(a, b);
    default:
      return iou(a, b);
  }
}

}  // namespace dn
