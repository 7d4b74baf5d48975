// [sam]: the product of the input and another layer, cell by cell.
#include "layers/sections.h"
#include "ops/multiply.h"

namespace dn {

namespace {

class Sam final : public Layer {
 public:
  void read(Options& o) override {
    o.require("from");
    from_ = o.integer("from", -1, "the other layer");
    activation_ = o.choice("activation", Activation::linear, activation_names(), "activation");
  }

  int lower(Lowering& g) override {
    const int other = g.output_of(from_);
    if (g.shape(other) != g.shape(g.input()))
      fail(DN_ERROR_CFG, "inputs of %s and %s do not meet, expected the same size",
           g.shape(g.input()).text().c_str(), g.shape(other).text().c_str());
    return g.activate(g.add(std::make_unique<Multiply>(), {g.input(), other}), activation_);
  }

 private:
  int from_ = -1;
  Activation activation_ = Activation::linear;
};

}  // namespace

std::unique_ptr<Layer> make_sam() { return std::make_unique<Sam>(); }

}  // namespace dn
