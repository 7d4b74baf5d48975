// What recurrent layers need besides ordinary ops: time steps cut out of a batch and joined again,
// and state that lasts from one run to the next.
#pragma once

#include <memory>
#include <vector>

#include "graph/op.h"

namespace dn {

// The images of one time step: a batch holds all images of the first step, then of the second.
class TimeSlice final : public OpBase<TimeSlice> {
 public:
  int64_t step = 0;

  const char* kind() const override { return "time_slice"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  void forward(const Context& context, const Args& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
  void describe(Json& json) const override { json.field("step", step); }
};

// Time steps, its inputs, behind each other.
class TimeJoin final : public OpBase<TimeJoin> {
 public:
  const char* kind() const override { return "time_join"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  void forward(const Context& context, const Args& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
};

// State of all images of a batch; empty: zeros.
using StateCell = std::shared_ptr<std::vector<float>>;

// What the state was behind the last run. No delta goes back into that.
class Recall final : public OpBase<Recall> {
 public:
  StateCell cell;
  Shape state;

  const char* kind() const override { return "recall"; }
  Shape shape(const std::vector<Shape>&) const override { return state; }
  void forward(const Context& context, const Args& args) const override;
  void backward(const Context&, const BackwardArgs&) const override {}
  void reset_state(int64_t image) const override;
  std::vector<float>* lasting_state() const override { return cell.get(); }
};

// Hands its input on and makes it the state.
class Remember final : public OpBase<Remember> {
 public:
  StateCell cell;

  const char* kind() const override { return "remember"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  void forward(const Context& context, const Args& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
  bool has_effect() const override { return true; }
};

// The identity, whose delta goes back times a factor (time_normalizer of [conv_lstm]).
class ScaleDelta final : public OpBase<ScaleDelta> {
 public:
  float factor = 1;

  const char* kind() const override { return "scale_delta"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  void forward(const Context& context, const Args& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
};

// Numbers within bounds; those that are not finite become 0 (state_constrain of [conv_lstm]).
class Clamp final : public OpBase<Clamp> {
 public:
  float bound = 1;

  const char* kind() const override { return "clamp"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  void forward(const Context& context, const Args& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
  bool backward_reads_inputs() const override { return true; }
  void describe(Json& json) const override { json.field("bound", double(bound)); }
};

}  // namespace dn
