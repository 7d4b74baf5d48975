#include "graph/activation.h"

namespace dn {

const std::vector<std::pair<const char*, Activation>>& activation_names() {
  static const std::vector<std::pair<const char*, Activation>> names = {
      {"linear", Activation::linear},
      {"logistic", Activation::logistic},
      {"loggy", Activation::loggy},
      {"relu", Activation::relu},
      {"relu6", Activation::relu6},
      {"elu", Activation::elu},
      {"selu", Activation::selu},
      {"gelu", Activation::gelu},
      {"relie", Activation::relie},
      {"ramp", Activation::ramp},
      {"leaky", Activation::leaky},
      {"revleaky", Activation::revleaky},
      {"tanh", Activation::tanh},
      {"plse", Activation::plse},
      {"hardtan", Activation::hardtan},
      {"lhtan", Activation::lhtan},
      {"stair", Activation::stair},
      {"swish", Activation::swish},
      {"mish", Activation::mish},
      {"hard_mish", Activation::hard_mish},
      {"normalize_channels", Activation::normalize_channels},
      {"normalize_channels_softmax", Activation::normalize_channels_softmax},
      {"normalize_channels_softmax_maxval", Activation::normalize_channels_softmax_maxval},
  };
  return names;
}

const char* name_of(Activation activation) {
  for (const auto& [name, value] : activation_names())
    if (value == activation) return name;
  return "?";
}

}  // namespace dn
