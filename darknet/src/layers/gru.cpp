// [gru] (Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", 2014).
#include "layers/blocks.h"
#include "layers/recurrence.h"
#include "layers/sections.h"

namespace dn {

namespace {

class Gru final : public Layer {
 public:
  void read(Options& o) override {
    output_ = o.integer("output", 1, "outputs, and width of the state", 1);
    batch_normalize_ = o.integer("batch_normalize", 0, "batch normalisation") != 0;
    // compat: the candidate passes a logistic, not a tanh, unless told
    tanh_ = o.flag("tanh", false, "pjreddie: tanh instead of logistic for the candidate");
    fully_connected = true;
  }

  int lower(Lowering& g) override {
    Recurrence recurrence;
    recurrence.shapes = {{output_, 1, 1}};
    recurrence.step = [&](int x, States& states) {
      const auto connected = [&](int input, const char* prefix) {
        return lower_connected(g, *this, output_, batch_normalize_, Activation::linear, input,
                               prefix);
      };
      const int s = states[0];
      // compat: pjreddie's weights files hold the three of the state first
      const int xz = connected(x, "input_z_"), xr = connected(x, "input_r_");
      const int xh = connected(x, "input_h_");
      const int sz = connected(s, "state_z_"), sr = connected(s, "state_r_");
      const int z = g.activate(add(g, {xz, sz}), Activation::logistic);
      const int r = g.activate(add(g, {xr, sr}), Activation::logistic);
      const int sh = connected(multiply(g, r, s), "state_h_");
      const int h = g.activate(add(g, {xh, sh}), tanh_ ? Activation::tanh : Activation::logistic);
      // z s + (1 - z) h = h + z (s - h)
      states[0] = add(g, {h, multiply(g, z, add(g, {s, h}, {1, -1}))});
      return states[0];
    };
    return lower_recurrence(g, g.input(), recurrence);
  }

 private:
  int output_ = 1;
  bool batch_normalize_ = false, tanh_ = false;
};

}  // namespace

std::unique_ptr<Layer> make_gru() { return std::make_unique<Gru>(); }

}  // namespace dn
