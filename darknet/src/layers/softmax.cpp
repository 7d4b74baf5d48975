// [softmax]: over groups, a class tree, or the channels of each pixel.
#include "ops/softmax.h"
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
    o.flag("noloss", false, "training: no error");
  }

  int lower(Lowering& g) override {
    auto op = std::make_unique<Softmax>();
    op->groups = groups_;
    op->temperature = temperature_;
    op->spatial = spatial_;
    if (tree_) op->group_sizes = tree_->group_size;
    return g.add(std::move(op), {g.input()});
  }

 private:
  int groups_ = 1;
  float temperature_ = 1;
  bool spatial_ = false;
  std::unique_ptr<Tree> tree_;
};

}  // namespace

std::unique_ptr<Layer> make_softmax() { return std::make_unique<SoftmaxLayer>(); }

}  // namespace dn
