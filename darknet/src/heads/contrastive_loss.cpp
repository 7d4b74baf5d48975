#include "heads/contrastive_loss.h"

#include <algorithm>
#include <cmath>

#include "core/device_code.h"
#include "heads/square_sums.h"
#include "heads/yolo_match.h"

namespace dn {

namespace {

struct Sample {
  int64_t first;  // its embedding's first number
  float label;
  int step, group;    // only samples of one time step and group are compared
  float norm, sum;    // sum: of the weights of its pairs
  float same, other;  // the most alike of its own label, and of others; -2: there is none
};

constexpr int64_t kSampleNumbers = sizeof(Sample) / sizeof(float);

// The label of every place (image, anchor, cell) where a box shall be predicted. compat: the last
// of several truths counts.
struct MarkBoxes {
  YoloMatch rule;
  ClassRules classes;
  const float* truth;
  float *labels, *groups;  // groups: the class; -1: no box
  int64_t truths, most;

  DN_HD void mark(int64_t place, float label, int64_t k) const {
    labels[place] = label;
    groups[place] = float(k);
  }
  DN_HD void operator()(int64_t b) const {
    const int64_t plane = rule.w * rule.h, first = b * rule.members * plane;
    for (int64_t i = 0; i < rule.members * plane; ++i) groups[first + i] = -1;
    for (int64_t i = 0; i < most; ++i) {
      const float* numbers = truth + b * truths + i * kTruthNumbers;
      if (numbers[0] == 0) return;
      const int64_t k = classes.class_of(numbers[4]);
      if (k < 0) continue;
      const Box t{numbers[0], numbers[1], numbers[2], numbers[3]};
      const int64_t place = first + rule.cell_of(t);
      const int64_t best = rule.best_anchor(t), n = rule.member_of(best);
      if (n >= 0) mark(place + n * plane, numbers[5], k);
      for (int64_t other = 0; other < rule.members; ++other)
        if (rule.takes_too(other, best, t)) mark(place + other * plane, numbers[5], k);
    }
  }
};

struct MarkImages {
  const float* truth;
  float* labels;
  int64_t plane, classes, truths;
  float eps;
  bool unsupervised, adversarial;
  DN_HD void operator()(int64_t i) const {
    const int64_t b = i / plane;
    // images come in pairs where nothing else is known
    labels[i] = float(adversarial ? b % 2 : b / 2);
    for (int64_t k = 0; k < classes && !unsupervised; ++k)
      if (truth[b * truths + k] > eps) labels[i] = float(k);
  }
};

struct Embeddings {
  const float* output;
  Sample* samples;
  int64_t count, size, plane;
  float temperature;

  DN_HD float at(int64_t i, int64_t k) const { return output[samples[i].first + k * plane]; }
  DN_HD bool compared(int64_t i, int64_t j) const {
    return i != j && samples[i].step == samples[j].step && samples[i].group == samples[j].group;
  }
  DN_HD float similarity(int64_t i, int64_t j) const {
    float dot = 0;
    for (int64_t k = 0; k < size; ++k) dot += at(i, k) * at(j, k);
    const float lengths = samples[i].norm * samples[j].norm;
    return lengths > 0 ? dot / lengths : 0.f;
  }
  DN_HD float weight(float similar) const { return expf(similar / temperature); }
};

struct MeasureSample : Embeddings {
  DN_HD void operator()(int64_t i) const {
    float square = 0;
    for (int64_t k = 0; k < size; ++k) square += at(i, k) * at(i, k);
    samples[i].norm = sqrtf(square);
  }
};

struct SumPairs : Embeddings {
  DN_HD void operator()(int64_t j) const {
    float sum = 0;
    for (int64_t k = 0; k < count; ++k) sum += compared(k, j) ? weight(similarity(k, j)) : 0.f;
    samples[j].sum = sum;
  }
};

struct ContrastiveDelta : Embeddings {
  float* delta;
  float cls_normalizer, max_delta;
  int64_t neg_max;  // -1: no bound

  // Of all pairs with j, but the one with i, the share of i.
  DN_HD float probability(float similar, int64_t j) const {
    const float own = weight(similar), rest = samples[j].sum - own;
    return rest <= 0 || own > rest ? 0.9999f : own / rest;
  }
  // How often the q-th of so many samples of other labels counts: once for each sample of the same
  // label, until there were neg_max.
  DN_HD int64_t times(int64_t q, int64_t others, int64_t alike) const {
    if (neg_max < 0) return alike;
    const int64_t rounds = q < neg_max ? (neg_max - q + others - 1) / others : 0;
    return rounds < alike ? rounds : alike;
  }

  DN_HD void operator()(int64_t i) const {
    Sample& own = samples[i];
    int64_t labelled = 0, alike = 0, others = 0;
    for (int64_t j = 0; j < count; ++j) {
      const bool same = samples[j].label == own.label;
      labelled += same && j != i;
      if (compared(i, j)) ++(same ? alike : others);
    }
    float* d = delta + own.first;
    own.same = own.other = -2;
    int64_t q = 0;
    for (int64_t j = 0; j < count; ++j) {
      if (!compared(i, j)) continue;
      const bool same = samples[j].label == own.label;
      const float similar = similarity(i, j), p = probability(similar, j);
      float& most = same ? own.same : own.other;
      most = fmaxf(most, similar);
      const float factor = same ? 1.f - p : -p * float(times(q, others, alike));
      q += !same;
      if (factor == 0) continue;
      for (int64_t k = 0; k < size; ++k) d[k * plane] += factor * (at(j, k) - similar * at(i, k));
    }
    const float mult =
        labelled > 0 && own.norm > 0 ? 1.f / (float(labelled) * temperature * own.norm) : 0.f;
    for (int64_t k = 0; k < size; ++k) {
      const float value = mult * cls_normalizer * d[k * plane];
      d[k * plane] = finite(value) ? fminf(fmaxf(value, -max_delta), max_delta) : 0.f;
    }
  }
};

}  // namespace

int64_t ContrastiveLoss::places(const Shape& output, int64_t batch) const {
  return batch * output.plane() * (yolo ? int64_t(yolo->mask.size()) : 1);
}

int64_t ContrastiveLoss::most_samples(const Shape& output, int64_t batch) const {
  const int64_t all = places(output, batch);
  return yolo ? std::min(all, batch * yolo->keys.max * int64_t(yolo->mask.size())) : all;
}

int64_t ContrastiveLoss::scratch_numbers(const Shape& output, int64_t batch) const {
  return kSampleNumbers * most_samples(output, batch) + 2 * places(output, batch) + 2 * batch;
}

double ContrastiveLoss::run(const Context& context, const LossArgs& args,
                            std::vector<LossPart>& parts) const {
  const Shape& s = args.shape;
  const int64_t plane = s.plane(), all = places(s, args.batch), members = all / plane / args.batch;
  auto* samples = reinterpret_cast<Sample*>(args.scratch);
  float* labels = args.scratch + kSampleNumbers * most_samples(s, args.batch);
  float *groups = labels + all, *squares = groups + all;
  if (yolo)
    context.each(args.batch, MarkBoxes{yolo->matching(s, args.net_width, args.net_height),
                                       class_rules(yolo->keys, yolo->classes), args.truth, labels,
                                       groups, args.truths, yolo->keys.max});
  else
    context.each(all, MarkImages{args.truth, labels, plane, classes, args.truths,
                                 args.label_smooth_eps, args.unsupervised, args.adversarial});
  const int64_t size = s.c / members, images = args.batch / args.time_steps;
  int64_t count = 0;
  for (int64_t i = 0; i < all; ++i) {
    const int group = yolo ? int(groups[i]) : 0;
    if (group >= 0)
      samples[count++] = {i / plane * size * plane + i % plane,
                          labels[i],
                          int(i / (members * plane) / images),
                          group,
                          0,
                          0,
                          0,
                          0};
  }
  const Embeddings e{args.output, samples, count, size, plane, temperature};
  context.each(count, MeasureSample{e});
  context.each(count, SumPairs{e});
  context.each(count, ContrastiveDelta{e, args.delta, cls_normalizer, max_delta,
                                       yolo ? contrastive_neg_max : -1});
  context.each(args.batch, SquareSums{args.delta, squares, 1, 1, 0, s.size()});
  double cost = 0;
  for (int64_t b = 0; b < args.batch; ++b) cost += double(squares[2 * b]);
  // how many samples are most alike one of their own label
  double good = 0, paired = 0;
  for (int64_t i = 0; i < count; ++i) {
    if (samples[i].same < -1) continue;
    paired += 1;
    good += samples[i].same > samples[i].other;
  }
  parts = {{"accuracy", paired > 0 ? good / paired : 0.}, {"count", paired}};
  return cost;
}

}  // namespace dn
