// [iseg] (pjreddie): planes of classes, and an embedding that tells instances apart.
#include "heads/iseg_loss.h"
#include "layers/sections.h"
#include "ops/entries.h"

namespace dn {

namespace {

class Iseg final : public Layer {
 public:
  void read(Options& o) override {
    classes_ = o.integer("classes", 20, "number of classes", 1, 1000000);
    ids_ = o.integer("ids", 32, "numbers of the embedding", 0, 1000000);
    loss_.classes = classes_;
    loss_.ids = ids_;
  }

  int lower(Lowering& g) override {
    auto op = std::make_unique<Entries>();
    op->rules.assign(size_t(classes_ + ids_), EntryRule::raw);
    for (int k = 0; k < classes_; ++k) op->rules[size_t(k)] = EntryRule::sigmoid;
    return g.add(std::move(op), {g.input()});
  }

  const Loss* loss() const override { return &loss_; }

 private:
  IsegLoss loss_;
  int classes_ = 20, ids_ = 32;
};

}  // namespace

std::unique_ptr<Layer> make_iseg() { return std::make_unique<Iseg>(); }

}  // namespace dn
