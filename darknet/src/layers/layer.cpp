#include "layers/layer.h"

#include "ops/activate.h"
#include "ops/channel_normalize.h"

namespace dn {

int Lowering::input() const {
  return current_ == 0 ? 0 : graph_.layer_values[size_t(current_ - 1)];
}

int Lowering::resolve(int reference) const {
  const int index = reference < 0 ? current_ + reference : reference;
  if (current_ == 0)
    fail(DN_ERROR_CFG, "layer %d points nowhere: there is no layer before this one", reference);
  if (index < 0 || index >= current_)
    fail(DN_ERROR_CFG, "layer %d points nowhere, expected %d to %d or %d to -1", reference, 0,
         current_ - 1, -current_);
  return index;
}

int Lowering::output_of(int reference) const {
  return graph_.layer_values[size_t(resolve(reference))];
}

int Lowering::add(std::unique_ptr<Op> op, std::vector<int> inputs, int time_steps) {
  const Shape shape = op->shape(graph_.shapes(inputs));
  if (shape.c < 1 || shape.h < 1 || shape.w < 1)
    fail(DN_ERROR_CFG, "the output would be %s: the input of %s is too small for this layer",
         shape.text().c_str(), this->shape(inputs.empty() ? 0 : inputs[0]).text().c_str());
  if (double(shape.c) * double(shape.h) * double(shape.w) > 2147483648.)
    fail(DN_ERROR_CFG, "the output would be %s, expected less than 2^31 numbers",
         shape.text().c_str());
  graph_.values.push_back(shape);
  if (time_steps == 0) time_steps = inputs.empty() ? 1 : graph_.time_steps[size_t(inputs[0])];
  graph_.time_steps.push_back(time_steps);
  const int output = static_cast<int>(graph_.values.size()) - 1;
  graph_.nodes.push_back({std::move(op), std::move(inputs), output, current_});
  return output;
}

int Lowering::activate(int value, Activation activation) {
  if (activation == Activation::linear) return value;
  if (over_channels(activation)) {
    auto op = std::make_unique<ChannelNormalize>();
    op->activation = activation;
    return add(std::move(op), {value});
  }
  auto op = std::make_unique<Activate>();
  op->activation = activation;
  return add(std::move(op), {value});
}

void Layer::read_common(Options& o) {
  dontload = o.flag("dontload", false, "the weights file does not hold this layer");
  dontloadscales = o.flag("dontloadscales", false, "the weights file does not hold its scales");
  LayerTraining& t = training;
  t.onlyforward =
      o.flag("onlyforward", false, "training: nothing is propagated through this layer");
  t.stopbackward =
      o.integer("stopbackward", 0,
                "training: 1 freezes all earlier layers; above, nothing is propagated to them "
                "until this iteration",
                0);
  t.dont_update = o.integer("dont_update", 0, "training: no update until this iteration", 0);
  t.burnin_update =
      o.integer("burnin_update", 0, "training: no update until this many burn-ins", 0);
  t.train_only_bn =
      o.flag("train_only_bn", false, "training: only batch statistics move, up to this layer");
  t.learning_rate = o.real("learning_rate", 1, "training: factor on the learning rate");
  t.clip = o.real("clip", 0, "training: bound of the weights, 0 for none");
  dontsave = o.flag("dontsave", false, "the layer is not saved");
  numload =
      o.integer("numload", 0, "filters of a convolution that the weights file holds, 0 for all", 0);
  t.truth = o.flag("truth", false, "pjreddie: the output becomes the truth of later layers");
  t.smooth = o.real("smooth", 0, "pjreddie: label smoothing of a cost layer");
}

// Of one array; keeps products of its dims within 64 bits.
constexpr double kMostNumbers = 1e12;

Param& Layer::param(const std::string& name, std::vector<int64_t> dims, Initial initial) {
  for (const auto& known : params) {
    if (known->name() != name) continue;
    if (known->dims() != dims)
      fail(DN_ERROR_CFG, "the size of %s depends on the input size: this network cannot be resized",
           name.c_str());
    return *known;
  }
  double count = 1;
  for (const int64_t dim : dims) count *= double(dim);
  if (count > kMostNumbers)
    fail(DN_ERROR_CFG, "%s would be %.3g numbers, expected at most %.3g", name.c_str(), count,
         kMostNumbers);
  const uint64_t seed = uint64_t(index) * 1000 + params.size();
  params.push_back(std::make_unique<Param>(name, std::move(dims), initial, seed));
  return *params.back();
}

const Param* Layer::find_param(const std::string& name) const {
  for (const auto& known : params)
    if (known->name() == name) return known.get();
  return nullptr;
}

}  // namespace dn
