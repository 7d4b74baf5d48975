#include "train/solver.h"

#include <cmath>

#include "backends/cpu_native/training.h"
#include "core/device_code.h"
#include "train/deformed_kernels.h"
#include "train/fix_numbers.h"

namespace dn {

namespace {

constexpr int64_t kChunk = 4096;

struct CheckChunk {
  const float* numbers;
  float* sums;  // NaN where a number is not finite
  int64_t size;
  DN_HD void operator()(int64_t i) const {
    const int64_t end = (i + 1) * kChunk < size ? (i + 1) * kChunk : size;
    float wrong = 0;
    for (int64_t k = i * kChunk; k < end; ++k) wrong += numbers[k] - numbers[k];
    sums[i] = wrong;
  }
};

// Small arrays are not worth waking threads.
int threads_for(const Context& context, int64_t size) {
  return size < 8 * kSerialBelow ? 1 : context.threads;
}

bool is_finite(const Context& context, const Buffer& numbers, int64_t size) {
  if (context.device == Device::cpu)
    return cpu::all_finite(size, numbers.as<>(), threads_for(context, size));
  const int64_t chunks = (size + kChunk - 1) / kChunk;
  const Buffer sums(size_t(chunks) * sizeof(float));
  context.each(chunks, CheckChunk{numbers.as<>(), sums.as<>(), size});
  for (int64_t i = 0; i < chunks; ++i)
    if (!(sums.as<>()[i] == 0)) return false;
  return true;
}

// Yong et al., "Gradient Centralization", 2020: each filter's gradients sum to 0.
struct CentreFilter {
  float* gradient;
  int64_t each;
  DN_HD void operator()(int64_t f) const {
    float* g = gradient + f * each;
    float sum = 0;
    for (int64_t i = 0; i < each; ++i) sum += g[i];
    for (int64_t i = 0; i < each; ++i) g[i] -= sum / float(each);
  }
};

// The momentum holds the decay too, as Darknet's does.
struct MomentumStep {
  float *value, *gradient;
  float step, decay, momentum, reverse;
  DN_HD void operator()(int64_t i) const {
    const float g = gradient[i];
    const float decayed = g - decay * value[i];
    float used = decayed;
    if (reverse != 0) {  // key reverse: large and small gradients closer to each other
      const float size = powf(10.f * fabsf(g) + 1.f, reverse);
      used = (g > 0 ? size : g < 0 ? -size : 0.f) - decay * value[i];
    }
    value[i] += step * used;
    gradient[i] = momentum * decayed;
  }
};

// Kingma and Ba, "Adam", 2015. compat: the gradient is the sum over the batch, decay in it.
struct AdamStep {
  float *value, *gradient, *mean, *square;
  float rate, decay, B1, B2, eps, mean_left, square_left;
  DN_HD void operator()(int64_t i) const {
    const float g = gradient[i] - decay * value[i];
    mean[i] = B1 * mean[i] + (1.f - B1) * g;
    square[i] = B2 * square[i] + (1.f - B2) * g * g;
    value[i] += rate * (mean[i] / mean_left) / (sqrtf(square[i] / square_left) + eps);
    gradient[i] = 0;
  }
};

struct Clip {
  float* value;
  float bound;
  DN_HD void operator()(int64_t i) const { value[i] = fminf(fmaxf(value[i], -bound), bound); }
};

bool waits(const TrainingKeys& keys, const LayerTraining& layer, int64_t number) {
  // Darknet counts the updates done so far here
  return number <= layer.dont_update || number < int64_t(layer.burnin_update) * keys.burn_in;
}

void update_array(const Context& context, const TrainingKeys& keys, const Update& u,
                  TrainedArray& array) {
  const LayerTraining& layer = array.layer->training;
  const bool weights = array.param->role() == ParamRole::weights;
  const float rate = u.rate * layer.learning_rate, n = float(u.batch);
  float *value = array.value->as<>(), *gradient = array.gradient->as<>();
  if (keys.try_fix_nan) {
    context.each(array.size, FixNumbers{gradient, true});
    context.each(array.size, FixNumbers{value, false});
  }
  if (weights && layer.grad_centr && array.layer->find_param("scales")) {
    const int64_t filters = array.param->dims()[0];
    context.each(filters, CentreFilter{gradient, array.size / filters});
  }
  if (keys.adam) {
    const double t = double(u.number);
    context.each(array.size, AdamStep{value, gradient, array.mean->as<>(), array.square->as<>(),
                                      rate, keys.decay * n, keys.B1, keys.B2, keys.eps,
                                      float(1 - std::pow(double(keys.B1), t)),
                                      float(1 - std::pow(double(keys.B2), t))});
  } else if (context.device == Device::cpu && !(weights && layer.reverse != 0)) {
    const cpu::MomentumUpdate step{rate / n, weights ? keys.decay * n : 0.f, keys.momentum};
    cpu::momentum_update(step, array.size, value, gradient, threads_for(context, array.size));
  } else {
    context.each(array.size, MomentumStep{value, gradient, rate / n, weights ? keys.decay * n : 0.f,
                                          keys.momentum, weights ? layer.reverse : 0.f});
  }
  const float bound = layer.clip > 0 ? layer.clip : keys.clip;
  if (weights && bound > 0) context.each(array.size, Clip{value, bound});
}

void update_deformed(const Context& context, const TrainingKeys& keys, const Update& u,
                     TrainedArray& weights) {
  const LayerTraining& layer = weights.layer->training;
  const DeformedKernels kernels(layer, *weights.param);
  kernels.gather(context, weights);
  update_array(context, keys, u, weights);
  const bool last = !DeformedKernels::tied(layer, keys.max_batches, u.number + 1);
  kernels.scatter(context, weights, last);
}

}  // namespace

const Layer* not_finite(const Context& context, const LiveArrays& arrays) {
  for (const TrainedArray& array : arrays.arrays()) {
    const bool good = is_finite(context, *array.value, array.size) &&
                      (!array.gradient || is_finite(context, *array.gradient, array.size));
    if (!good) return array.layer;
  }
  return nullptr;
}

void update(const Context& context, const TrainingKeys& keys, const Update& u, LiveArrays& arrays) {
  for (TrainedArray& array : arrays.arrays()) {
    const LayerTraining& layer = array.layer->training;
    if (!array.trained || waits(keys, layer, u.number)) continue;
    if (array.param->role() == ParamRole::weights &&
        DeformedKernels::tied(layer, keys.max_batches, u.number))
      update_deformed(context, keys, u, array);
    else
      update_array(context, keys, u, array);
  }
}

}  // namespace dn
