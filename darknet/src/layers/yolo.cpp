// [yolo]: the head of YOLOv3, v4 and v7.
#include "heads/anchors.h"
#include "heads/yolo_loss.h"
#include "layers/sections.h"
#include "ops/entries.h"

namespace dn {

namespace {

class YoloHead final : public Head {
 public:
  bool new_coords = false;

  void decode(const DecodeArgs& a, std::vector<Candidate>& out) const override {
    const int64_t plane = a.shape.plane();
    for (int64_t cell = 0; cell < plane; ++cell) {
      for (size_t n = 0; n < mask.size(); ++n) {
        const float* entry = a.output + int64_t(n) * (5 + classes) * plane + cell;
        const float objectness = entry[4 * plane];
        if (!(objectness > a.threshold)) continue;
        Candidate candidate;
        candidate.objectness = objectness;
        candidate.probabilities.resize(size_t(classes));
        bool any = false;
        for (int k = 0; k < classes; ++k) {
          const float p = objectness * entry[(5 + k) * plane];
          candidate.probabilities[size_t(k)] = p > a.threshold ? p : 0.f;
          any = any || p > a.threshold;
        }
        if (!any) continue;
        const float aw = anchors[size_t(mask[n]) * 2], ah = anchors[size_t(mask[n]) * 2 + 1];
        const float w = entry[2 * plane], h = entry[3 * plane];
        Box box;
        box.x = (float(cell % a.shape.w) + entry[0]) / float(a.shape.w);
        box.y = (float(cell / a.shape.w) + entry[plane]) / float(a.shape.h);
        box.w = (new_coords ? 4 * w * w : std::exp(w)) * aw / float(a.net_width);
        box.h = (new_coords ? 4 * h * h : std::exp(h)) * ah / float(a.net_height);
        candidate.box = to_image(box, a);
        out.push_back(std::move(candidate));
      }
    }
  }
};

class Yolo final : public Layer {
 public:
  void read(Options& o) override {
    head_.classes = o.integer("classes", 20, "number of classes", 1, 1000000);
    read_anchors(o, head_, true);
    loss_.keys = read_yolo_keys(o, head_.classes);
    scale_x_y_ = o.real("scale_x_y", 1, "stretches x and y around the middle of the cell");
    head_.new_coords = o.flag("new_coords", false, "no activation here, sizes are 4 w^2");
    loss_.keys.focal_loss = o.flag("focal_loss", false, "training: focal loss of the classes");
    head_.nms_kind = o.choice("nms_kind", DN_NMS_DEFAULT, nms_kinds(true), "overlap of NMS");
    head_.beta_nms = o.real("beta_nms", 0.6f, "exponent of diounms");
    loss_.show_details = o.flag("show_details", true, "training: more in the log");
    o.integer("track_history_size", 5, "tracking: frames remembered");
    o.real("sim_thresh", 0.8f, "tracking: similarity of one object");
    o.integer("dets_for_track", 1, "tracking: frames before a track starts");
    o.integer("dets_for_show", 1, "tracking: frames before a track is shown");
    o.real("track_ciou_norm", 0.01f, "tracking: weight of the position");
    o.integer("embedding_layer", 0, "tracking: the layer of embeddings");
    loss_.classes = head_.classes;
    loss_.new_coords = head_.new_coords;
    loss_.anchors = head_.anchors;
    loss_.mask = head_.mask;
  }

  int lower(Lowering& g) override {
    auto op = std::make_unique<Entries>();
    op->anchors = static_cast<int64_t>(head_.mask.size());
    op->scale_x_y = scale_x_y_;
    const bool raw = head_.new_coords;
    op->rules.assign(size_t(5 + head_.classes), raw ? EntryRule::raw : EntryRule::sigmoid);
    op->rules[0] = op->rules[1] = raw ? EntryRule::scaled : EntryRule::sigmoid_scaled;
    op->rules[2] = op->rules[3] = EntryRule::raw;
    return g.add(std::move(op), {g.input()});
  }

  const Head* head() const override { return &head_; }
  const Loss* loss() const override { return &loss_; }

 private:
  YoloLoss loss_;
  YoloHead head_;
  float scale_x_y_ = 1;
};

}  // namespace

std::unique_ptr<Layer> make_yolo() { return std::make_unique<Yolo>(); }

}  // namespace dn
