// [contrastive]: a training loss on embeddings; at inference the identity.
#include "heads/contrastive_loss.h"
#include "layers/sections.h"

namespace dn {

namespace {

class Contrastive final : public Layer {
 public:
  void read(Options& o) override {
    loss_.classes = o.integer("classes", 1000, "training: classes", 1);
    loss_.of_yolo =
        o.integer("yolo_layer", 0, "training: the [yolo] whose boxes are embedded") != 0;
    loss_.temperature = o.real("temperature", 1, "training: temperature of similarities");
    loss_.cls_normalizer = o.real("cls_normalizer", 1, "training: factor on the gradient");
    loss_.max_delta = o.real("max_delta", 3.4e38f, "training: bound of the gradient");
    o.integer("contrastive_neg_max", 3, "training: negatives per positive");
    o.integer("steps", 0, "no effect");
  }

  int lower(Lowering& g) override { return g.input(); }
  const Loss* loss() const override { return &loss_; }

 private:
  ContrastiveLoss loss_;
};

}  // namespace

std::unique_ptr<Layer> make_contrastive() { return std::make_unique<Contrastive>(); }

}  // namespace dn
