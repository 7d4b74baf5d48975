// The C ABI: handles, and exceptions turned into a status with a message.
#include <cstdlib>
#include <cstring>
#include <new>

#include "augment/boxes.h"
#include "augment/classification.h"
#include "augment/detection.h"
#include "augment/mixing.h"
#include "augment/view.h"
#include "backends/cpu_native/kernels.h"
#include "c_api_guard.h"
#include "config/options.h"
#include "core/c_locale.h"
#include "darknet/engine.h"
#include "graph/passes/passes.h"
#include "image_input.h"
#include "layers/registry.h"
#include "network.h"
#include "plan.h"

struct dn_graph {
  dn::Graph graph;
};

struct dn_plan {
  dn::Plan plan;
};

namespace dn {

namespace {

thread_local dn_error last_error;

void copy_text(char* to, size_t room, const std::string& text) {
  const size_t bytes = text.size() < room ? text.size() : room - 1;
  std::memcpy(to, text.data(), bytes);
  to[bytes] = '\0';
}

void need_size(int width, int height) {
  if (width < 1 || height < 1 || width > 1 << 16 || height > 1 << 16)
    fail(DN_ERROR_ARGUMENT, "a size of %dx%d, expected 1x1 to 65536x65536", width, height);
}

bool has_openmp() {
#ifdef _OPENMP
  return true;
#else
  return false;
#endif
}

}  // namespace

dn_status remember(dn_status status, const std::string& message, const Place& place) {
  last_error.status = status;
  last_error.line = place.line;
  last_error.layer = place.layer;
  copy_text(last_error.file, sizeof last_error.file, place.file);
  copy_text(last_error.section, sizeof last_error.section, place.section);
  copy_text(last_error.message, sizeof last_error.message, message);
  return status;
}

}  // namespace dn

using dn::guarded;
using dn::need;
using dn::need_size;

extern "C" {

const dn_error* dn_last_error(void) { return &dn::last_error; }

int dn_abi_version(void) { return DN_ABI_VERSION; }

dn_status dn_build_info(char** json) {
  return guarded([&] {
    need(json, "json");
    dn::Json text;
    text.begin_object().field("abi", DN_ABI_VERSION);
#ifdef DN_ONEDNN
    text.field("onednn", dn::onednn_version());
#else
    text.key("onednn").null();
#endif
#ifdef DN_CUDA
    text.field("cuda", true);
#else
    text.field("cuda", false);
#endif
    text.field("openmp", dn::has_openmp()).field("bf16", dn::make_onednn_backend() != nullptr);
    text.field("int16_products", dn::cpu::has_int16_products());
    text.field("bf16_training", dn::cpu::has_bf16_products());
    text.field("isa", dn::cpu::isa_name(dn::cpu::best_isa()));
    text.field("threads", dn::default_threads()).end_object();
    *json = dn::text_of(text.text());
  });
}

void dn_text_free(char* text) { std::free(text); }

dn_status dn_network_create(const char* cfg, size_t length, const char* name, dn_network** out) {
  return guarded([&] {
    need(cfg, "cfg");
    need(out, "network");
    *out = nullptr;
    *out = new dn_network{{std::string(cfg, length), name ? name : ""}};
  });
}

void dn_network_destroy(dn_network* network) { delete network; }

dn_status dn_network_load_weights(dn_network* network, const char* path, int up_to, int strict,
                                  dn_weights_report* report) {
  return guarded([&] {
    need(network, "network");
    need(path, "path");
    dn_weights_report result = {};
    dn::Network& net = network->network;
    dn::load_weights(net.layers, path, up_to, strict != 0, net.header, result);
    net.cache.clear();
    if (report) *report = result;
  });
}

dn_status dn_network_save_weights(dn_network* network, const char* path, int up_to) {
  return guarded([&] {
    need(network, "network");
    need(path, "path");
    dn::save_weights(network->network.layers, path, up_to, network->network.header);
  });
}

dn_status dn_network_describe(dn_network* network, int width, int height, char** json) {
  return guarded([&] {
    need(network, "network");
    need(json, "json");
    dn::Json text;
    network->network.describe(width, height, text);
    *json = dn::text_of(text.text());
  });
}

dn_status dn_describe_sections(char** json) {
  return guarded([&] {
    need(json, "json");
    dn::Json text;
    text.begin_object();
    for (const std::string& type : dn::section_types()) {
      dn::Options options(type);
      const auto layer = dn::make_layer(type);
      layer->read(options);
      layer->read_common(options);
      text.key(type.c_str());
      options.describe(text);
    }
    text.end_object();
    *json = dn::text_of(text.text());
  });
}

dn_status dn_graph_create(dn_network* network, int width, int height, unsigned passes,
                          dn_graph** out) {
  return guarded([&] {
    need(network, "network");
    need(out, "graph");
    *out = nullptr;
    auto made = std::make_unique<dn_graph>();
    made->graph = network->network.lower(width, height);
    dn::apply_passes(made->graph, passes);
    *out = made.release();
  });
}

void dn_graph_destroy(dn_graph* graph) { delete graph; }

dn_status dn_graph_describe(dn_graph* graph, char** json) {
  return guarded([&] {
    need(graph, "graph");
    need(json, "json");
    dn::Json text;
    graph->graph.describe(text);
    *json = dn::text_of(text.text());
  });
}

dn_status dn_graph_constant(dn_graph* graph, int node, int index, float* out, size_t size) {
  return guarded([&] {
    need(graph, "graph");
    need(out, "out");
    if (node < 0 || size_t(node) >= graph->graph.nodes.size())
      dn::fail(DN_ERROR_ARGUMENT, "node %d, the graph has %zu", node, graph->graph.nodes.size());
    const auto constants = graph->graph.nodes[size_t(node)].op->constants();
    if (index < 0 || size_t(index) >= constants.size())
      dn::fail(DN_ERROR_ARGUMENT, "constant %d, the node has %zu", index, constants.size());
    const std::vector<float>& values = constants[size_t(index)].values;
    if (values.size() != size)
      dn::fail(DN_ERROR_ARGUMENT, "the constant has %zu numbers, room for %zu was given",
               values.size(), size);
    std::memcpy(out, values.data(), size * sizeof(float));
  });
}

dn_status dn_plan_create(dn_network* network, const dn_plan_options* options, dn_plan** out) {
  return guarded([&] {
    need(network, "network");
    need(options, "options");
    need(out, "plan");
    *out = nullptr;
    *out = new dn_plan{{network->network, *options}};
  });
}

void dn_plan_destroy(dn_plan* plan) { delete plan; }

dn_status dn_plan_describe(dn_plan* plan, char** json) {
  return guarded([&] {
    need(plan, "plan");
    need(json, "json");
    dn::Json text;
    plan->plan.describe(text);
    *json = dn::text_of(text.text());
  });
}

dn_status dn_plan_set_image(dn_plan* plan, int slot, const dn_image* image, dn_resize resize) {
  return guarded([&] {
    need(plan, "plan");
    need(image, "image");
    plan->plan.set_image(slot, *image, resize);
  });
}

dn_status dn_plan_run(dn_plan* plan) {
  return guarded([&] {
    need(plan, "plan");
    plan->plan.run();
  });
}

dn_status dn_plan_run_on(dn_plan* plan, const float* input, size_t size) {
  return guarded([&] {
    need(plan, "plan");
    need(input, "input");
    plan->plan.run_on(input, size);
  });
}

dn_status dn_plan_reset_state(dn_plan* plan, int slot) {
  return guarded([&] {
    need(plan, "plan");
    plan->plan.reset_state(slot);
  });
}

dn_status dn_plan_profile(dn_plan* plan, int repeat) {
  return guarded([&] {
    need(plan, "plan");
    if (repeat < 1) dn::fail(DN_ERROR_ARGUMENT, "repeat=%d, expected at least 1", repeat);
    plan->plan.profile(repeat);
  });
}

dn_status dn_plan_output(dn_plan* plan, int index, float* out, size_t size) {
  return guarded([&] {
    need(plan, "plan");
    need(out, "out");
    plan->plan.output(index, out, size);
  });
}

dn_status dn_plan_layer_output(dn_plan* plan, int layer, float* out, size_t size) {
  return guarded([&] {
    need(plan, "plan");
    need(out, "out");
    plan->plan.layer_output(layer, out, size);
  });
}

dn_status dn_augment_tiles(const dn_augment* settings, int64_t image, int* tiles) {
  return guarded([&] {
    need(settings, "settings");
    need(tiles, "tiles");
    dn::check(*settings);
    *tiles = dn::tiles_of(dn::mix_of(*settings, image));
  });
}

dn_status dn_augment_source(const dn_augment* settings, int64_t image, int tile, int attempt,
                            int64_t images, int64_t* source) {
  return guarded([&] {
    need(settings, "settings");
    need(source, "source");
    dn::check(*settings);
    if (images < 1) dn::fail(DN_ERROR_ARGUMENT, "the list is empty");
    *source = dn::source_of(*settings, image, tile, attempt, images);
  });
}

dn_status dn_augment_view(const dn_augment* settings, int64_t image, int tile, int source_width,
                          int source_height, int width, int height, dn_view* view) {
  return guarded([&] {
    need(settings, "settings");
    need(view, "view");
    dn::check(*settings);
    need_size(source_width, source_height);
    need_size(width, height);
    *view = dn::draw_view(*settings, image, tile, dn::tiles_of(dn::mix_of(*settings, image)),
                          {source_width, source_height}, {width, height});
  });
}

dn_status dn_augment_detection(const dn_augment* settings, int64_t image, const dn_source* sources,
                               int tiles, int width, int height, int channels, int classes,
                               int max_boxes, float* input, float* truth) {
  return guarded([&] {
    need(settings, "settings");
    need(sources, "sources");
    need(input, "input");
    need(truth, "truth");
    need_size(width, height);
    if (max_boxes < 1) dn::fail(DN_ERROR_ARGUMENT, "max_boxes=%d, expected at least 1", max_boxes);
    dn::augment_detection(*settings, image, sources, tiles, {channels, height, width}, classes,
                          max_boxes, input, truth);
  });
}

dn_status dn_augment_classification(const dn_augment* settings, int64_t image,
                                    const dn_source* sources, int tiles, int width, int height,
                                    int channels, int classes, float* input, float* truth) {
  return guarded([&] {
    need(settings, "settings");
    need(sources, "sources");
    need(input, "input");
    need(truth, "truth");
    need_size(width, height);
    for (int i = 0; i < tiles; ++i) need(sources[i].label, "label");
    dn::augment_classification(*settings, image, sources, tiles, {channels, height, width}, classes,
                               input, truth);
  });
}

dn_status dn_image_input(const dn_image* image, dn_resize resize, int width, int height,
                         float* input) {
  return guarded([&] {
    need(image, "image");
    need(input, "input");
    need_size(width, height);
    dn::image_to_input({}, *image, resize, input, {image->channels, height, width});
  });
}

dn_status dn_box_truth(const dn_box* boxes, int count, int image_width, int image_height,
                       dn_resize resize, int width, int height, int max_boxes, float* truth) {
  return guarded([&] {
    if (count > 0) need(boxes, "boxes");
    need(truth, "truth");
    need_size(image_width, image_height);
    need_size(width, height);
    const dn::Placement at = dn::place(resize, image_width, image_height, width, height);
    std::vector<dn_box> placed(boxes, boxes + count);
    for (dn_box& box : placed) {
      box.x = (box.x * float(at.width) + float(at.left)) / float(width);
      box.y = (box.y * float(at.height) + float(at.top)) / float(height);
      box.w *= float(at.width) / float(width);
      box.h *= float(at.height) / float(height);
    }
    dn::write_truth(placed, max_boxes, truth);
  });
}

dn_status dn_plan_detect(dn_plan* plan, int slot, const dn_detect_options* options,
                         dn_detection** detections, int* count) {
  return guarded([&] {
    need(plan, "plan");
    need(options, "options");
    need(detections, "detections");
    need(count, "count");
    *detections = nullptr;
    *count = 0;
    const std::vector<dn_detection> found = plan->plan.detect(slot, *options);
    if (found.empty()) return;
    *detections = static_cast<dn_detection*>(std::malloc(found.size() * sizeof(dn_detection)));
    if (!*detections) throw std::bad_alloc();
    std::memcpy(*detections, found.data(), found.size() * sizeof(dn_detection));
    *count = static_cast<int>(found.size());
  });
}

void dn_detections_free(dn_detection* detections) { std::free(detections); }

}  // extern "C"
