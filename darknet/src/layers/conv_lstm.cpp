// [conv_lstm] (Shi et al., "Convolutional LSTM Network", 2015): [lstm] with convolutions.
#include "layers/blocks.h"
#include "layers/recurrence.h"
#include "layers/sections.h"
#include "ops/concat.h"
#include "ops/slice.h"

namespace dn {

namespace {

class ConvLstm final : public Layer {
 public:
  void read(Options& o) override {
    output_ = o.integer("output", 1, "output channels", 1);
    conv_.size_y = conv_.size_x = o.integer("size", 3, "width and height of the kernels", 1);
    conv_.stride_y = conv_.stride_x = o.integer("stride", 1, "step of the kernels", 1);
    conv_.dilation = o.integer("dilation", 1, "distance of the kernels' taps", 1);
    if (conv_.size_x == 1) conv_.dilation = 1;
    const bool pad = o.flag("pad", false, "pads by size/2, whatever padding says");
    padding_ = o.integer("padding", 0, "zeros around the input, each side", 0);
    if (pad) padding_ = conv_.size_x / 2;
    conv_.groups = o.integer("groups", 1, "groups of channels that do not see each other", 1);
    activation_ =
        o.choice("activation", Activation::linear, activation_names(), "activation of each gate");
    batch_normalize_ = o.integer("batch_normalize", 0, "batch normalisation") != 0;
    conv_.binary = o.flag("xnor", false, "binary weights");
    peephole_ = o.flag("peephole", false, "gates see the cell state");
    bottleneck_ = o.flag("bottleneck", false, "one convolution of state and input for all gates");
    if (bottleneck_ && peephole_) o.wrong("bottleneck", "bottleneck together with peephole");
    constrain_ =
        o.real("state_constrain", -1, "bound of the cell state; 32 a time step where missing");
    shortcut_ = o.flag("shortcut", false, "adds half of the bottleneck to the output");
    lstm_activation_ = o.choice("lstm_activation", Activation::tanh, activation_names(),
                                "activation of candidate and cell state");
    time_normalizer_ = o.real("time_normalizer", 1, "training: factor on what goes back in time");
  }

  int lower(Lowering& g) override {
    const Shape in = g.shape(g.input());
    const Shape state = {output_, conv_size(in.h, conv_.size_y, padding_, conv_.stride_y),
                         conv_size(in.w, conv_.size_x, padding_, conv_.stride_x)};
    Recurrence recurrence;
    recurrence.shapes = {state, state};  // h, c
    recurrence.step = [&](int x, States& states) {
      return bottleneck_ ? narrow_step(g, x, states) : step(g, x, states);
    };
    return lower_recurrence(g, g.input(), recurrence);
  }

 private:
  int gate(Lowering& g, int input, const char* prefix) {
    return lower_gate(g, *this, conv_, padding_, output_, batch_normalize_, activation_, input,
                      prefix);
  }

  int step(Lowering& g, int x, States& states) {
    const int h = back(g, states[0]), c = back(g, states[1]);
    // the file's order: v, w, u. vo sees the next cell state, but its arrays come third
    std::vector<std::vector<int>> sums(4);  // f, i, g, o
    if (peephole_) {
      sums[0] = {gate(g, c, "vf_")};
      sums[1] = {gate(g, c, "vi_")};
      reserve_arrays("vo_");
    }
    const char* const of_state[] = {"wf_", "wi_", "wg_", "wo_"};
    for (size_t k = 0; k < 4; ++k) sums[k].push_back(gate(g, h, of_state[k]));
    const char* const of_input[] = {"uf_", "ui_", "ug_", "uo_"};
    for (size_t k = 0; k < 4; ++k) sums[k].push_back(gate(g, x, of_input[k]));
    const int forget = g.activate(add(g, sums[0]), Activation::logistic);
    const int take = g.activate(add(g, sums[1]), Activation::logistic);
    const int candidate = g.activate(add(g, sums[2]), lstm_activation_);
    const int cell = add(g, {multiply(g, forget, c), multiply(g, take, candidate)});
    if (peephole_) sums[3].push_back(gate(g, cell, "vo_"));
    return finish(g, cell, g.activate(add(g, sums[3]), Activation::logistic), states);
  }

  // bottleneck=1: what the gates see is one convolution of state and input.
  int narrow_step(Lowering& g, int x, States& states) {
    const int h = back(g, states[0]), c = back(g, states[1]);
    const int both = g.add(std::make_unique<Concat>(), {h, x});
    const int narrow = g.activate(gate(g, both, "wf_"), lstm_activation_);
    const int forget = g.activate(gate(g, narrow, "uf_"), Activation::logistic);
    const int take = g.activate(gate(g, narrow, "ui_"), Activation::logistic);
    const int candidate = g.activate(gate(g, narrow, "ug_"), lstm_activation_);
    const int open = g.activate(gate(g, narrow, "uo_"), Activation::logistic);
    const int cell = add(g, {multiply(g, forget, c), multiply(g, take, candidate)});
    const int out = finish(g, cell, open, states);
    if (!shortcut_) return out;
    auto half = std::make_unique<Slice>();
    half->channels = (output_ + 1) / 2;
    return add(g, {out, g.add(std::move(half), {narrow})});
  }

  int finish(Lowering& g, int cell, int open, States& states) {
    states[0] = multiply(g, open, g.activate(cell, lstm_activation_));
    states[1] = cell;
    // compat: the cell state is bounded behind the output that it gave
    const float bound = constrain_ < 0 ? 32.f * float(g.time_steps()) : constrain_;
    if (bound > 0) {
      auto clamp = std::make_unique<Clamp>();
      clamp->bound = bound;
      states[1] = g.add(std::move(clamp), {cell});
    }
    return states[0];
  }

  // A state on its way from the step before.
  int back(Lowering& g, int state) const {
    if (!g.training() || time_normalizer_ == 1) return state;
    auto op = std::make_unique<ScaleDelta>();
    op->factor = time_normalizer_;
    return g.add(std::move(op), {state});
  }

  // Asks for a gate's arrays of the state now, so that they have their place in the file.
  void reserve_arrays(const std::string& prefix) {
    const int64_t each = output_ / conv_.groups;
    declare_conv(*this, conv_, output_, each, batch_normalize_, prefix);
  }

  Conv conv_;
  int output_ = 1, padding_ = 0;
  Activation activation_ = Activation::linear, lstm_activation_ = Activation::tanh;
  float constrain_ = -1, time_normalizer_ = 1;
  bool batch_normalize_ = false, peephole_ = false, bottleneck_ = false, shortcut_ = false;
};

}  // namespace

std::unique_ptr<Layer> make_conv_lstm() { return std::make_unique<ConvLstm>(); }

}  // namespace dn
