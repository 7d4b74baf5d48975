#include "train/live_arrays.h"

#include <cstring>

#include "core/error.h"

namespace dn {

namespace {

std::unique_ptr<Buffer> zeros(int64_t size) {
  auto buffer = std::make_unique<Buffer>(size_t(size) * sizeof(float));
  std::memset(buffer->as<void>(), 0, buffer->bytes());
  return buffer;
}

// The layer below which a cfg freezes all: the last with stopbackward=1, and up to the last with
// train_only_bn (that one included) only statistics move.
int frozen_by_cfg(const std::vector<std::unique_ptr<Layer>>& layers) {
  int below = 0;
  for (const auto& layer : layers) {
    if (layer->training.stopbackward == 1) below = layer->index;
    if (layer->training.train_only_bn) below = layer->index + 1;
  }
  return below;
}

}  // namespace

LiveArrays::LiveArrays(const std::vector<std::unique_ptr<Layer>>& layers, const TrainingKeys& keys,
                       int frozen_below) {
  const int by_cfg = frozen_by_cfg(layers);
  const int below = by_cfg > frozen_below ? by_cfg : frozen_below;
  for (const auto& layer : layers)
    for (const auto& param : layer->params) {
      TrainedArray array;
      array.param = param.get();
      array.layer = layer.get();
      array.size = param->size();
      array.still = layer->index < frozen_below;
      array.trained = param->role() != ParamRole::statistics && layer->index >= below;
      array.value = zeros(array.size);
      if (array.trained) {
        array.gradient = zeros(array.size);
        if (keys.adam) {
          array.mean = zeros(array.size);
          array.square = zeros(array.size);
        }
        if (keys.ema_alpha != 0) array.average = zeros(array.size);
      }
      places_[array.param] = arrays_.size();
      arrays_.push_back(std::move(array));
    }
  reload();
}

Live LiveArrays::live(const Param* param) const {
  if (!param) return {};
  const TrainedArray& array = arrays_[places_.at(param)];
  return {array.value->as<>(), array.gradient ? array.gradient->as<>() : nullptr, array.still};
}

const TrainedArray& LiveArrays::array(int layer, int index) const {
  int found = 0;
  for (const TrainedArray& array : arrays_)
    if (array.layer->index == layer && found++ == index) return array;
  fail(DN_ERROR_ARGUMENT, "layer %d has %d arrays, number %d was asked for", layer, found, index);
}

void LiveArrays::reload() {
  for (TrainedArray& array : arrays_) {
    const std::vector<float> values = array.param->values();
    std::memcpy(array.value->as<>(), values.data(), values.size() * sizeof(float));
    for (Buffer* memory :
         {array.gradient.get(), array.mean.get(), array.square.get(), array.average.get()})
      if (memory) std::memset(memory->as<void>(), 0, memory->bytes());
  }
}

void LiveArrays::store(bool average) const {
  for (const TrainedArray& array : arrays_) {
    const Buffer& from = average && array.average ? *array.average : *array.value;
    array.param->set(std::vector<float>(from.as<>(), from.as<>() + array.size));
  }
}

}  // namespace dn
