// [history]: the input and those of the steps before, along the channels, newest first.
#include "layers/recurrence.h"
#include "layers/sections.h"
#include "ops/concat.h"
#include "ops/slice.h"

namespace dn {

namespace {

class History final : public Layer {
 public:
  void read(Options& o) override {
    size_ = o.integer("history_size", 4, "steps, this one among them", 1);
  }

  int lower(Lowering& g) override {
    const Shape in = g.shape(g.input());
    if (size_ == 1) return g.input();
    Recurrence recurrence;
    recurrence.shapes = {{in.c * (size_ - 1), in.h, in.w}};
    // compat: with one time step AlexeyAB fills the first channels only
    recurrence.step = [&](int x, States& states) {
      const int all = g.add(std::make_unique<Concat>(), {x, states[0]});
      auto newest = std::make_unique<Slice>();
      newest->channels = in.c * (size_ - 1);
      states[0] = g.add(std::move(newest), {all});
      return all;
    };
    return lower_recurrence(g, g.input(), recurrence);
  }

 private:
  int size_ = 4;
};

}  // namespace

std::unique_ptr<Layer> make_history() { return std::make_unique<History>(); }

}  // namespace dn
