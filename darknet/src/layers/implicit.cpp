// [implicit]: a trained constant.
#include "ops/implicit.h"
#include "layers/sections.h"

namespace dn {

namespace {

class ImplicitLayer final : public Layer {
 public:
  void read(Options& o) override {
    mean_ = o.real("mean", 0, "training: mean of the initial numbers");
    std_ = o.real("std", 0.2f, "training: range of the initial numbers");
    filters_ = o.integer("filters", 128, "channels", 1);
    atoms_ = o.integer("atoms", 1, "rows", 1);
  }

  int lower(Lowering& g) override {
    auto op = std::make_unique<Implicit>();
    op->filters = filters_;
    op->atoms = atoms_;
    op->weights = &param("weights", {filters_, atoms_}, {mean_, std_, -1});
    return g.add(std::move(op), {});
  }

 private:
  float mean_ = 0, std_ = 0.2f;
  int filters_ = 128, atoms_ = 1;
};

}  // namespace

std::unique_ptr<Layer> make_implicit() { return std::make_unique<ImplicitLayer>(); }

}  // namespace dn
