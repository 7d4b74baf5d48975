// The C ABI of training.
#include <cstring>

#include "c_api_guard.h"
#include "core/random.h"
#include "train/trainer.h"

struct dn_trainer {
  dn::Trainer trainer;
};

namespace dn {

namespace {

void copy_in(float* to, int64_t room, const float* from, size_t size, const char* what) {
  if (size != size_t(room))
    fail(DN_ERROR_ARGUMENT, "the %s has %zu numbers, expected %lld", what, size,
         static_cast<long long>(room));
  std::memcpy(to, from, size * sizeof(float));
}

// The numbers of an array, checked for their count.
float* numbers_of(const Buffer* buffer, const TrainedArray& array, size_t size) {
  if (!buffer) fail(DN_ERROR_ARGUMENT, "%s is not trained", array.param->name().c_str());
  if (size != size_t(array.size))
    fail(DN_ERROR_ARGUMENT, "%s has %lld numbers, %zu were given", array.param->name().c_str(),
         static_cast<long long>(array.size), size);
  return buffer->as<>();
}

}  // namespace

}  // namespace dn

using dn::guarded;
using dn::need;

extern "C" {

dn_status dn_network_seed(dn_network* network, uint64_t seed) {
  return guarded([&] {
    need(network, "network");
    uint64_t number = 0;
    for (const auto& layer : network->network.layers)
      for (const auto& param : layer->params) param->reseed(dn::substream(seed, number++));
    network->network.cache.clear();
  });
}

dn_status dn_trainer_create(dn_network* network, const dn_trainer_options* options,
                            dn_trainer** out) {
  return guarded([&] {
    need(network, "network");
    need(options, "options");
    need(out, "trainer");
    *out = nullptr;
    *out = new dn_trainer{{network->network, *options}};
  });
}

void dn_trainer_destroy(dn_trainer* trainer) { delete trainer; }

dn_status dn_trainer_describe(dn_trainer* trainer, char** json) {
  return guarded([&] {
    need(trainer, "trainer");
    need(json, "json");
    dn::Json text;
    trainer->trainer.describe(text);
    *json = dn::text_of(text.text());
  });
}

dn_status dn_trainer_profile(dn_trainer* trainer, int on) {
  return guarded([&] {
    need(trainer, "trainer");
    trainer->trainer.plan().profile(on != 0);
  });
}

dn_status dn_trainer_resize(dn_trainer* trainer, int width, int height, int batch) {
  return guarded([&] {
    need(trainer, "trainer");
    trainer->trainer.resize(width, height, batch);
  });
}

dn_status dn_trainer_set_input(dn_trainer* trainer, const float* input, size_t size) {
  return guarded([&] {
    need(trainer, "trainer");
    need(input, "input");
    dn::TrainingPlan& plan = trainer->trainer.plan();
    dn::copy_in(plan.input(), plan.input_size(), input, size, "input");
  });
}

dn_status dn_trainer_set_truth(dn_trainer* trainer, const float* truth, size_t size) {
  return guarded([&] {
    need(trainer, "trainer");
    need(truth, "truth");
    dn::TrainingPlan& plan = trainer->trainer.plan();
    dn::copy_in(plan.truth(), plan.truth_size(), truth, size, "truth");
  });
}

dn_status dn_trainer_run(dn_trainer* trainer, double* cost) {
  return guarded([&] {
    need(trainer, "trainer");
    const double result = trainer->trainer.run();
    if (cost) *cost = result;
  });
}

dn_status dn_trainer_update(dn_trainer* trainer, double* loss) {
  return guarded([&] {
    need(trainer, "trainer");
    const double result = trainer->trainer.update();
    if (loss) *loss = result;
  });
}

dn_status dn_trainer_rate(dn_trainer* trainer, float* rate) {
  return guarded([&] {
    need(trainer, "trainer");
    need(rate, "rate");
    *rate = trainer->trainer.rate();
  });
}

dn_status dn_trainer_iteration(dn_trainer* trainer, int64_t* iteration, uint64_t* seen) {
  return guarded([&] {
    need(trainer, "trainer");
    if (iteration) *iteration = trainer->trainer.iteration();
    if (seen) *seen = trainer->trainer.seen();
  });
}

dn_status dn_trainer_set_seen(dn_trainer* trainer, uint64_t seen) {
  return guarded([&] {
    need(trainer, "trainer");
    trainer->trainer.set_seen(seen);
  });
}

dn_status dn_trainer_layer_output(dn_trainer* trainer, int layer, float* out, size_t size) {
  return guarded([&] {
    need(trainer, "trainer");
    need(out, "out");
    trainer->trainer.plan().layer_output(layer, out, size);
  });
}

dn_status dn_trainer_layer_delta(dn_trainer* trainer, int layer, float* out, size_t size) {
  return guarded([&] {
    need(trainer, "trainer");
    need(out, "out");
    trainer->trainer.plan().layer_delta(layer, out, size);
  });
}

dn_status dn_trainer_set_delta(dn_trainer* trainer, int layer, const float* from, size_t size) {
  return guarded([&] {
    need(trainer, "trainer");
    if (size > 0) need(from, "from");
    trainer->trainer.plan().set_delta(layer, from, size);
  });
}

dn_status dn_trainer_reset_state(dn_trainer* trainer, int stream) {
  return guarded([&] {
    need(trainer, "trainer");
    trainer->trainer.plan().reset_state(stream);
  });
}

dn_status dn_trainer_value(dn_trainer* trainer, int layer, int index, float* out, size_t size) {
  return guarded([&] {
    need(trainer, "trainer");
    need(out, "out");
    const dn::TrainedArray& array = trainer->trainer.arrays().array(layer, index);
    std::memcpy(out, dn::numbers_of(array.value.get(), array, size), size * sizeof(float));
  });
}

dn_status dn_trainer_gradient(dn_trainer* trainer, int layer, int index, float* out, size_t size) {
  return guarded([&] {
    need(trainer, "trainer");
    need(out, "out");
    const dn::TrainedArray& array = trainer->trainer.arrays().array(layer, index);
    std::memcpy(out, dn::numbers_of(array.gradient.get(), array, size), size * sizeof(float));
  });
}

dn_status dn_trainer_set_value(dn_trainer* trainer, int layer, int index, const float* from,
                               size_t size) {
  return guarded([&] {
    need(trainer, "trainer");
    need(from, "from");
    const dn::TrainedArray& array = trainer->trainer.arrays().array(layer, index);
    std::memcpy(dn::numbers_of(array.value.get(), array, size), from, size * sizeof(float));
  });
}

dn_status dn_trainer_store(dn_trainer* trainer, int average) {
  return guarded([&] {
    need(trainer, "trainer");
    trainer->trainer.store(average != 0);
  });
}

dn_status dn_trainer_reload(dn_trainer* trainer) {
  return guarded([&] {
    need(trainer, "trainer");
    trainer->trainer.reload();
  });
}

dn_status dn_trainer_save_state(dn_trainer* trainer, const char* path) {
  return guarded([&] {
    need(trainer, "trainer");
    need(path, "path");
    trainer->trainer.save_state(path);
  });
}

dn_status dn_trainer_load_state(dn_trainer* trainer, const char* path) {
  return guarded([&] {
    need(trainer, "trainer");
    need(path, "path");
    trainer->trainer.load_state(path);
  });
}

}  // extern "C"
