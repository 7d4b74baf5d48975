// [contrastive]: a training loss on embeddings; at inference the identity.
#include "heads/contrastive_loss.h"
#include "layers/sections.h"

namespace dn {

namespace {

class Contrastive final : public Layer {
 public:
  void read(Options& o) override {
    loss_.classes = o.integer("classes", 1000, "training: classes", 1);
    yolo_layer_ = o.integer("yolo_layer", 0, "training: the [yolo] whose boxes are embedded");
    loss_.temperature = o.real("temperature", 1, "training: temperature of similarities");
    loss_.cls_normalizer = o.real("cls_normalizer", 1, "training: factor on the gradient");
    loss_.max_delta = o.real("max_delta", 3.4e38f, "training: bound of the gradient");
    loss_.contrastive_neg_max = o.integer(
        "contrastive_neg_max", 3, "training with yolo_layer: bound of pairs that are unlike", 0);
    o.integer("steps", 0, "no effect");
  }

  int lower(Lowering& g) override {
    if (yolo_layer_ != 0 && g.training()) find_yolo(g);
    return g.input();
  }
  const Loss* loss() const override { return &loss_; }

 private:
  void find_yolo(Lowering& g) {
    const Layer& layer = g.layer(g.resolve(yolo_layer_));
    loss_.yolo = dynamic_cast<const YoloLoss*>(layer.loss());
    if (!loss_.yolo)
      fail(DN_ERROR_CFG, "yolo_layer=%d names [%s], expected a [yolo]", yolo_layer_,
           layer.type.c_str());
    const Shape &own = g.shape(g.input()), &boxes = g.shape(g.output_of(yolo_layer_));
    const size_t anchors = loss_.yolo->mask.size();
    if (own.w != boxes.w || own.h != boxes.h || own.c % int64_t(anchors))
      fail(DN_ERROR_CFG,
           "the embeddings are %s, expected a multiple of %zu channels and %lldx%lld places as "
           "of yolo_layer=%d",
           own.text().c_str(), anchors, static_cast<long long>(boxes.w),
           static_cast<long long>(boxes.h), yolo_layer_);
  }

  int yolo_layer_ = 0;
  ContrastiveLoss loss_;
};

}  // namespace

std::unique_ptr<Layer> make_contrastive() { return std::make_unique<Contrastive>(); }

}  // namespace dn
