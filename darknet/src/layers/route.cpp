// [route]: joins the channels of layers, or of one group of each.
#include "layers/sections.h"
#include "ops/concat.h"
#include "ops/slice.h"

namespace dn {

namespace {

class Route final : public Layer {
 public:
  void read(Options& o) override {
    o.require("layers");
    layers_ = o.integers("layers", "layers, negative: back from here");
    groups_ = o.integer("groups", 1, "equal parts of each layer's channels", 1);
    group_id_ = o.integer("group_id", 0, "the part taken", 0);
    if (group_id_ >= groups_)
      o.wrong("group_id", format("group_id=%d, expected below groups=%d", group_id_, groups_));
    o.integer("stream", -1, "no effect on the numbers");
    o.integer("wait_stream", -1, "no effect on the numbers");
  }

  int lower(Lowering& g) override {
    std::vector<int> parts;
    for (const int reference : layers_) {
      int value = g.output_of(reference);
      const int64_t c = g.shape(value).c;
      if (c % groups_)
        fail(DN_ERROR_CFG, "groups=%d does not divide the %lld channels of layer %d", groups_,
             static_cast<long long>(c), reference);
      if (groups_ > 1) {
        auto slice = std::make_unique<Slice>();
        slice->channels = c / groups_;
        slice->first = group_id_ * slice->channels;
        value = g.add(std::move(slice), {value});
      }
      parts.push_back(value);
    }
    if (parts.size() == 1) return parts[0];
    return g.add(std::make_unique<Concat>(), parts);
  }

 private:
  std::vector<int> layers_;
  int groups_ = 1, group_id_ = 0;
};

}  // namespace

std::unique_ptr<Layer> make_route() { return std::make_unique<Route>(); }

}  // namespace dn
