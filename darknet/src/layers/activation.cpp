// [activation]: an activation on its own.
#include "layers/sections.h"

namespace dn {

namespace {

class ActivationLayer final : public Layer {
 public:
  void read(Options& o) override {
    activation_ = o.choice("activation", Activation::linear, activation_names(), "activation");
  }

  int lower(Lowering& g) override { return g.activate(g.input(), activation_); }

 private:
  Activation activation_ = Activation::linear;
};

}  // namespace

std::unique_ptr<Layer> make_activation() { return std::make_unique<ActivationLayer>(); }

}  // namespace dn
