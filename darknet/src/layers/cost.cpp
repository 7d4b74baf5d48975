// [cost]: measures the error; at inference the identity.
#include "heads/element_loss.h"
#include "layers/sections.h"

namespace dn {

namespace {

class Cost final : public Layer {
 public:
  void read(Options& o) override {
    using Kind = ElementLoss::Kind;
    loss_.kind = o.choice<Kind>("type", Kind::sse,
                                {{"sse", Kind::sse},
                                 {"masked", Kind::masked},
                                 {"smooth", Kind::smooth},
                                 {"seg", Kind::seg},
                                 {"L1", Kind::L1},
                                 {"wgan", Kind::wgan}},
                                "error measure");
    loss_.scale = o.real("scale", 1, "training: factor on the gradient");
    o.real("ratio", 0, "training: no effect");
    loss_.noobj = o.real("noobj", 1, "training: factor where the truth is 0");
    loss_.thresh = o.real("thresh", 0, "training: small gradients become 0");
    loss_.label_smooth = training.smooth;
  }

  int lower(Lowering& g) override { return g.input(); }
  bool is_cost() const override { return true; }
  const Loss* loss() const override { return &loss_; }

 private:
  ElementLoss loss_;
};

}  // namespace

std::unique_ptr<Layer> make_cost() { return std::make_unique<Cost>(); }

}  // namespace dn
