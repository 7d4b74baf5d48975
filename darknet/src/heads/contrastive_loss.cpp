#include "heads/contrastive_loss.h"

#include <cmath>

#include "core/device_code.h"
#include "core/error.h"
#include "heads/square_sums.h"

namespace dn {

namespace {

struct Embeddings {
  const float *output, *truth;
  float *similar, *norms, *labels, *sums;  // similar: of each pair; sums: of each sample's pairs
  int64_t samples, c, plane, classes, truths;
  float temperature, eps;
  bool unsupervised, adversarial;

  DN_HD float at(int64_t sample, int64_t k) const {
    return output[(sample / plane * c + k) * plane + sample % plane];
  }
  DN_HD float weight(int64_t i, int64_t j) const {
    return expf(similar[i * samples + j] / temperature);
  }
  // Of all pairs with j, but the one with i, the share of i.
  DN_HD float probability(int64_t i, int64_t j) const {
    const float own = weight(i, j), rest = sums[j] - own;
    return rest <= 0 || own > rest ? 0.9999f : own / rest;
  }
};

struct MeasureSample : Embeddings {
  DN_HD void operator()(int64_t i) const {
    float square = 0;
    for (int64_t k = 0; k < c; ++k) square += at(i, k) * at(i, k);
    norms[i] = sqrtf(square);
    const int64_t b = i / plane;
    // images come in pairs where nothing else is known
    labels[i] = float(adversarial ? b % 2 : b / 2);
    for (int64_t k = 0; k < classes && !unsupervised; ++k)
      if (truth[b * truths + k] > eps) labels[i] = float(k);
  }
};

struct MeasurePair : Embeddings {
  DN_HD void operator()(int64_t pair) const {
    const int64_t i = pair / samples, j = pair % samples;
    float dot = 0;
    for (int64_t k = 0; k < c; ++k) dot += at(i, k) * at(j, k);
    const float lengths = norms[i] * norms[j];
    similar[pair] = lengths > 0 ? dot / lengths : 0.f;
  }
};

struct SumPairs : Embeddings {
  DN_HD void operator()(int64_t j) const {
    float sum = 0;
    for (int64_t k = 0; k < samples; ++k) sum += k == j ? 0.f : weight(k, j);
    sums[j] = sum;
  }
};

struct ContrastiveDelta : Embeddings {
  float* delta;
  float cls_normalizer, max_delta;

  DN_HD void operator()(int64_t index) const {
    const int64_t i = index / c, k = index % c;
    const float own = at(i, k);
    float alike = 0, unlike = 0;
    int64_t positives = 0;
    for (int64_t j = 0; j < samples; ++j) {
      if (j == i) continue;
      const float s = similar[i * samples + j], p = probability(i, j);
      if (labels[j] == labels[i]) {
        ++positives;
        alike += (at(j, k) - s * own) * (1.f - p);
      } else {
        unlike += (at(j, k) - s * own) * p;
      }
    }
    float d = 0;
    if (positives > 0 && norms[i] > 0)
      d = (alike - float(positives) * unlike) / (float(positives) * temperature * norms[i]);
    d *= cls_normalizer;
    if (d - d != 0) d = 0;
    delta[(i / plane * c + k) * plane + i % plane] = fminf(fmaxf(d, -max_delta), max_delta);
  }
};

}  // namespace

void ContrastiveLoss::check() const {
  if (of_yolo) fail(DN_ERROR_CFG, "yolo_layer: embeddings of boxes cannot be trained yet");
}

double ContrastiveLoss::run(const Context& context, const LossArgs& args,
                            std::vector<LossPart>& parts) const {
  const int64_t samples = args.batch * args.shape.plane();
  float* similar = args.scratch;
  float* norms = similar + samples * samples;
  const Embeddings e{args.output,
                     args.truth,
                     similar,
                     norms,
                     norms + samples,
                     norms + 2 * samples,
                     samples,
                     args.shape.c,
                     args.shape.plane(),
                     classes,
                     args.truths,
                     temperature,
                     args.label_smooth_eps,
                     args.unsupervised,
                     args.adversarial};
  context.each(samples, MeasureSample{e});
  context.each(samples * samples, MeasurePair{e});
  context.each(samples, SumPairs{e});
  context.each(samples * e.c, ContrastiveDelta{e, args.delta, cls_normalizer, max_delta});
  float* squares = norms + 3 * samples;
  context.each(args.batch, SquareSums{args.delta, squares, 1, 1, 0, args.shape.size()});
  double cost = 0;
  for (int64_t b = 0; b < args.batch; ++b) cost += double(squares[2 * b]);
  // how many samples are most alike one of their own label
  double good = 0, all = 0;
  for (int64_t i = 0; i < samples; ++i) {
    float same = -2, other = -2;
    for (int64_t j = 0; j < samples; ++j) {
      if (j == i) continue;
      float& best = e.labels[i] == e.labels[j] ? same : other;
      best = std::fmax(best, similar[i * samples + j]);
    }
    if (same < -1) continue;
    all += 1;
    good += same > other;
  }
  parts = {{"accuracy", all > 0 ? good / all : 0.}, {"count", all}};
  return cost;
}

}  // namespace dn
