// [logistic] (pjreddie): sigmoid, with cross entropy in training.
#include "heads/element_loss.h"
#include "layers/sections.h"
#include "ops/activate.h"

namespace dn {

namespace {

class Logistic final : public Layer {
 public:
  void read(Options&) override { loss_.kind = ElementLoss::Kind::logistic; }

  int lower(Lowering& g) override {
    auto op = std::make_unique<Activate>();
    op->activation = Activation::logistic;
    op->hands_on_delta = true;
    return g.add(std::move(op), {g.input()});
  }

  const Loss* loss() const override { return &loss_; }

 private:
  ElementLoss loss_;
};

}  // namespace

std::unique_ptr<Layer> make_logistic() { return std::make_unique<Logistic>(); }

}  // namespace dn
