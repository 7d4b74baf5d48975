// [region]: the head of YOLOv2 and YOLO9000.
#include "heads/anchors.h"
#include "heads/region_loss.h"
#include "heads/tree.h"
#include "layers/sections.h"
#include "ops/entries.h"
#include "ops/reorg.h"

namespace dn {

namespace {

class RegionHead final : public Head {
 public:
  std::unique_ptr<Tree> tree;
  std::vector<int> map;
  int coords = 4;
  int classfix = 0;

  // The output lies cell by cell, as AlexeyAB's: shape is (h, w, entries).
  void decode(const DecodeArgs& a, std::vector<Candidate>& out) const override {
    const int64_t h = a.shape.c, w = a.shape.h, entries = coords + 1 + classes;
    for (int64_t cell = 0; cell < h * w; ++cell) {
      for (size_t n = 0; n < mask.size(); ++n) {
        const float* entry = a.output + (cell * int64_t(mask.size()) + int64_t(n)) * entries;
        float objectness = entry[coords];
        if (classfix == -1 && objectness < 0.5f) objectness = 0;
        Candidate candidate;
        if (!classify(entry + coords + 1, objectness, a.threshold, candidate.probabilities))
          continue;
        candidate.objectness = 1;  // compat: AlexeyAB gives every region box an objectness of 1
        Box box;
        box.x = (float(cell % w) + logistic(entry[0])) / float(w);
        box.y = (float(cell / w) + logistic(entry[1])) / float(h);
        box.w = std::exp(entry[2]) * anchors[n * 2] / float(w);
        box.h = std::exp(entry[3]) * anchors[n * 2 + 1] / float(h);
        candidate.box = to_image(box, a);
        out.push_back(std::move(candidate));
      }
    }
  }

 private:
  // Fills the probabilities above the threshold; false where there is none.
  bool classify(const float* outputs, float objectness, float threshold,
                std::vector<float>& probabilities) const {
    std::vector<float> p(outputs, outputs + classes);
    bool any = false;
    if (!tree) {
      for (float& value : p) {
        value *= objectness;
        if (!(value > threshold)) value = 0;
        any = any || value != 0;
      }
      probabilities = std::move(p);
      return any;
    }
    absolute_probabilities(*tree, p.data());
    if (!map.empty()) {
      probabilities.assign(map.size(), 0.f);
      for (size_t j = 0; j < map.size(); ++j) {
        if (map[j] < 0 || map[j] >= classes) continue;
        const float value = objectness * p[size_t(map[j])];
        if (value > threshold) probabilities[j] = value;
        any = any || value > threshold;
      }
      return any;
    }
    // the last, that is the most special, class above 1/2 is the answer
    probabilities.assign(size_t(classes), 0.f);
    for (int j = classes - 1; j >= 0; --j) {
      if (!(p[size_t(j)] > 0.5f)) continue;
      if (objectness > threshold) probabilities[size_t(j)] = p[size_t(j)];
      return objectness > threshold;
    }
    return false;
  }
};

class Region final : public Layer {
 public:
  void read(Options& o) override {
    head_.coords = o.integer("coords", 4, "numbers of a box", 4);
    head_.classes = o.integer("classes", 20, "number of classes", 1, 1000000);
    read_anchors(o, head_, false);
    loss_.max = o.integer("max", 200, "training: truth boxes per image");
    o.flag("log", false, "no effect");
    o.flag("sqrt", false, "no effect");
    softmax_ = o.flag("softmax", false, "softmax over the classes");
    loss_.focal_loss = o.flag("focal_loss", false, "training: focal loss of the classes");
    o.flag("background", false, "pjreddie: a class for no object");
    o.real("jitter", 0.2f, "training: random crop");
    o.real("resize", 1, "training: random zoom");
    loss_.rescore = o.flag("rescore", false, "training: the IoU as objectness target");
    loss_.thresh = o.real("thresh", 0.5f, "training: IoU above which an anchor is no negative");
    head_.classfix = o.integer("classfix", 0, "-1: objectness below 1/2 counts as 0");
    o.flag("absolute", false, "no effect");
    o.real("random", 0, "training: multi-scale");
    loss_.coord_scale = o.real("coord_scale", 1, "training: weight of the boxes");
    loss_.object_scale = o.real("object_scale", 1, "training: weight of the objectness of objects");
    loss_.noobject_scale =
        o.real("noobject_scale", 1, "training: weight of the objectness of the rest");
    o.real("mask_scale", 1, "training: weight of masks");
    loss_.class_scale = o.real("class_scale", 1, "training: weight of the classes");
    loss_.bias_match =
        o.flag("bias_match", false, "training: anchors are matched, not predictions");
    const std::string tree = o.text("tree", "", "file of a class hierarchy");
    if (!tree.empty()) {
      head_.tree = std::make_unique<Tree>(read_tree(tree, o.place("tree")));
      if (int(head_.tree->name.size()) != head_.classes)
        o.wrong("tree", format("%s has %zu nodes, expected classes=%d", tree.c_str(),
                               head_.tree->name.size(), head_.classes));
    }
    const std::string map = o.text("map", "", "file of class numbers");
    if (!map.empty()) head_.map = read_map(map, o.file());
    if (head_.tree) loss_.set_tree(*head_.tree);
    loss_.map = head_.map;
    loss_.classes = head_.classes;
    loss_.coords = head_.coords;
    loss_.classfix = head_.classfix;
    loss_.anchors = head_.anchors;
  }

  int lower(Lowering& g) override {
    auto op = std::make_unique<Entries>();
    op->anchors = static_cast<int64_t>(head_.mask.size());
    op->rules.assign(size_t(head_.coords + 1 + head_.classes), EntryRule::raw);
    op->rules[size_t(head_.coords)] = EntryRule::sigmoid;
    op->softmax_first = head_.coords + 1;
    if (head_.tree)
      op->softmax_sizes = head_.tree->group_size;
    else if (softmax_)
      op->softmax_sizes = {head_.classes};
    const int planes = g.add(std::move(op), {g.input()});
    auto flatten = std::make_unique<Reorg>();  // compat: AlexeyAB's output lies cell by cell
    flatten->reorg = Reorg::Kind::channels_last;
    return g.add(std::move(flatten), {planes});
  }

  const Head* head() const override { return &head_; }
  const Loss* loss() const override { return &loss_; }

 private:
  RegionLoss loss_;
  RegionHead head_;
  bool softmax_ = false;
};

}  // namespace

std::unique_ptr<Layer> make_region() { return std::make_unique<Region>(); }

}  // namespace dn
