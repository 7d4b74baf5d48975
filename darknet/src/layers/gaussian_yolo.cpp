// [Gaussian_yolo]: a yolo head that also tells how sure it is of each coordinate.
#include "heads/anchors.h"
#include "heads/gaussian_loss.h"
#include "layers/sections.h"
#include "ops/entries.h"

namespace dn {

namespace {

class GaussianHead final : public Head {
 public:
  YoloPoint point = YoloPoint::center;

  void decode(const DecodeArgs& a, std::vector<Candidate>& out) const override {
    const int64_t plane = a.shape.plane();
    for (int64_t cell = 0; cell < plane; ++cell) {
      for (size_t n = 0; n < mask.size(); ++n) {
        // mean and deviation of x, y, w, h; objectness; classes
        const float* entry = a.output + int64_t(n) * (9 + classes) * plane + cell;
        const float objectness = entry[8 * plane];
        if (!(objectness > a.threshold)) continue;
        Candidate candidate;
        candidate.objectness = objectness;
        float deviation = 0;
        for (int i = 0; i < 4; ++i)
          deviation += candidate.uncertainty[i] = entry[(2 * i + 1) * plane];
        candidate.probabilities.resize(size_t(classes));
        bool any = false;
        for (int k = 0; k < classes; ++k) {
          const float p = objectness * entry[(9 + k) * plane] * (1.f - deviation / 4.f);
          candidate.probabilities[size_t(k)] = p > a.threshold ? p : 0.f;
          any = any || p > a.threshold;
        }
        if (!any) continue;
        Box box;
        box.x = (float(cell % a.shape.w) + entry[0]) / float(a.shape.w);
        box.y = (float(cell / a.shape.w) + entry[2 * plane]) / float(a.shape.h);
        box.w = std::exp(entry[4 * plane]) * anchors[size_t(mask[n]) * 2] / float(a.net_width);
        box.h = std::exp(entry[6 * plane]) * anchors[size_t(mask[n]) * 2 + 1] / float(a.net_height);
        const float side = point == YoloPoint::left_top       ? 0.5f
                           : point == YoloPoint::right_bottom ? -0.5f
                                                              : 0.f;
        box.x += side * box.w;
        box.y += side * box.h;
        candidate.box = to_image(box, a);
        out.push_back(std::move(candidate));
      }
    }
  }
};

class GaussianYolo final : public Layer {
 public:
  void read(Options& o) override {
    head_.classes = o.integer("classes", 20, "number of classes", 1, 1000000);
    read_anchors(o, head_, true);
    loss_.keys = read_yolo_keys(o, head_.classes);
    scale_x_y_ = o.real("scale_x_y", 1, "stretches x and y around the middle of the cell");
    head_.nms_kind = o.choice("nms_kind", DN_NMS_DEFAULT, nms_kinds(true), "overlap of NMS");
    head_.beta_nms = o.real("beta_nms", 0.6f, "exponent of diounms");
    head_.point = o.choice<YoloPoint>("yolo_point", YoloPoint::center,
                                      {{"center", YoloPoint::center},
                                       {"left_top", YoloPoint::left_top},
                                       {"right_bottom", YoloPoint::right_bottom}},
                                      "the point of the box that x and y tell");
    loss_.classes = head_.classes;
    loss_.point = head_.point;
    loss_.anchors = head_.anchors;
    loss_.mask = head_.mask;
  }

  int lower(Lowering& g) override {
    auto op = std::make_unique<Entries>();
    op->anchors = static_cast<int64_t>(head_.mask.size());
    op->scale_x_y = scale_x_y_;
    op->rules.assign(size_t(9 + head_.classes), EntryRule::sigmoid);
    op->rules[0] = op->rules[2] = EntryRule::sigmoid_scaled;
    op->rules[4] = op->rules[6] = EntryRule::raw;
    return g.add(std::move(op), {g.input()});
  }

  const Head* head() const override { return &head_; }
  const Loss* loss() const override { return &loss_; }

 private:
  GaussianLoss loss_;
  GaussianHead head_;
  float scale_x_y_ = 1;
};

}  // namespace

std::unique_ptr<Layer> make_gaussian_yolo() { return std::make_unique<GaussianYolo>(); }

}  // namespace dn
