// A trained constant, the same for every image ([implicit] of YOLOR).
#pragma once

#include "graph/op.h"
#include "graph/param.h"

namespace dn {

class Implicit final : public OpBase<Implicit> {
 public:
  int64_t filters = 128, atoms = 1;
  const Param* weights = nullptr;

  const char* kind() const override { return "implicit"; }
  Shape shape(const std::vector<Shape>&) const override { return {filters, atoms, 1}; }
  void forward(const Context& context, const Args& args) const override;
  std::vector<const Param*> params() const override { return {weights}; }
  void backward(const Context& context, const BackwardArgs& args) const override;
  std::vector<Constant> constants() const override {
    return {{"weights", weights->dims(), weights->values()}};
  }
  const void* identity() const override { return weights; }
};

}  // namespace dn
