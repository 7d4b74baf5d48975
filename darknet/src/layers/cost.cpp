// [cost]: measures the error; at inference the identity.
#include "layers/sections.h"

namespace dn {

namespace {

class Cost final : public Layer {
 public:
  enum class Type { sse, masked, smooth, seg, L1, wgan };

  void read(Options& o) override {
    o.choice<Type>("type", Type::sse,
                   {{"sse", Type::sse},
                    {"masked", Type::masked},
                    {"smooth", Type::smooth},
                    {"seg", Type::seg},
                    {"L1", Type::L1},
                    {"wgan", Type::wgan}},
                   "error measure");
    o.real("scale", 1, "training: factor on the gradient");
    o.real("ratio", 0, "training: no effect");
    o.real("noobj", 1, "training: factor where the truth is 0");
    o.real("thresh", 0, "training: small gradients become 0");
  }

  int lower(Lowering& g) override { return g.input(); }
  bool is_cost() const override { return true; }
};

}  // namespace

std::unique_ptr<Layer> make_cost() { return std::make_unique<Cost>(); }

}  // namespace dn
