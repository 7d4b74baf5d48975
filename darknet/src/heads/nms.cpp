#include "heads/nms.h"

#include <algorithm>

namespace dn {

static float overlap_of(const Box& a, const Box& b, dn_nms_kind kind, float beta) {
  switch (kind) {
    case DN_NMS_GREEDY:  // compat: greedynms is DIoU with the exponent 0.6, not plain IoU
      return diou(a, b, 0.6f);
    case DN_NMS_DIOU:
      return diou(a, b, beta);
    default:
      return iou(a, b);
  }
}

void suppress(std::vector<Candidate>& candidates, int classes, float threshold, dn_nms_kind kind,
              float beta) {
  if (kind == DN_NMS_NONE) return;
  const size_t n = candidates.size();
  std::vector<size_t> order(n), hits, rest;
  for (size_t i = 0; i < n; ++i) order[i] = i;
  for (int k = 0; k < classes; ++k) {
    // Darknet sorts all boxes by this class, stably: those without it keep their order at the end.
    hits.clear();
    rest.clear();
    for (const size_t i : order)
      (candidates[i].probabilities[size_t(k)] != 0 ? hits : rest).push_back(i);
    if (hits.empty()) continue;
    std::stable_sort(hits.begin(), hits.end(), [&](size_t a, size_t b) {
      return candidates[a].probabilities[size_t(k)] > candidates[b].probabilities[size_t(k)];
    });
    for (size_t i = 0; i < hits.size(); ++i) {
      if (candidates[hits[i]].probabilities[size_t(k)] == 0) continue;
      for (size_t j = i + 1; j < hits.size(); ++j)
        if (overlap_of(candidates[hits[i]].box, candidates[hits[j]].box, kind, beta) > threshold)
          candidates[hits[j]].probabilities[size_t(k)] = 0;
    }
    order = hits;
    order.insert(order.end(), rest.begin(), rest.end());
  }
  std::vector<Candidate> sorted;
  sorted.reserve(n);
  for (const size_t i : order) sorted.push_back(std::move(candidates[i]));
  candidates = std::move(sorted);
}

}  // namespace dn
