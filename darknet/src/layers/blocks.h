// What several sections are made of: a convolution or a fully connected step with its batch
// normalisation and activation, and the blur of antialiasing.
#pragma once

#include "layers/layer.h"
#include "ops/connected.h"
#include "ops/conv.h"

namespace dn {

// Darknet's output size of a convolution.
inline int64_t conv_size(int64_t in, int64_t size, int64_t padding, int64_t stride) {
  return in + 2 * padding < size ? 0 : (in + 2 * padding - size) / stride + 1;
}

struct ConvBlock {
  Conv conv;  // geometry; its parameters are filled in here
  bool batch_normalize = false;
  bool cross_iteration = false;  // in training, over the mini-batches of an update
  Activation activation = Activation::linear;
};

// owner keeps the parameters, named prefix + "biases", ...; returns the output value.
int lower_conv(Lowering& g, Layer& owner, const ConvBlock& block, int input,
               const std::string& prefix);

// One of a recurrent layer's convolutions, of that geometry.
int lower_gate(Lowering& g, Layer& owner, const Conv& geometry, int64_t padding, int64_t filters,
               bool batch_normalize, Activation activation, int input, const std::string& prefix);

// Asks for a convolution's arrays before it is lowered, to fix their place in the weights file.
void declare_conv(Layer& owner, const Conv& geometry, int64_t filters, int64_t each,
                  bool batch_normalize, const std::string& prefix);

int lower_connected(Lowering& g, Layer& owner, int64_t outputs, bool batch_normalize,
                    Activation activation, int input, const std::string& prefix);

// kind 1: 3x3 of (1, 2, 1) / 16 with padding 1; kind 2: the mean of 2x2.
int lower_blur(Lowering& g, int input, int kind, int stride_x, int stride_y);

}  // namespace dn
