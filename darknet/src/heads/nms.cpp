#include "heads/nms.h"

#include <algorithm>

namespace dn {

namespace {

// DIoU is never above IoU, which is quicker found.
bool overlaps(const Box& a, const Box& b, float threshold, dn_nms_kind kind, float beta) {
  if (!(iou(a, b) > threshold)) return false;
  switch (kind) {
    case DN_NMS_GREEDY:  // compat: greedynms is DIoU with the exponent 0.6, not plain IoU
      return diou(a, b, 0.6f) > threshold;
    case DN_NMS_DIOU:
      return diou(a, b, beta) > threshold;
    default:
      return true;
  }
}

// A candidate of one class, with what the comparison of many boxes needs side by side.
struct Hit {
  float left, right, top, bottom;
  float probability;
  size_t candidate;
};

// Boxes that do not meet have an overlap of 0 or less in every measure.
bool apart(const Hit& a, const Hit& b) {
  return a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
}

Hit hit_of(const Candidate& candidate, size_t index, int k) {
  const Box& b = candidate.box;
  return {b.x - b.w / 2,
          b.x + b.w / 2,
          b.y - b.h / 2,
          b.y + b.h / 2,
          candidate.probabilities[size_t(k)],
          index};
}

}  // namespace

void suppress(std::vector<Candidate>& candidates, int classes, float threshold, dn_nms_kind kind,
              float beta) {
  if (kind == DN_NMS_NONE) return;
  const size_t n = candidates.size();
  std::vector<size_t> order(n), rest;
  std::vector<Hit> hits;
  for (size_t i = 0; i < n; ++i) order[i] = i;
  for (int k = 0; k < classes; ++k) {
    // Darknet sorts all boxes by this class, stably: those without it keep their order at the end.
    hits.clear();
    rest.clear();
    for (const size_t i : order) {
      if (candidates[i].probabilities[size_t(k)] != 0)
        hits.push_back(hit_of(candidates[i], i, k));
      else
        rest.push_back(i);
    }
    if (hits.empty()) continue;
    std::stable_sort(hits.begin(), hits.end(),
                     [](const Hit& a, const Hit& b) { return a.probability > b.probability; });
    order.clear();
    for (const Hit& hit : hits) order.push_back(hit.candidate);
    order.insert(order.end(), rest.begin(), rest.end());
    // hits shrinks to those nothing better has suppressed: comparisons are with the kept alone
    for (size_t kept = 0; kept < hits.size(); ++kept) {
      const Hit best = hits[kept];
      size_t alive = kept + 1;
      for (size_t j = kept + 1; j < hits.size(); ++j) {
        const Hit& other = hits[j];
        if (!apart(best, other) && overlaps(candidates[best.candidate].box,
                                            candidates[other.candidate].box, threshold, kind, beta))
          candidates[other.candidate].probabilities[size_t(k)] = 0;
        else
          hits[alive++] = other;
      }
      hits.resize(alive);
    }
  }
  std::vector<Candidate> sorted;
  sorted.reserve(n);
  for (const size_t i : order) sorted.push_back(std::move(candidates[i]));
  candidates = std::move(sorted);
}

}  // namespace dn
