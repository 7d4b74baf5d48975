// [lstm] (Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997, with a forget gate).
#include "layers/blocks.h"
#include "layers/recurrence.h"
#include "layers/sections.h"

namespace dn {

namespace {

class Lstm final : public Layer {
 public:
  void read(Options& o) override {
    output_ = o.integer("output", 1, "outputs, and width of the state", 1);
    batch_normalize_ = o.integer("batch_normalize", 0, "batch normalisation") != 0;
    fully_connected = true;
  }

  int lower(Lowering& g) override {
    Recurrence recurrence;
    recurrence.shapes = {{output_, 1, 1}, {output_, 1, 1}};  // h, c
    recurrence.step = [&](int x, States& states) {
      // the file's order: f, i, g, o of the state, then of the input; pjreddie's has i, f, o, g
      std::vector<int> gates;
      for (const char* prefix : {"wf_", "wi_", "wg_", "wo_"})
        gates.push_back(connected(g, states[0], prefix));
      const char* const inputs[] = {"uf_", "ui_", "ug_", "uo_"};
      for (size_t k = 0; k < 4; ++k) {
        const int sum = add(g, {gates[k], connected(g, x, inputs[k])});
        gates[k] = g.activate(sum, k == 2 ? Activation::tanh : Activation::logistic);
      }
      states[1] = add(g, {multiply(g, gates[0], states[1]), multiply(g, gates[1], gates[2])});
      states[0] = multiply(g, gates[3], g.activate(states[1], Activation::tanh));
      return states[0];
    };
    return lower_recurrence(g, g.input(), recurrence);
  }

 private:
  int connected(Lowering& g, int input, const char* prefix) {
    return lower_connected(g, *this, output_, batch_normalize_, Activation::linear, input, prefix);
  }

  int output_ = 1;
  bool batch_normalize_ = false;
};

}  // namespace

std::unique_ptr<Layer> make_lstm() { return std::make_unique<Lstm>(); }

}  // namespace dn
