// [scale_channels]: another layer times one number per channel (or per cell).
#include "layers/sections.h"
#include "ops/multiply.h"

namespace dn {

namespace {

class ScaleChannels final : public Layer {
 public:
  void read(Options& o) override {
    o.require("from");
    from_ = o.integer("from", -1, "the layer that is scaled");
    scale_wh_ = o.flag("scale_wh", false, "the input holds one number per cell");
    activation_ = o.choice("activation", Activation::linear, activation_names(), "activation");
  }

  int lower(Lowering& g) override {
    const Shape scale = g.shape(g.input()), image = g.shape(g.output_of(from_));
    const Shape expected = scale_wh_ ? Shape{1, image.h, image.w} : Shape{image.c, 1, 1};
    if (scale != expected)
      fail(DN_ERROR_CFG, "the input is %s, expected %s for from=%d of %s", scale.text().c_str(),
           expected.text().c_str(), from_, image.text().c_str());
    const int product = g.add(std::make_unique<Multiply>(), {g.input(), g.output_of(from_)});
    return g.activate(product, activation_);
  }

 private:
  int from_ = -1;
  bool scale_wh_ = false;
  Activation activation_ = Activation::linear;
};

}  // namespace

std::unique_ptr<Layer> make_scale_channels() { return std::make_unique<ScaleChannels>(); }

}  // namespace dn
