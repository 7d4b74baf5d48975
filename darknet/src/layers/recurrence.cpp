#include "layers/recurrence.h"

#include "ops/multiply.h"
#include "ops/sum.h"

namespace dn {

int lower_recurrence(Lowering& g, int input, const Recurrence& recurrence) {
  const int steps = g.time_steps();
  const bool lasting = recurrence.carries || !g.training();
  std::vector<StateCell> cells;
  States states;
  for (const Shape& shape : recurrence.shapes) {
    cells.push_back(std::make_shared<std::vector<float>>());
    auto recall = std::make_unique<Recall>();
    recall->cell = cells.back();
    recall->state = shape;
    states.push_back(g.add(std::move(recall), {}, steps));
  }
  std::vector<int> outputs;
  for (int t = 0; t < steps; ++t) {
    int now = input;
    if (steps > 1) {
      auto slice = std::make_unique<TimeSlice>();
      slice->step = t;
      now = g.add(std::move(slice), {input}, steps);
    }
    outputs.push_back(recurrence.step(now, states));
  }
  for (size_t s = 0; s < states.size() && lasting; ++s) {
    auto remember = std::make_unique<Remember>();
    remember->cell = cells[s];
    g.add(std::move(remember), {states[s]}, steps);
  }
  return steps == 1 ? outputs[0] : g.add(std::make_unique<TimeJoin>(), outputs, 1);
}

int add(Lowering& g, std::vector<int> inputs, std::vector<float> factors) {
  auto op = std::make_unique<Sum>();
  op->factors = factors.empty() ? std::vector<float>(inputs.size(), 1.f) : std::move(factors);
  return g.add(std::move(op), std::move(inputs));
}

int multiply(Lowering& g, int a, int b) { return g.add(std::make_unique<Multiply>(), {a, b}); }

}  // namespace dn
