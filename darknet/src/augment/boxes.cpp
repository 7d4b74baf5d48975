#include "augment/boxes.h"

#include <algorithm>
#include <utility>

#include "augment/view.h"

namespace dn {

namespace {

float limited(float value) { return std::min(std::max(value, 0.f), 1.f); }

bool outside_of_image(const dn_box& b) {
  return (b.x == 0 && b.y == 0) || b.x + b.w / 2 < 0 || b.y + b.h / 2 < 0 || b.x - b.w / 2 > 1 ||
         b.y - b.h / 2 > 1;
}

dn_box seen(const dn_box& b, const dn_view& view, const Size& source) {
  const Size size = shown(view, source);
  const float sx = float(source.width) / float(size.width),
              dx = float(view.left) / float(size.width);
  const float sy = float(source.height) / float(size.height);
  const float dy = float(view.top) / float(size.height);
  float left = (b.x - b.w / 2) * sx - dx, right = (b.x + b.w / 2) * sx - dx;
  if (view.flip) {
    std::swap(left, right);
    left = 1 - left;
    right = 1 - right;
  }
  left = limited(left);
  right = limited(right);
  const float top = limited((b.y - b.h / 2) * sy - dy), bottom = limited((b.y + b.h / 2) * sy - dy);
  dn_box out = b;
  out.x = (left + right) / 2;
  out.y = (top + bottom) / 2;
  out.w = right - left;
  out.h = bottom - top;
  return out;
}

bool counts(const dn_box& b, const Size& net) {
  return b.w >= 1.f / float(net.width) && b.h >= 1.f / float(net.height) && b.x > 0 && b.x <= 1 &&
         b.y > 0 && b.y <= 1;
}

}  // namespace

std::vector<dn_box> boxes_in_view(const dn_source& source, const dn_view& view, const Size& net,
                                  int classes, int max_boxes, Draws& draws) {
  std::vector<dn_box> boxes(source.boxes, source.boxes + source.box_count);
  for (int i = int(boxes.size()) - 1; i > 0; --i)
    std::swap(boxes[size_t(i)], boxes[size_t(draws.integer(0, i))]);
  if (int(boxes.size()) > max_boxes) boxes.resize(size_t(max_boxes));
  std::vector<dn_box> out;
  for (const dn_box& box : boxes) {
    if (box.class_id < 0 || box.class_id >= classes || outside_of_image(box)) continue;
    const dn_box there = seen(box, view, {source.image.width, source.image.height});
    if (counts(there, net)) out.push_back(there);
  }
  return out;
}

int shortest_side(const std::vector<dn_box>& boxes, const Size& net) {
  int shortest = 0;
  for (const dn_box& box : boxes) {
    const int side = int(std::min(box.w * float(net.width), box.h * float(net.height)));
    if (&box == boxes.data() || side < shortest) shortest = side;
  }
  return shortest;
}

void write_truth(const std::vector<dn_box>& boxes, int max_boxes, float* truth) {
  std::fill_n(truth, size_t(max_boxes) * DN_TRUTH_SIZE, 0.f);
  const size_t count = std::min(boxes.size(), size_t(max_boxes));
  for (size_t i = 0; i < count; ++i, truth += DN_TRUTH_SIZE) {
    const dn_box& box = boxes[i];
    const float record[DN_TRUTH_SIZE] = {
        box.x, box.y, box.w, box.h, float(box.class_id), float(box.track_id)};
    std::copy_n(record, DN_TRUTH_SIZE, truth);
  }
}

}  // namespace dn
