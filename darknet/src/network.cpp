#include "network.h"

#include "config/nearest.h"
#include "config/options.h"
#include "heads/head.h"
#include "layers/registry.h"
#include "ops/slice.h"

namespace dn {

namespace {

std::unique_ptr<Layer> layer_of(const Section& section, const Place& place) {
  std::unique_ptr<Layer> layer = make_layer(section.type);
  if (layer) return layer;
  if (section.type == "net" || section.type == "network")
    throw Error(DN_ERROR_CFG, "a second [net], expected one at the beginning", place);
  throw Error(DN_ERROR_CFG, "unknown section" + suggestion(section.type, section_types()), place);
}

}  // namespace

void Network::read_net(Options& o) {
  batch = o.integer("batch", 1, "images of one update", 1);
  subdivisions = o.integer("subdivisions", 1, "mini-batches of one update", 1);
  time_steps = o.integer("time_steps", 1, "length of recurrent sequences", 1);
  width = o.integer("width", 0, "input width", 0, 1 << 20);
  height = o.integer("height", 0, "input height", 0, 1 << 20);
  channels = o.integer("channels", 0, "input channels", 0, 1 << 20);
  inputs = o.integer("inputs", 0, "input numbers of networks without images", 0);
  letter_box = o.flag("letter_box", false, "keeps the aspect ratio");
  training = read_training_keys(o, subdivisions);
  // what the loader and the trainer's loop read
  struct Real {
    const char* key;
    float fallback;
  };
  for (const Real& real :
       {Real{"max_ratio", 0}, Real{"min_ratio", 0}, Real{"angle", 0}, Real{"aspect", 1},
        Real{"saturation", 1}, Real{"exposure", 1}, Real{"hue", 0}, Real{"resize_step", 32},
        Real{"workspace_size_limit_MB", 1024}, Real{"max_chart_loss", 20}, Real{"random", 0},
        Real{"blur", 0}, Real{"gaussian_noise", 0}, Real{"mixup", 0},
        Real{"contrastive_jit_flip", 0}, Real{"contrastive_color", 0}})
    o.real(real.key, real.fallback, "training");
  struct Whole {
    const char* key;
    int fallback;
  };
  for (const Whole& whole :
       {Whole{"max_crop", 2 * width}, Whole{"min_crop", width}, Whole{"center", 0},
        Whole{"notruth", 0}, Whole{"flip", 1}, Whole{"cutmix", 0}, Whole{"mosaic", 0},
        Whole{"mosaic_bound", 0}, Whole{"attention", 0}, Whole{"dynamic_minibatch", 0},
        Whole{"augment_speed", 2}, Whole{"optimized_memory", 0}, Whole{"use_cuda_graph", 0},
        Whole{"show_receptive_field", 0}, Whole{"max_epochs", 0}, Whole{"seen", 0}})
    o.integer(whole.key, whole.fallback, "training");
}

Network::Network(const std::string& cfg, const std::string& name_) : name(name_) {
  const std::vector<Section> sections = parse_cfg(cfg, name);
  Options net(sections[0], name, -1);
  read_net(net);
  net.finish();
  Json values;
  net.describe_values(values);
  net_json_ = values.text();
  const bool image = width > 0 && height > 0 && channels > 0;
  if (!image && (inputs <= 0 || width > 0 || height > 0 || channels > 0))
    net.wrong(width > 0 ? "width" : nullptr,
              format("width=%d height=%d channels=%d, expected all three above 0, or inputs alone",
                     width, height, channels));
  if (sections.size() < 2) net.wrong(nullptr, "has no layers, expected sections behind [net]");
  for (size_t i = 1; i < sections.size(); ++i) {
    const Section& section = sections[i];
    const Place place = {name, section.line, section.type, static_cast<int>(i) - 1};
    std::unique_ptr<Layer> layer = layer_of(section, place);
    layer->type = section.type;
    layer->index = place.layer;
    layer->line = section.line;
    Options options(section, name, place.layer);
    try {
      layer->read_common(options);
      layer->read(options);
      options.finish();
    } catch (Error& error) {
      error.locate(place);
      throw;
    }
    Json text;
    options.describe_values(text);
    layer->options_json = text.text();
    layers.push_back(std::move(layer));
  }
  lower(0, 0);  // makes the parameters, and finds every error now
}

Shape Network::input_shape(int w, int h) const {
  if (channels == 0) {
    if (w > 0 || h > 0)
      fail(DN_ERROR_ARGUMENT, "this network takes %d numbers, not images: it has no size", inputs);
    return {inputs, 1, 1};
  }
  return {channels, h > 0 ? h : height, w > 0 ? w : width};
}

Graph Network::lower(int w, int h, bool training_ops) const {
  Graph graph;
  graph.values.push_back(input_shape(w, h));
  graph.time_steps.push_back(1);
  Lowering g(graph, layers, training_ops, training_ops ? time_steps : 1);
  for (const auto& layer : layers) {
    g.begin(layer->index);
    try {
      const int known = static_cast<int>(graph.values.size());
      int value = layer->lower(g);
      // a layer that only hands a value on must have one of its own to stop its delta
      if (training_ops && layer->training.onlyforward && value < known) {
        auto op = std::make_unique<Slice>();
        op->channels = g.shape(value).c;
        value = g.add(std::move(op), {value});
      }
      graph.layer_values.push_back(value);
    } catch (Error& error) {
      error.locate({name, layer->line, layer->type, layer->index});
      throw;
    }
  }
  // the outputs: every head, and the last layer that is no cost
  int last = static_cast<int>(layers.size()) - 1;
  while (last > 0 && layers[size_t(last)]->is_cost()) --last;
  for (const auto& layer : layers)
    if (layer->head() || layer->index == last) graph.output_layers.push_back(layer->index);
  return graph;
}

static void write_shape(Json& json, const char* key, const Shape& shape) {
  json.key(key).begin_array().value(shape.c).value(shape.h).value(shape.w).end_array();
}

void Network::describe(int w, int h, Json& json) const {
  const Graph graph = lower(w, h);
  const Shape input = graph.values[0];
  json.begin_object().field("name", name);
  write_shape(json, "input", input);
  json.field("batch", batch).field("subdivisions", subdivisions).field("letter_box", letter_box);
  json.key("net").raw(net_json_);
  std::vector<double> operations(layers.size(), 0.);
  for (const Node& node : graph.nodes)
    operations[size_t(node.layer)] +=
        node.op->operations(graph.shapes(node.inputs), graph.values[size_t(node.output)]);
  json.key("layers").begin_array();
  for (const auto& layer : layers) {
    const size_t i = size_t(layer->index);
    json.begin_object().field("index", layer->index).field("type", layer->type);
    json.field("line", layer->line);
    const Shape out = graph.values[size_t(graph.layer_values[i])];
    write_shape(json, "input", i == 0 ? input : graph.values[size_t(graph.layer_values[i - 1])]);
    write_shape(json, "output", out);
    int64_t numbers = 0;
    json.key("parameters").begin_array();
    for (const auto& param : layer->params) {
      numbers += param->size();
      json.begin_object().field("name", param->name());
      json.list("dims", param->dims()).end_object();
    }
    json.end_array().field("parameter_count", numbers).field("operations", operations[i]);
    json.key("options").raw(layer->options_json);
    json.end_object();
  }
  json.end_array().list("outputs", graph.output_layers).key("heads").begin_array();
  for (const auto& layer : layers) {
    const Head* head = layer->head();
    if (!head) continue;
    json.begin_object().field("layer", layer->index).field("type", layer->type);
    json.field("classes", head->classes).list("mask", head->mask);
    json.key("anchors").begin_array();
    for (const float anchor : head->anchors) json.value(double(anchor));
    json.end_array().end_object();
  }
  json.end_array().end_object();
}

}  // namespace dn
