// [batchnorm]: batch normalisation on its own.
#include "ops/batchnorm.h"
#include "layers/sections.h"

namespace dn {

namespace {

class BatchnormLayer final : public Layer {
 public:
  void read(Options&) override {}

  int lower(Lowering& g) override {
    const int64_t c = g.shape(g.input()).c;
    auto op = std::make_unique<Batchnorm>();
    // compat: pjreddie's weights files hold no biases here, AlexeyAB's do
    op->biases = &param("biases", {c});
    op->norm.scales = &param("scales", {c}, {1, 0, -1});
    op->norm.mean = &param("rolling_mean", {c});
    op->norm.variance = &param("rolling_variance", {c});
    return g.add(std::move(op), {g.input()});
  }
};

}  // namespace

std::unique_ptr<Layer> make_batchnorm() { return std::make_unique<BatchnormLayer>(); }

}  // namespace dn
