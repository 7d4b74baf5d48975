// Assisted excitation (Derakhshani et al., "Assisted Excitation of Activations", 2019): while a
// network is trained, what lies inside the truth's boxes is raised by the mean over the channels.
#pragma once

#include "graph/op.h"

namespace dn {

class Excitation final : public OpBase<Excitation> {
 public:
  // 1: weaker until the last iteration; above: until this one.
  float until = 1;

  const char* kind() const override { return "excitation"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  void forward(const Context& context, const Args& args) const override;
  void train_forward(const Context& context, const TrainArgs& args) const override;
  // compat: as in Darknet the delta passes unchanged
  void backward(const Context& context, const BackwardArgs& args) const override;

 private:
  float strength(const TrainingMoment& moment) const;
};

}  // namespace dn
