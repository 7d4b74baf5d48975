// Locally connected: a convolution whose every output position has its own filters.
#pragma once

#include "graph/op.h"
#include "graph/param.h"

namespace dn {

class Local final : public OpBase<Local> {
 public:
  int64_t filters = 1, size = 1, stride = 1, pad = 0, out_h = 0, out_w = 0;
  const Param* weights = nullptr;  // out_h * out_w x filters x c x size x size
  const Param* biases = nullptr;   // filters x out_h x out_w

  const char* kind() const override { return "local"; }
  Shape shape(const std::vector<Shape>&) const override { return {filters, out_h, out_w}; }
  void forward(const Context& context, const Args& args) const override;
  std::vector<const Param*> params() const override { return {weights, biases}; }
  void backward(const Context& context, const BackwardArgs& args) const override;
  bool backward_reads_inputs() const override { return true; }
  std::vector<Constant> constants() const override;
  double operations(const std::vector<Shape>& in, const Shape& out) const override {
    return 2. * double(size * size * in[0].c) * double(out.size());
  }
  void describe(Json& json) const override;
  const void* identity() const override { return weights; }
};

}  // namespace dn
