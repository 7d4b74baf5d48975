// [shortcut]: the sum of the input and other layers.
#include "layers/sections.h"
#include "ops/sum.h"

namespace dn {

namespace {

class Shortcut final : public Layer {
 public:
  enum class Weights { none, per_feature, per_channel };

  void read(Options& o) override {
    o.require("from");
    from_ = o.integers("from", "layers that are added, negative: back from here");
    activation_ = o.choice("activation", Activation::linear, activation_names(), "activation");
    weights_type_ = o.choice<Weights>("weights_type", Weights::none,
                                      {{"none", Weights::none},
                                       {"per_feature", Weights::per_feature},
                                       {"per_layer", Weights::per_feature},
                                       {"per_channel", Weights::per_channel}},
                                      "trained weights of the summands");
    // compat: AlexeyAB refuses none together with weights
    normalization_ =
        o.choice<WeightsNormalization>("weights_normalization", WeightsNormalization::none,
                                       {{"none", WeightsNormalization::none},
                                        {"relu", WeightsNormalization::relu},
                                        {"avg_relu", WeightsNormalization::relu},
                                        {"softmax", WeightsNormalization::softmax}},
                                       "how the weights are made to sum to 1");
    alpha_ = o.real("alpha", 1, "pjreddie: factor on the input");
    beta_ = o.real("beta", 1, "pjreddie: factor on the other layer");
  }

  int lower(Lowering& g) override {
    std::vector<int> inputs = {g.input()};
    for (const int reference : from_) inputs.push_back(g.output_of(reference));
    auto op = std::make_unique<Sum>();
    const int64_t n = static_cast<int64_t>(inputs.size()), c = g.shape(inputs[0]).c;
    if (weights_type_ == Weights::none) {
      op->factors.assign(inputs.size(), beta_);
      op->factors[0] = alpha_;
    } else {
      op->per_channel = weights_type_ == Weights::per_channel;
      op->normalization = normalization_;
      op->weights = op->per_channel ? &param("weights", {n, c}, {1, 0, -1})
                                    : &param("weights", {n}, {1, 0, -1});
    }
    return g.activate(g.add(std::move(op), inputs), activation_);
  }

 private:
  std::vector<int> from_;
  Activation activation_ = Activation::linear;
  Weights weights_type_ = Weights::none;
  WeightsNormalization normalization_ = WeightsNormalization::none;
  float alpha_ = 1, beta_ = 1;
};

}  // namespace

std::unique_ptr<Layer> make_shortcut() { return std::make_unique<Shortcut>(); }

}  // namespace dn
