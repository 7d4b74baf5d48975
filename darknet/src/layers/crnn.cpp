// [crnn]: [rnn] with convolutions.
#include "layers/blocks.h"
#include "layers/recurrence.h"
#include "layers/sections.h"

namespace dn {

namespace {

class Crnn final : public Layer {
 public:
  void read(Options& o) override {
    // pjreddie's names, and its fixed kernel where AlexeyAB's are missing
    const int output = o.integer("output_filters", 1, "pjreddie: output", 1);
    const int hidden = o.integer("hidden_filters", 1, "pjreddie: hidden", 1);
    const bool fixed = o.has("output_filters") && !o.has("output");
    output_ = o.integer("output", output, "output channels", 1);
    hidden_ = o.integer("hidden", hidden, "channels of the state", 1);
    conv_.size_y = conv_.size_x = o.integer("size", 3, "width and height of the kernels", 1);
    conv_.stride_y = conv_.stride_x = o.integer("stride", 1, "step of the kernels", 1);
    conv_.dilation = o.integer("dilation", 1, "distance of the kernels' taps", 1);
    if (conv_.size_x == 1) conv_.dilation = 1;
    const bool pad = o.flag("pad", fixed, "pads by size/2, whatever padding says");
    padding_ = o.integer("padding", 0, "zeros around the input, each side", 0);
    if (pad) padding_ = conv_.size_x / 2;
    conv_.groups = o.integer("groups", 1, "groups of channels that do not see each other", 1);
    activation_ = o.choice("activation", Activation::logistic, activation_names(), "activation");
    batch_normalize_ = o.integer("batch_normalize", 0, "batch normalisation") != 0;
    conv_.binary = o.flag("xnor", false, "binary weights on a binary input");
    shortcut_ = o.flag("shortcut", false, "adds the state to the next one");
  }

  int lower(Lowering& g) override {
    const Shape in = g.shape(g.input());
    Recurrence recurrence;
    recurrence.shapes = {{hidden_, conv_size(in.h, conv_.size_y, padding_, conv_.stride_y),
                          conv_size(in.w, conv_.size_x, padding_, conv_.stride_x)}};
    recurrence.carries = false;
    recurrence.step = [&](int x, States& states) {
      const int input = lower_gate(g, *this, conv_, padding_, hidden_, batch_normalize_,
                                   activation_, x, "input_");
      const int self = lower_gate(g, *this, conv_, padding_, hidden_, batch_normalize_, activation_,
                                  states[0], "self_");
      states[0] = shortcut_ ? add(g, {input, self, states[0]}) : add(g, {input, self});
      return lower_gate(g, *this, conv_, padding_, output_, batch_normalize_, activation_,
                        states[0], "output_");
    };
    return lower_recurrence(g, g.input(), recurrence);
  }

 private:
  Conv conv_;
  int output_ = 1, hidden_ = 1, padding_ = 0;
  Activation activation_ = Activation::logistic;
  bool batch_normalize_ = false, shortcut_ = false;
};

}  // namespace

std::unique_ptr<Layer> make_crnn() { return std::make_unique<Crnn>(); }

}  // namespace dn
