// [softmax]: over groups, a class tree, or the channels of each pixel.
#include "ops/softmax.h"
#include "heads/element_loss.h"
#include "heads/tree.h"
#include "layers/sections.h"

namespace dn {

namespace {

class SoftmaxLayer final : public Layer {
 public:
  void read(Options& o) override {
    groups_ = o.integer("groups", 1, "equal parts of the input", 1);
    temperature_ = o.real("temperature", 1, "inputs are divided by it");
    if (temperature_ <= 0) o.wrong("temperature", "temperature must be above 0");
    const std::string tree = o.text("tree", "", "file of a class hierarchy");
    if (!tree.empty()) tree_ = std::make_unique<Tree>(read_tree(tree, o.place("tree")));
    spatial_ = o.real("spatial", 0, "over the channels of each pixel") != 0;
    has_loss_ = !o.flag("noloss", false, "training: no error");
    loss_.kind = ElementLoss::Kind::softmax;
  }

  int lower(Lowering& g) override {
    auto op = std::make_unique<Softmax>();
    op->groups = groups_;
    op->temperature = temperature_;
    op->spatial = spatial_;
    op->hands_on_delta = has_loss_;
    if (tree_) op->group_sizes = tree_->group_size;
    return g.add(std::move(op), {g.input()});
  }

  const Loss* loss() const override { return has_loss_ ? &loss_ : nullptr; }

 private:
  ElementLoss loss_;
  bool has_loss_ = true;
  int groups_ = 1;
  float temperature_ = 1;
  bool spatial_ = false;
  std::unique_ptr<Tree> tree_;
};

}  // namespace

std::unique_ptr<Layer> make_softmax() { return std::make_unique<SoftmaxLayer>(); }

}  // namespace dn
