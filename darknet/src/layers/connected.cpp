// [connected]: fully connected.
#include "layers/blocks.h"
#include "layers/sections.h"

namespace dn {

namespace {

class ConnectedLayer final : public Layer {
 public:
  void read(Options& o) override {
    output_ = o.integer("output", 1, "outputs", 1);
    activation_ = o.choice("activation", Activation::logistic, activation_names(), "activation");
    batch_normalize_ = o.integer("batch_normalize", 0, "batch normalisation") != 0;
    fully_connected = true;
  }

  int lower(Lowering& g) override {
    return lower_connected(g, *this, output_, batch_normalize_, activation_, g.input(), "");
  }

 private:
  int output_ = 1;
  Activation activation_ = Activation::logistic;
  bool batch_normalize_ = false;
};

}  // namespace

std::unique_ptr<Layer> make_connected() { return std::make_unique<ConnectedLayer>(); }

}  // namespace dn
