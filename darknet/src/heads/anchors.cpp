#include "heads/anchors.h"

namespace dn {

void read_anchors(Options& o, Head& head, bool with_mask) {
  const int num = o.integer("num", 1, "number of anchors", 1, 100000);
  const std::vector<float> given = o.reals("anchors", "widths and heights of the anchors");
  if (given.size() % 2)
    o.wrong("anchors", format("anchors has %zu numbers, expected pairs", given.size()));
  head.anchors.assign(size_t(num) * 2, 0.5f);
  for (size_t i = 0; i < head.anchors.size() && i < given.size(); ++i) head.anchors[i] = given[i];
  if (with_mask) head.mask = o.integers("mask", "the anchors of this head");
  if (head.mask.empty())
    for (int i = 0; i < num; ++i) head.mask.push_back(i);
  for (const int anchor : head.mask)
    if (anchor < 0 || anchor >= num)
      o.wrong("mask", format("mask names anchor %d, expected 0 to num - 1 = %d", anchor, num - 1));
}

}  // namespace dn
