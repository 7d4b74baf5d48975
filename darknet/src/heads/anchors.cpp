#include "heads/anchors.h"

#include <algorithm>

namespace dn {

void read_anchors(Options& o, Head& head, bool with_mask) {
  const int num = o.integer("num", 1, "number of anchors", 1, 100000);
  const std::vector<float> given = o.reals("anchors", "widths and heights of the anchors");
  if (given.size() % 2)
    o.wrong("anchors", format("anchors has %zu numbers, expected pairs", given.size()));
  if (with_mask) head.mask = o.integers("mask", "the anchors of this head");
  if (head.mask.empty())
    for (int i = 0; i < num; ++i) head.mask.push_back(i);
  // compat: cspx-p7-mish.cfg says num=16 and names anchor 19 of the 20 it lists, for which Darknet
  // reads behind its array; an anchor that is listed is there.
  const int count = std::max(num, static_cast<int>(given.size() / 2));
  int last = num - 1;
  for (const int anchor : head.mask) {
    if (anchor < 0 || anchor >= count)
      o.wrong("mask", format("mask names anchor %d, expected 0 to %d", anchor, count - 1));
    last = std::max(last, anchor);
  }
  head.anchors.assign((size_t(last) + 1) * 2, 0.5f);
  for (size_t i = 0; i < head.anchors.size() && i < given.size(); ++i) head.anchors[i] = given[i];
}

}  // namespace dn
