#include "layers/blocks.h"

#include <cmath>

#include "ops/batchnorm.h"
#include "ops/cross_batchnorm.h"

namespace dn {

namespace {

struct BatchnormArrays {
  Param *scales, *mean, *variance;
};

BatchnormArrays batchnorm_arrays(Layer& owner, const std::string& prefix, int64_t n) {
  Param& scales = owner.param(prefix + "scales", {n}, {1, 0, -1});
  Param& mean = owner.param(prefix + "rolling_mean", {n});
  // compat: Darknet starts the running variance at 0
  Param& variance = owner.param(prefix + "rolling_variance", {n});
  return {&scales, &mean, &variance};
}

// A convolution's arrays, in the order of the weights file.
struct ConvArrays {
  const Param *biases, *weights;
  BatchnormArrays norm;
};

ConvArrays conv_arrays(Layer& owner, const Conv& conv, int64_t filters, int64_t each,
                       bool batch_normalize, const std::string& prefix) {
  ConvArrays arrays{};
  arrays.biases = &owner.param(prefix + "biases", {filters});
  if (batch_normalize) arrays.norm = batchnorm_arrays(owner, prefix, filters);
  const float range = std::sqrt(2.f / (float(conv.size_y) * float(conv.size_x) * float(each)));
  arrays.weights =
      &owner.param(prefix + "weights", {filters, each, conv.size_y, conv.size_x}, {0, range, -1});
  return arrays;
}

template <typename Norm>
int add_norm(Lowering& g, const BatchnormArrays& arrays, const Param& biases, int input) {
  auto op = std::make_unique<Norm>();
  op->norm = {arrays.scales, arrays.mean, arrays.variance};
  op->biases = &biases;
  return g.add(std::move(op), {input});
}

int add_batchnorm(Lowering& g, const BatchnormArrays& arrays, const Param& biases, int input) {
  return add_norm<Batchnorm>(g, arrays, biases, input);
}

}  // namespace

int lower_conv(Lowering& g, Layer& owner, const ConvBlock& block, int input,
               const std::string& prefix) {
  auto conv = std::make_unique<Conv>(block.conv);
  conv->shape({g.shape(input)});  // throws where groups do not fit
  const int64_t each = g.shape(input).c / conv->groups;
  const ConvArrays arrays =
      conv_arrays(owner, *conv, conv->filters, each, block.batch_normalize, prefix);
  conv->weights = arrays.weights;
  if (!block.batch_normalize) conv->biases = arrays.biases;
  int value = g.add(std::move(conv), {input});
  if (block.batch_normalize)
    value = block.cross_iteration ? add_norm<CrossBatchnorm>(g, arrays.norm, *arrays.biases, value)
                                  : add_batchnorm(g, arrays.norm, *arrays.biases, value);
  return g.activate(value, block.activation);
}

void declare_conv(Layer& owner, const Conv& geometry, int64_t filters, int64_t each,
                  bool batch_normalize, const std::string& prefix) {
  conv_arrays(owner, geometry, filters, each, batch_normalize, prefix);
}

int lower_gate(Lowering& g, Layer& owner, const Conv& geometry, int64_t padding, int64_t filters,
               bool batch_normalize, Activation activation, int input, const std::string& prefix) {
  const Shape in = g.shape(input);
  ConvBlock block;
  block.conv = geometry;
  block.conv.filters = filters;
  block.conv.pad_top = block.conv.pad_left = padding * geometry.dilation;
  block.conv.out_h = conv_size(in.h, geometry.size_y, padding, geometry.stride_y);
  block.conv.out_w = conv_size(in.w, geometry.size_x, padding, geometry.stride_x);
  block.batch_normalize = batch_normalize;
  block.activation = activation;
  return lower_conv(g, owner, block, input, prefix);
}

int lower_connected(Lowering& g, Layer& owner, int64_t outputs, bool batch_normalize,
                    Activation activation, int input, const std::string& prefix) {
  const int64_t inputs = g.shape(input).size();
  auto op = std::make_unique<Connected>();
  op->outputs = outputs;
  const Param& biases = owner.param(prefix + "biases", {outputs});
  op->weights =
      &owner.param(prefix + "weights", {outputs, inputs}, {0, std::sqrt(2.f / float(inputs)), -1});
  if (!batch_normalize) op->biases = &biases;
  BatchnormArrays arrays{};
  if (batch_normalize) arrays = batchnorm_arrays(owner, prefix, outputs);
  int value = g.add(std::move(op), {input});
  if (batch_normalize) value = add_batchnorm(g, arrays, biases, value);
  return g.activate(value, activation);
}

int lower_blur(Lowering& g, int input, int kind, int stride_x, int stride_y) {
  const Shape in = g.shape(input);
  auto conv = std::make_unique<Conv>();
  const int64_t size = kind == 1 ? 3 : 2, padding = kind == 1 ? 1 : 0;
  conv->filters = conv->groups = in.c;
  conv->size_y = conv->size_x = size;
  conv->stride_x = stride_x;
  conv->stride_y = stride_y;
  conv->pad_top = conv->pad_left = padding;
  conv->out_h = conv_size(in.h, size, padding, stride_y);
  conv->out_w = conv_size(in.w, size, padding, stride_x);
  static const float wide[9] = {1, 2, 1, 2, 4, 2, 1, 2, 1};
  for (int64_t k = 0; k < in.c; ++k)
    for (int64_t t = 0; t < size * size; ++t)
      conv->fixed_weights.push_back(kind == 1 ? wide[t] / 16.f : 0.25f);
  return g.add(std::move(conv), {input});
}

}  // namespace dn
