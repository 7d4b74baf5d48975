// [logistic] (pjreddie): sigmoid, with cross entropy in training.
#include "layers/sections.h"

namespace dn {

namespace {

class Logistic final : public Layer {
 public:
  void read(Options&) override {}
  int lower(Lowering& g) override { return g.activate(g.input(), Activation::logistic); }
};

}  // namespace

std::unique_ptr<Layer> make_logistic() { return std::make_unique<Logistic>(); }

}  // namespace dn
