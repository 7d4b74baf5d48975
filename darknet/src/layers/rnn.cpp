// [rnn]: s' = act(input(x)) + act_self(self(s)), the output is act(output(s')).
#include "layers/blocks.h"
#include "layers/recurrence.h"
#include "layers/sections.h"

namespace dn {

namespace {

class Rnn final : public Layer {
 public:
  void read(Options& o) override {
    output_ = o.integer("output", 1, "outputs", 1);
    // compat: pjreddie's state is as wide as the output, AlexeyAB's 1 where hidden is missing
    hidden_ = o.integer("hidden", output_, "width of the state", 1);
    activation_ = o.choice("activation", Activation::logistic, activation_names(), "activation");
    batch_normalize_ = o.integer("batch_normalize", 0, "batch normalisation") != 0;
    shortcut_ = o.flag("shortcut", false, "adds the state to the next one");
    const int self = o.integer("logistic", 0, "activation of the state: 1 logistic, 2 loggy", 0, 2);
    self_activation_ = self == 1   ? Activation::logistic
                       : self == 2 ? Activation::loggy
                                   : activation_;
    fully_connected = true;
  }

  int lower(Lowering& g) override {
    Recurrence recurrence;
    recurrence.shapes = {{hidden_, 1, 1}};
    recurrence.carries = false;
    recurrence.step = [&](int x, States& states) {
      const int in = lower_connected(g, *this, hidden_, batch_normalize_, activation_, x, "input_");
      const int self = lower_connected(g, *this, hidden_, batch_normalize_, self_activation_,
                                       states[0], "self_");
      states[0] = shortcut_ ? add(g, {in, self, states[0]}) : add(g, {in, self});
      return lower_connected(g, *this, output_, batch_normalize_, activation_, states[0],
                             "output_");
    };
    return lower_recurrence(g, g.input(), recurrence);
  }

 private:
  int output_ = 1, hidden_ = 1;
  Activation activation_ = Activation::logistic, self_activation_ = Activation::logistic;
  bool batch_normalize_ = false, shortcut_ = false;
};

}  // namespace

std::unique_ptr<Layer> make_rnn() { return std::make_unique<Rnn>(); }

}  // namespace dn
