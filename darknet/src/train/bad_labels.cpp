#include "train/bad_labels.h"

#include <algorithm>
#include <cmath>

namespace dn {

namespace {

constexpr float kNew = 0.01f;   // share of a mini-batch in what is remembered
constexpr float kStep = 0.01f;  // of the threshold of badlabels_rejection_percentage

void follow(int64_t count, const float* delta, BadLabels& m) {
  double sum = 0, squares = 0;
  float largest = 0;
  int64_t some = 0;
  for (int64_t i = 0; i < count; ++i) {
    const float size = std::fabs(delta[i]);
    if (size == 0) continue;
    ++some;
    sum += double(size);
    largest = std::max(largest, size);
  }
  if (some == 0) return;
  m.largest() = m.largest() == 0 ? largest : (1 - kNew) * m.largest() + kNew * largest;
  m.mean() = (1 - kNew) * m.mean() + kNew * float(sum / double(some));
  for (int64_t i = 0; i < count; ++i)
    if (delta[i] != 0) {
      const double apart = double(std::fabs(delta[i])) - double(m.mean());
      squares += apart * apart;
    }
  m.deviation() = (1 - kNew) * m.deviation() + kNew * float(std::sqrt(squares / double(some)));
}

template <typename Drop>
int64_t drop(int64_t count, float* delta, const Drop& drops) {
  int64_t dropped = 0;
  for (int64_t i = 0; i < count; ++i)
    if (delta[i] != 0 && drops(std::fabs(delta[i]))) {
      delta[i] = 0;
      ++dropped;
    }
  return dropped;
}

}  // namespace

bool rejects_labels(const TrainingKeys& k) {
  return k.badlabels_rejection_percentage > 0 || k.num_sigmas_reject_badlabels > 0 ||
         k.equidistant_point > 0;
}

int64_t reject_labels(const TrainingKeys& k, int64_t iteration, int64_t entries, int64_t count,
                      float* delta, BadLabels& m) {
  const int64_t start = k.max_batches * int64_t(3) / 4;
  const float sigmas = k.num_sigmas_reject_badlabels;
  const bool late = iteration > start && start > 0;
  const bool large = late && (sigmas > 0 || k.badlabels_rejection_percentage > 0);
  const bool small = k.equidistant_point > 0 && iteration > k.equidistant_point;
  if (!large && !small) return 0;
  follow(count, delta, m);
  const float final_size = m.mean() + sigmas * m.deviation();
  int64_t dropped = 0;
  if (large && sigmas > 0) {
    const float progress = float(iteration - start) / float(start);
    const float most =
        std::max(final_size, m.largest() - progress * std::fabs(m.largest() - final_size));
    dropped += drop(count, delta, [&](float size) { return size > most; });
  }
  if (large && k.badlabels_rejection_percentage > 0) {
    if (m.threshold() == 0) m.threshold() = m.largest();
    const int64_t now = drop(count, delta, [&](float size) { return size > m.threshold(); });
    const double percent = 100. * double(now) * double(entries) / double(count);
    m.threshold() += percent > double(k.badlabels_rejection_percentage) ? kStep : -kStep;
    dropped += now;
  }
  if (small && k.max_batches > k.equidistant_point) {
    const float progress =
        float(iteration - k.equidistant_point) / float(k.max_batches - k.equidistant_point);
    const float least =
        sigmas > 0 ? std::min(final_size, m.mean()) * progress : m.mean() * progress * 1.4f;
    dropped += drop(count, delta, [&](float size) { return size < least; });
  }
  return dropped;
}

}  // namespace dn
