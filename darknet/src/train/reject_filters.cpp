#include "train/reject_filters.h"

#include <cmath>

#include "core/random.h"

namespace dn {

namespace {

constexpr float kMostAlike = 0.4f;
constexpr size_t kBeforeYolo = 3;

bool takes_part(const std::vector<std::unique_ptr<Layer>>& layers, size_t i) {
  const Layer& layer = *layers[i];
  if (i == 0 || !layer.training.rejects_filters) return false;
  for (size_t k = i + 1; k <= i + kBeforeYolo && k < layers.size(); ++k)
    if (layers[k]->type == "yolo") return false;
  return true;
}

struct Pair {
  int64_t first = -1;
  float similarity = -2;
};

Pair most_alike(const float* weights, int64_t filters, int64_t each) {
  std::vector<float> lengths(static_cast<size_t>(filters));
  const auto dot = [&](int64_t a, int64_t b) {
    float sum = 0;
    for (int64_t k = 0; k < each; ++k) sum += weights[a * each + k] * weights[b * each + k];
    return sum;
  };
  for (int64_t a = 0; a < filters; ++a) lengths[size_t(a)] = std::sqrt(dot(a, a));
  Pair found;
  for (int64_t a = 0; a < filters; ++a)
    for (int64_t b = a + 1; b < filters; ++b) {
      const float both = lengths[size_t(a)] * lengths[size_t(b)];
      const float similarity = both > 0 ? dot(a, b) / both : 0.f;
      if (similarity > found.similarity) found = {a, similarity};
    }
  return found;
}

TrainedArray* trained(LiveArrays& arrays, const Layer& layer, const char* name) {
  for (TrainedArray& array : arrays.arrays())
    if (array.layer == &layer && array.trained && array.param->name() == name) return &array;
  return nullptr;
}

}  // namespace

int reject_filters(const std::vector<std::unique_ptr<Layer>>& layers, uint64_t seed,
                   LiveArrays& arrays) {
  int drawn = 0;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (!takes_part(layers, i)) continue;
    TrainedArray* weights = trained(arrays, *layers[i], "weights");
    if (!weights) continue;
    const int64_t filters = weights->param->dims()[0], each = weights->size / filters;
    float* values = weights->value->as<>();
    const Pair pair = most_alike(values, filters, each);
    if (pair.first < 0 || pair.similarity <= kMostAlike) continue;
    const float range = std::sqrt(2.f / float(each));
    const uint64_t stream = substream(seed, uint64_t(i));
    for (int64_t k = 0; k < each; ++k)
      values[pair.first * each + k] = range * (2 * random_uniform(stream, uint64_t(k)) - 1);
    if (TrainedArray* biases = trained(arrays, *layers[i], "biases"))
      biases->value->as<>()[pair.first] = 0;
    if (TrainedArray* scales = trained(arrays, *layers[i], "scales"))
      scales->value->as<>()[pair.first] = 1;
    ++drawn;
  }
  return drawn;
}

}  // namespace dn
