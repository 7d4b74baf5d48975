// Zeroes numbers at random and enlarges the others, in training only ([dropout]; Srivastava et al.,
// "Dropout", 2014), or at most one block of each channel (Ghiasi et al., "DropBlock", 2018).
#pragma once

#include "graph/op.h"

namespace dn {

class Dropout final : public OpBase<Dropout> {
 public:
  float probability = 0.2f;
  bool dropblock = false;
  float block_rel = 0;    // side of a block as a share of the map; 0: block_abs
  int64_t block_abs = 7;  // in cells

  const char* kind() const override { return "dropout"; }
  Shape shape(const std::vector<Shape>& in) const override { return in[0]; }
  void forward(const Context& context, const Args& args) const override;  // the identity
  void train_forward(const Context& context, const TrainArgs& args) const override;
  void backward(const Context& context, const BackwardArgs& args) const override;
  TrainingMemory training_memory(const std::vector<Shape>&, const Shape& out,
                                 int64_t batch) const override {
    return {dropblock ? batch * (2 * out.c + 1) : 0, 0};  // corners of blocks; scale of images
  }
};

}  // namespace dn
