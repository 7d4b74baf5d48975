#include "plan.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "graph/passes/passes.h"
#include "heads/nms.h"
#include "image_input.h"
#include "ops/conv.h"
#include "plan_compiler.h"

namespace dn {

namespace {

// Depthwise convolutions sum too few products for the rounding of bf16 to average out: in mobile
// networks confidences were seen to move by up to 0.07.
bool bears_bf16(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    const auto* conv = dynamic_cast<const Conv*>(node.op.get());
    if (conv && conv->groups > 1 && conv->groups == graph.values[size_t(node.inputs[0])].c)
      return false;
  }
  return true;
}

std::unique_ptr<Backend> backend_for(const dn_plan_options& options, const Graph& graph,
                                     dn_precision& used) {
  used = DN_PRECISION_F32;
  if (options.backend == DN_BACKEND_REFERENCE || options.backend == DN_BACKEND_PORTABLE) {
    if (options.precision == DN_PRECISION_BF16)
      fail(DN_ERROR_ARGUMENT, "precision bf16 needs the automatic backend");
    if (options.backend == DN_BACKEND_REFERENCE) return make_reference_backend();
    return make_cpu_backend(options.precision == DN_PRECISION_AUTO);
  }
  const bool asked = options.precision == DN_PRECISION_BF16;
  if (asked || (options.precision == DN_PRECISION_AUTO && bears_bf16(graph))) {
    if (auto backend = make_onednn_backend()) {
      used = DN_PRECISION_BF16;
      return backend;
    }
    if (asked)
      fail(DN_ERROR_DEVICE,
           "precision bf16 needs a processor with AVX512-BF16 or AMX and an engine built with "
           "oneDNN; use auto or f32");
  }
  return make_cpu_backend(options.precision == DN_PRECISION_AUTO);
}

}  // namespace

Plan::Plan(const Network& network, const dn_plan_options& options)
    : network_(network), batch_(options.batch), passes_(options.passes) {
  if (options.batch < 1 || options.batch > 65536)
    fail(DN_ERROR_ARGUMENT, "batch=%d, expected 1 to 65536", options.batch);
  if (options.width < 0 || options.height < 0)
    fail(DN_ERROR_ARGUMENT, "width and height must not be negative");
  if (options.threads < 0 || options.threads > 1024)
    fail(DN_ERROR_ARGUMENT, "threads=%d, expected 0 to 1024", options.threads);
  context_.threads = options.threads > 0 ? options.threads : default_threads();
  graph_ = network.lower(options.width, options.height);
  backend_ = backend_for(options, graph_, precision_);
  // One more sum of what was rounded to bf16 is not worth it.
  apply_passes(graph_,
               precision_ == DN_PRECISION_BF16 ? passes_ & ~DN_PASS_DELAY_UPSAMPLE : passes_);
  PlanCompiler(*this).compile();
}

void Plan::set_image(int slot, const dn_image& image, dn_resize resize) {
  if (slot < 0 || slot >= batch_)
    fail(DN_ERROR_ARGUMENT, "slot %d, expected 0 to %lld", slot,
         static_cast<long long>(batch_ - 1));
  const PlanTensor& input = tensors_[0];
  float* to = static_cast<float*>(input.view.data) + slot * input.view.batch_stride;
  image_to_input(context_, image, resize, to, input.shape);
}

RunArgs Plan::args_of(const Step& step) const {
  const PlanTensor& out = tensors_[size_t(step.out)];
  return {context_,
          step.in_views.data(),
          step.in_shapes.data(),
          step.in_views.size(),
          out.view,
          out.shape,
          batch_,
          scratch_->as<void>()};
}

void Plan::run() {
  for (const Step& step : steps_) step.kernel->run(args_of(step));
}

// Where the steps read the input.
void Plan::point_input(void* data) {
  for (Step& step : steps_)
    for (size_t i = 0; i < step.in.size(); ++i)
      if (step.in[i] == 0) step.in_views[i].data = data;
}

void Plan::run_on(const float* input, size_t size) {
  const size_t expected = size_t(batch_ * tensors_[0].shape.size());
  if (size != expected)
    fail(DN_ERROR_ARGUMENT, "the input has %zu numbers, expected %zu", size, expected);
  const auto is_input = [](int tensor) { return tensor == 0; };
  if (std::any_of(output_tensors_.begin(), output_tensors_.end(), is_input) ||
      std::any_of(layer_tensors_.begin(), layer_tensors_.end(), is_input)) {
    std::memcpy(tensors_[0].view.data, input, size * sizeof(float));  // read again after the run
    return run();
  }
  struct Restore {
    Plan& plan;
    ~Restore() { plan.point_input(plan.tensors_[0].view.data); }
  } restore{*this};
  point_input(const_cast<float*>(input));  // no step writes into what it reads
  run();
}

void Plan::reset_state(int slot) {
  for (const Node& node : graph_.nodes) node.op->reset_state(slot);
}

void Plan::profile(int repeat) {
  using Clock = std::chrono::steady_clock;
  run();
  for (Step& step : steps_) step.milliseconds = 0;
  for (int i = 0; i < repeat; ++i)
    for (Step& step : steps_) {
      const auto start = Clock::now();
      step.kernel->run(args_of(step));
      step.milliseconds +=
          std::chrono::duration<double, std::milli>(Clock::now() - start).count() / repeat;
    }
}

void Plan::copy_tensor(int tensor, float* out, size_t size) const {
  const PlanTensor& from = tensors_[size_t(tensor)];
  const size_t expected = size_t(batch_ * from.shape.size());
  if (size != expected)
    fail(DN_ERROR_ARGUMENT, "the output has %zu numbers, room for %zu was given", expected, size);
  std::memcpy(out, from.view.data, size * sizeof(float));
}

void Plan::output(int index, float* out, size_t size) const {
  if (index < 0 || size_t(index) >= output_tensors_.size())
    fail(DN_ERROR_ARGUMENT, "output %d, the network has %zu", index, output_tensors_.size());
  copy_tensor(output_tensors_[size_t(index)], out, size);
}

void Plan::layer_output(int layer, float* out, size_t size) const {
  if (passes_ != 0)
    fail(DN_ERROR_ARGUMENT, "outputs of layers can be read from a plan without passes only");
  if (layer < 0 || size_t(layer) >= layer_tensors_.size())
    fail(DN_ERROR_ARGUMENT, "layer %d, the network has %zu", layer, layer_tensors_.size());
  copy_tensor(layer_tensors_[size_t(layer)], out, size);
}

std::vector<dn_detection> Plan::detect(int slot, const dn_detect_options& o) const {
  if (slot < 0 || slot >= batch_)
    fail(DN_ERROR_ARGUMENT, "slot %d, expected 0 to %lld", slot,
         static_cast<long long>(batch_ - 1));
  if (!(o.threshold >= 0 && o.threshold <= 1))
    fail(DN_ERROR_ARGUMENT, "threshold=%g, expected 0 to 1", double(o.threshold));
  if (!(o.nms >= 0 && o.nms <= 1))
    fail(DN_ERROR_ARGUMENT, "nms=%g, expected 0 to 1", double(o.nms));
  if (o.image_width < 1 || o.image_height < 1)
    fail(DN_ERROR_ARGUMENT, "an image of %dx%d has no boxes", o.image_width, o.image_height);
  std::vector<Candidate> candidates;
  const Head* last = nullptr;
  int classes = 0;
  for (size_t i = 0; i < graph_.output_layers.size(); ++i) {
    const Head* head = network_.layers[size_t(graph_.output_layers[i])]->head();
    if (!head) continue;
    const PlanTensor& tensor = tensors_[size_t(output_tensors_[i])];
    const float* output = static_cast<float*>(tensor.view.data) + slot * tensor.view.batch_stride;
    head->decode(
        {output, tensor.shape, int(tensors_[0].shape.w), int(tensors_[0].shape.h), o.image_width,
         o.image_height, o.resize == DN_RESIZE_LETTERBOX, o.threshold, o.hier},
        candidates);
    last = head;
  }
  if (!last) fail(DN_ERROR_ARGUMENT, "this network has no detection head");
  for (const Candidate& candidate : candidates)
    classes = std::max(classes, int(candidate.probabilities.size()));
  for (Candidate& candidate : candidates) candidate.probabilities.resize(size_t(classes), 0.f);
  if (o.nms > 0)  // as Darknet: 0 means no suppression
    suppress(candidates, classes, o.nms, o.nms_kind == DN_NMS_HEAD ? last->nms_kind : o.nms_kind,
             last->beta_nms);
  std::vector<dn_detection> out;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& c = candidates[i];
    for (int k = 0; k < classes; ++k) {
      if (c.probabilities[size_t(k)] == 0) continue;
      dn_detection d = {};
      d.x = c.box.x;
      d.y = c.box.y;
      d.w = c.box.w;
      d.h = c.box.h;
      d.objectness = c.objectness;
      d.confidence = c.probabilities[size_t(k)];
      std::memcpy(d.uncertainty, c.uncertainty, sizeof d.uncertainty);
      d.class_id = k;
      d.box = static_cast<int32_t>(i);
      out.push_back(d);
    }
  }
  return out;
}

const char* precision_of(const Kernel& kernel) {
  if (kernel.int16_products) return "mixed";
  bool bf16 = kernel.out_layout == Layout::bf16;
  for (const Layout layout : kernel.in_layouts) bf16 = bf16 || layout == Layout::bf16;
  return bf16 ? "bf16" : "f32";
}

const char* Plan::precision_name() const {
  if (precision_ == DN_PRECISION_BF16) return "bf16";
  for (const Step& step : steps_)
    if (step.kernel->int16_products) return "mixed";
  return "f32";
}

void Plan::describe(Json& json) const {
  json.begin_object().field("backend", backend_->name());
  json.field("precision", precision_name());
  json.field("batch", batch_).field("threads", context_.threads);
  json.field("width", tensors_[0].shape.w).field("height", tensors_[0].shape.h);
  json.field("activation_bytes", int64_t(arena_->bytes()));
  json.field("scratch_bytes", int64_t(scratch_->bytes()));
  json.key("steps").begin_array();
  for (const Step& step : steps_) {
    const PlanTensor& out = tensors_[size_t(step.out)];
    json.begin_object().field("kernel", step.kernel->name);
    json.field("precision", precision_of(*step.kernel));
    json.field("output", out.shape.text()).field("milliseconds", step.milliseconds);
    if (step.node >= 0) {
      const Node& node = graph_.nodes[size_t(step.node)];
      json.field("layer", node.layer).field("op", node.op->kind());
      double operations = 0;
      for (int i = step.node - step.chained + 1; i <= step.node; ++i) {
        const Node& one = graph_.nodes[size_t(i)];
        operations +=
            one.op->operations(graph_.shapes(one.inputs), graph_.values[size_t(one.output)]);
      }
      json.field("operations", operations);
    } else {
      json.field("layer", -1).field("op", "convert").field("operations", 0.);
    }
    json.end_object();
  }
  json.end_array().end_object();
}

}  // namespace dn
