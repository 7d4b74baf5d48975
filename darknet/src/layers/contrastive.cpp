// [contrastive]: a training loss on embeddings; at inference the identity.
#include "layers/sections.h"

namespace dn {

namespace {

class Contrastive final : public Layer {
 public:
  void read(Options& o) override {
    o.integer("classes", 1000, "training: classes", 1);
    o.integer("yolo_layer", 0, "training: the [yolo] whose boxes are embedded");
    o.real("temperature", 1, "training: temperature of similarities");
    o.real("cls_normalizer", 1, "training: factor on the gradient");
    o.real("max_delta", 3.4e38f, "training: bound of the gradient");
    o.integer("contrastive_neg_max", 3, "training: negatives per positive");
    o.integer("steps", 0, "no effect");
  }

  int lower(Lowering& g) override { return g.input(); }
};

}  // namespace

std::unique_ptr<Layer> make_contrastive() { return std::make_unique<Contrastive>(); }

}  // namespace dn
