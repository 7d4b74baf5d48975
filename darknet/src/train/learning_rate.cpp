#include "train/learning_rate.h"

#include <algorithm>
#include <cmath>

#include "core/random.h"

namespace dn {

namespace {

// Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
double sgdr(const TrainingKeys& k, int64_t number) {
  int64_t start = 0, length = k.sgdr_cycle;
  while (start + length < number) {
    start += length;
    length *= k.sgdr_mult;
  }
  const double turn = 3.14159265 * double(number - start) / double(length);
  const double least = double(k.learning_rate_min);
  return least + 0.5 * (double(k.learning_rate) - least) * (1 + std::cos(turn));
}

}  // namespace

float learning_rate(const TrainingKeys& k, int64_t number, uint64_t seed) {
  const double rate = double(k.learning_rate), n = double(number), power = double(k.power);
  if (number < k.burn_in) return float(rate * std::pow(n / double(k.burn_in), power));
  switch (k.policy) {
    case Policy::step:
      return float(rate * std::pow(double(k.scale), double(number / k.step)));
    case Policy::steps: {
      double scaled = rate;
      for (size_t i = 0; i < k.steps.size() && k.steps[i] <= number; ++i)
        scaled *= double(k.scales[i]);
      return float(scaled);
    }
    case Policy::exp:
      return float(rate * std::pow(double(k.gamma), n));
    case Policy::poly:
      return float(rate * std::pow(std::fmax(0., 1 - n / double(k.max_batches)), power));
    case Policy::random:
      return float(rate * std::pow(double(random_uniform(seed, uint64_t(number))), power));
    case Policy::sigmoid:
      return float(rate / (1 + std::exp(double(k.gamma) * (n - double(k.step)))));
    case Policy::sgdr:
      return float(sgdr(k, number));
    default:
      return k.learning_rate;
  }
}

int sequence_length(const TrainingKeys& k, int subdivisions, int64_t updates) {
  int sequences = std::min(k.sequential_subdivisions, subdivisions);
  // compat: without track they stay what they are
  const bool change = k.track && (k.policy == Policy::steps || k.policy == Policy::sgdr);
  for (size_t i = 0; change && i < k.steps.size() && k.steps[i] <= updates; ++i)
    if (i < k.seq_scales.size()) sequences = int(float(sequences) * k.seq_scales[i]);
  return subdivisions / std::clamp(sequences, 1, subdivisions);
}

}  // namespace dn
