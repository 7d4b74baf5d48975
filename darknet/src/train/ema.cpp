#include "train/ema.h"

#include "core/device_code.h"

namespace dn {

namespace {

struct Average {
  const float* from;
  float* to;
  float alpha;
  DN_HD void operator()(int64_t i) const {
    to[i] = alpha == 0 ? from[i] : alpha * to[i] + (1.f - alpha) * from[i];
  }
};

}  // namespace

void move_average(const Context& context, float alpha, LiveArrays& arrays) {
  for (TrainedArray& array : arrays.arrays())
    if (array.average)
      context.each(array.size, Average{array.value->as<>(), array.average->as<>(), alpha});
}

void copy_average(const Context& context, LiveArrays& arrays) {
  for (TrainedArray& array : arrays.arrays())
    if (array.average)
      context.each(array.size, Average{array.average->as<>(), array.value->as<>(), 0.f});
}

}  // namespace dn
