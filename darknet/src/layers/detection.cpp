// [detection]: the head of YOLOv1, a flat vector of classes, confidences and boxes.
#include "heads/detection_loss.h"
#include "heads/head.h"
#include "layers/sections.h"
#include "ops/softmax.h"

namespace dn {

namespace {

class DetectionHead final : public Head {
 public:
  int side = 7, num = 1;
  bool sqrt = false;

  void decode(const DecodeArgs& a, std::vector<Candidate>& out) const override {
    const int cells = side * side;
    const float* confidences = a.output + cells * classes;
    const float* boxes = confidences + cells * num;
    for (int cell = 0; cell < cells; ++cell) {
      for (int n = 0; n < num; ++n) {
        const float confidence = confidences[cell * num + n];
        const float* b = boxes + (cell * num + n) * 4;
        Candidate candidate;
        candidate.objectness = confidence;
        candidate.probabilities.resize(size_t(classes));
        bool any = false;
        for (int k = 0; k < classes; ++k) {
          const float p = confidence * a.output[cell * classes + k];
          candidate.probabilities[size_t(k)] = p > a.threshold ? p : 0.f;
          any = any || p > a.threshold;
        }
        if (!any) continue;
        // compat: Darknet gives these boxes in pixels even where relative ones are asked for, and
        // does not undo a letterbox; they are treated like all others here
        Box box{(float(cell % side) + b[0]) / float(side),
                (float(cell / side) + b[1]) / float(side), sqrt ? b[2] * b[2] : b[2],
                sqrt ? b[3] * b[3] : b[3]};
        candidate.box = to_image(box, a);
        out.push_back(std::move(candidate));
      }
    }
  }
};

class DetectionLayer final : public Layer {
 public:
  void read(Options& o) override {
    coords_ = o.integer("coords", 1, "numbers of a box", 1);
    head_.classes = o.integer("classes", 1, "number of classes", 1, 1000000);
    loss_.rescore = o.flag("rescore", false, "training: the IoU as confidence target");
    head_.num = o.integer("num", 1, "boxes of a cell", 1, 100000);
    head_.side = o.integer("side", 7, "cells of a row", 1, 10000);
    softmax_ = o.flag("softmax", false, "softmax over the classes");
    head_.sqrt = o.flag("sqrt", false, "sizes are square roots");
    o.integer("max", 200, "training: truth boxes per image");
    loss_.coord_scale = o.real("coord_scale", 1, "training: weight of the boxes");
    loss_.forced = o.flag("forced", false, "training: fixes the responsible box");
    loss_.object_scale = o.real("object_scale", 1, "training: weight of the confidence of objects");
    loss_.noobject_scale =
        o.real("noobject_scale", 1, "training: weight of the confidence of the rest");
    loss_.class_scale = o.real("class_scale", 1, "training: weight of the classes");
    o.real("jitter", 0.2f, "training: random crop");
    o.real("resize", 1, "training: random zoom");
    loss_.random = o.real("random", 0, "training: a random responsible box at first") != 0;
    o.flag("reorg", false, "no effect");
    loss_.side = head_.side;
    loss_.num = head_.num;
    loss_.classes = head_.classes;
    loss_.coords = coords_;
    loss_.sqrt = head_.sqrt;
  }

  int lower(Lowering& g) override {
    const int64_t cells = int64_t(head_.side) * head_.side;
    const int64_t expected = cells * ((1 + coords_) * int64_t(head_.num) + head_.classes);
    const int64_t found = g.shape(g.input()).size();
    if (found != expected)
      fail(DN_ERROR_CFG,
           "the layer before has %lld outputs, expected side^2 * ((1 + coords) * num + classes) = "
           "%lld",
           static_cast<long long>(found), static_cast<long long>(expected));
    if (!softmax_) return g.input();
    auto op = std::make_unique<Softmax>();  // the classes of each cell, nothing else
    op->group_sizes.assign(size_t(cells), head_.classes);
    op->rest = found - cells * head_.classes;
    op->hands_on_delta = true;
    return g.add(std::move(op), {g.input()});
  }

  const Head* head() const override { return &head_; }
  const Loss* loss() const override { return &loss_; }

 private:
  DetectionLoss loss_;
  DetectionHead head_;
  int coords_ = 1;
  bool softmax_ = false;
};

}  // namespace

std::unique_ptr<Layer> make_detection() { return std::make_unique<DetectionLayer>(); }

}  // namespace dn
