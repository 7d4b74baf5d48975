// The activation functions of the three Darknet forks: one definition for every device.
#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/device_code.h"

namespace dn {

enum class Activation {
  linear,
  logistic,
  loggy,
  relu,
  relu6,
  elu,
  selu,
  gelu,
  relie,
  ramp,
  leaky,
  revleaky,
  tanh,
  plse,
  hardtan,
  lhtan,
  stair,
  swish,
  mish,
  hard_mish,
  // over the channels of a pixel, not element by element: op ChannelNormalize
  normalize_channels,
  normalize_channels_softmax,
  normalize_channels_softmax_maxval,
};

const std::vector<std::pair<const char*, Activation>>& activation_names();
const char* name_of(Activation activation);

inline bool over_channels(Activation activation) {
  return activation >= Activation::normalize_channels;
}

DN_HD inline float logistic(float x) { return 1.f / (1.f + expf(-x)); }

// One element of any activation that works element by element.
DN_HD inline float activate(Activation activation, float x) {
  switch (activation) {
    case Activation::linear:
      return x;
    case Activation::logistic:
      return logistic(x);
    case Activation::loggy:
      return 2.f * logistic(x) - 1.f;
    case Activation::relu:
      return x > 0 ? x : 0.f;
    case Activation::relu6:  // compat: AlexeyAB's CPU path returns 0 for every input
      return x < 0 ? 0.f : x > 6 ? 6.f : x;
    case Activation::elu:
      return x >= 0 ? x : expm1f(x);
    case Activation::selu:
      return x >= 0 ? 1.0507f * x : 1.0507f * 1.6732f * expm1f(x);
    case Activation::gelu:
      return 0.5f * x * (1.f + tanhf(0.797885f * x + 0.035677f * x * x * x));
    case Activation::relie:
      return x > 0 ? x : 0.01f * x;
    case Activation::ramp:
      return (x > 0 ? x : 0.f) + 0.1f * x;
    case Activation::leaky:
    case Activation::revleaky:
      return x > 0 ? x : 0.1f * x;
    case Activation::tanh:
      return tanhf(x);
    case Activation::plse:
      return x < -4 ? 0.01f * (x + 4.f) : x > 4 ? 0.01f * (x - 4.f) + 1.f : 0.125f * x + 0.5f;
    case Activation::hardtan:
      return x < -1 ? -1.f : x > 1 ? 1.f : x;
    case Activation::lhtan:
      return x < 0 ? 0.001f * x : x > 1 ? 0.001f * (x - 1.f) + 1.f : x;
    case Activation::stair: {
      const float n = floorf(x);
      const float half = floorf(x / 2.f);
      return fmodf(n, 2.f) == 0.f ? half : (x - n) + half;
    }
    case Activation::swish:
      return x * logistic(x);
    case Activation::mish: {
      // x tanh(ln(1 + e^x)) = x n / (n + 2) with n = e^x (e^x + 2): no cancellation, no overflow
      if (x > 20) return x;
      const float e = expf(x);
      const float n = e * (e + 2.f);
      return x * n / (n + 2.f);
    }
    case Activation::hard_mish:
      return x > 0 ? x : x > -2 ? x * x / 2.f + x : 0.f;
    default:
      return x;
  }
}

// Whether activation_gradient needs the input: it is no function of the output there.
inline bool gradient_reads_input(Activation activation) {
  return activation == Activation::gelu || activation == Activation::swish ||
         activation == Activation::mish || activation == Activation::hard_mish;
}

// dy/dx of one element, from the output y; x counts only where gradient_reads_input().
DN_HD inline float activation_gradient(Activation activation, float x, float y) {
  switch (activation) {
    case Activation::logistic:
      return y * (1.f - y);
    case Activation::loggy: {
      const float u = (y + 1.f) / 2.f;
      return 2.f * u * (1.f - u);
    }
    case Activation::relu:
      return y > 0 ? 1.f : 0.f;
    case Activation::relu6:
      return y > 0 && y < 6 ? 1.f : 0.f;
    case Activation::elu:
      return y >= 0 ? 1.f : y + 1.f;
    case Activation::selu:
      return y >= 0 ? 1.0507f : y + 1.0507f * 1.6732f;
    case Activation::gelu: {  // compat: Darknet puts the output where the input belongs
      const float t = tanhf(0.797885f * x + 0.035677f * x * x * x);
      return 0.5f * (1.f + t) + 0.5f * x * (1.f - t * t) * (0.797885f + 0.107031f * x * x);
    }
    case Activation::relie:
      return y > 0 ? 1.f : 0.01f;
    case Activation::ramp:
      return (y > 0 ? 1.f : 0.f) + 0.1f;
    case Activation::leaky:
      return y > 0 ? 1.f : 0.1f;
    case Activation::revleaky:  // reversed on purpose: the delta is divided by the slope
      return y > 0 ? 1.f : 10.f;
    case Activation::tanh:
      return 1.f - y * y;
    case Activation::plse:
      return y < 0 || y > 1 ? 0.01f : 0.125f;
    case Activation::hardtan:
      return y > -1 && y < 1 ? 1.f : 0.f;
    case Activation::lhtan:
      return y > 0 && y < 1 ? 1.f : 0.001f;
    case Activation::stair:
      return floorf(y) == y ? 0.f : 1.f;
    case Activation::swish: {
      const float s = logistic(x);
      return y + s * (1.f - y);
    }
    case Activation::mish: {
      if (x > 20) return 1.f;
      const float e = expf(x);
      const float n = e * (e + 2.f);
      const float t = n / (n + 2.f);  // tanh of the softplus of x
      return t + x * (1.f - t * t) * logistic(x);
    }
    case Activation::hard_mish:
      return x > 0 ? 1.f : x > -2 ? x + 1.f : 0.f;
    default:
      return 1.f;
  }
}

}  // namespace dn
