#include "augment/mosaic.h"

#include <algorithm>
#include <utility>

namespace dn {

namespace {

// How much is left out at the side that meets the cut: what the view adds there, in pixels of the
// network, but not more than there is.
int shift(int margin, int net, int source, int room) {
  const int added = int(int64_t(-margin) * net / source);
  return std::min(room, std::max(0, added));
}

// Cuts an extent (centre and length, relative to net) at pixels low and high.
void cut(float& centre, float& length, int net, int low, int high) {
  const int first = int((centre - length / 2) * float(net));
  const int last = int((centre + length / 2) * float(net));
  if (first < low) {
    const float beyond = float(low - first) / float(net);
    centre += beyond / 2;
    length -= beyond;
  }
  if (last > high) {
    const float beyond = float(last - high) / float(net);
    centre -= beyond / 2;
    length -= beyond;
  }
}

bool inside(float centre, float length, int net) {
  const int first = int((centre - length / 2) * float(net));
  const int last = int((centre + length / 2) * float(net));
  return first >= 0 && last <= net && length > 1.f / float(net) && length < 1 && centre > 0 &&
         centre < 1;
}

}  // namespace

Tile tile_of(int number, const dn_view& view, const Cut& cut, const Size& source, const Size& net) {
  int left = view.left, right = view.right;
  if (view.flip) std::swap(left, right);
  const bool left_of_cut = number % 2 == 0, above_cut = number < 2;
  Tile tile = {number, {}, {}, net};
  tile.at = {left_of_cut ? 0 : cut.x, above_cut ? 0 : cut.y, left_of_cut ? cut.x : net.width,
             above_cut ? cut.y : net.height};
  // left of the cut, the right side of the image is taken
  tile.taken.left =
      left_of_cut ? net.width - cut.x - shift(right, net.width, source.width, net.width - cut.x)
                  : shift(left, net.width, source.width, cut.x);
  tile.taken.top = above_cut ? net.height - cut.y -
                                   shift(view.bottom, net.height, source.height, net.height - cut.y)
                             : shift(view.top, net.height, source.height, cut.y);
  tile.taken.right = tile.taken.left + tile.at.width();
  tile.taken.bottom = tile.taken.top + tile.at.height();
  return tile;
}

std::vector<dn_box> boxes_in_tile(const std::vector<dn_box>& boxes, const Tile& tile, bool bound) {
  const Size& net = tile.net;
  const Window edge = bound ? tile.at : Window{0, 0, net.width, net.height};
  std::vector<dn_box> out;
  for (dn_box box : boxes) {
    box.x += float(tile.at.left - tile.taken.left) / float(net.width);
    box.y += float(tile.at.top - tile.taken.top) / float(net.height);
    cut(box.x, box.w, net.width, edge.left, edge.right);
    cut(box.y, box.h, net.height, edge.top, edge.bottom);
    if (inside(box.x, box.w, net.width) && inside(box.y, box.h, net.height)) out.push_back(box);
  }
  return out;
}

}  // namespace dn
