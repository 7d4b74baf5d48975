// How a recurrent layer is lowered: its step is written once, with ordinary ops, and repeated for
// every time step of a batch. A network that only runs has one step a run.
#pragma once

#include <functional>
#include <vector>

#include "layers/layer.h"
#include "ops/recurrent.h"

namespace dn {

// States of one time step, in the order a layer likes.
using States = std::vector<int>;

struct Recurrence {
  std::vector<Shape> shapes;  // of the states
  // In training: whether the states go on from the mini-batch before, or start at 0.
  bool carries = true;
  // Adds one step's ops: input and states in, states replaced by the next. Returns the output.
  std::function<int(int input, States& states)> step;
};

// Returns the layer's output value, all steps of it.
int lower_recurrence(Lowering& g, int input, const Recurrence& recurrence);

// Element by element.
int add(Lowering& g, std::vector<int> inputs, std::vector<float> factors = {});
int multiply(Lowering& g, int a, int b);

}  // namespace dn
