// [normalization]: local response normalisation.
#include "layers/sections.h"
#include "ops/lrn.h"

namespace dn {

namespace {

class Normalization final : public Layer {
 public:
  void read(Options& o) override {
    alpha_ = o.real("alpha", 1e-4f, "factor on the squares");
    beta_ = o.real("beta", 0.75f, "exponent");
    kappa_ = o.real("kappa", 1, "constant under the exponent");
    size_ = o.integer("size", 5, "channels in the window", 1);
  }

  int lower(Lowering& g) override {
    auto op = std::make_unique<Lrn>();
    op->alpha = alpha_;
    op->beta = beta_;
    op->kappa = kappa_;
    op->size = size_;
    return g.add(std::move(op), {g.input()});
  }

 private:
  float alpha_ = 1e-4f, beta_ = 0.75f, kappa_ = 1;
  int size_ = 5;
};

}  // namespace

std::unique_ptr<Layer> make_normalization() { return std::make_unique<Normalization>(); }

}  // namespace dn
