#include "augment/view.h"

#include <algorithm>

#include "augment/mixing.h"

namespace dn {

namespace {

// trunc(between low and high): Darknet cuts off the fraction.
int pixels(float low, float high, float part) { return int(low + (high - low) * part); }

// jitter and resize for one axis: what is cut off at its two ends.
struct Margins {
  int first = 0, last = 0;

  Margins(int length, const dn_augment& a, float r_first, float r_last, float q_first,
          float q_last) {
    const float reach = float(int(float(length) * a.jitter));
    first = pixels(-reach, reach, r_first);
    last = pixels(-reach, reach, r_last);
    const float down = std::min(a.resize, 1.f / a.resize), up = std::max(a.resize, 1.f / a.resize);
    const float low = float(int(float(length) * (1.f - 1.f / down) / 2.f));
    const float high = a.resize < 1.f ? 0.f : float(int(float(length) * (1.f - 1.f / up) / 2.f));
    first += pixels(low, high, q_first);
    last += pixels(low, high, q_last);
  }

  void widen(float by) {
    first = int(float(first) - by);
    last = int(float(last) - by);
  }

  // All that is cut off goes to one end, so that the other end of the image is seen.
  void to_last() {
    last += first;
    first = 0;
  }
  void to_first() {
    first += last;
    last = 0;
  }
};

void keep_aspect(Margins& x, Margins& y, const Size& source, const Size& net) {
  const float aspect = float(net.width) / float(net.height);
  if (float(source.width) / float(source.height) / aspect > 1.f)
    y.widen((float(source.width) / aspect - float(source.height)) / 2.f);
  else
    x.widen((float(source.height) * aspect - float(source.width)) / 2.f);
}

// Tiles 0 and 2 of a mosaic lie left of the cut, 0 and 1 above it.
void to_the_cut(Margins& x, Margins& y, int tile, bool flip) {
  const bool left_of_cut = (tile % 2 == 0) != flip;
  left_of_cut ? x.to_last() : x.to_first();
  tile < 2 ? y.to_last() : y.to_first();
}

}  // namespace

dn_view draw_view(const dn_augment& a, int64_t image, int tile, int tiles, const Size& source,
                  const Size& net) {
  check(a);
  // the second view of a contrastive pair may share what was drawn for the first; the images of a
  // sequence always share
  const int64_t own = a.track ? first_of_load(a, image) : image;
  const int64_t pair = a.contrastive ? own - own % 2 : own;
  Draws geometry(a.seed, a.contrastive_jit_flip ? own : pair, Stream::geometry, tile);
  Draws zoom(a.seed, own, Stream::zoom, tile);
  Draws color(a.seed, a.contrastive_color ? own : pair, Stream::color, tile);
  Draws defects(a.seed, own, Stream::defects, tile);

  const float q1 = zoom.uniform(), q2 = zoom.uniform();
  const float r1 = geometry.uniform(), r2 = geometry.uniform();
  const float r3 = geometry.uniform(), r4 = geometry.uniform();
  Margins x(source.width, a, r1, r2, q1, q2), y(source.height, a, r3, r4, q1, q2);

  dn_view view = {};
  view.flip = a.flip && geometry.coin();
  if (a.letter_box) keep_aspect(x, y, source, net);
  if (tiles == 4 && Draws(a.seed, image, Stream::corner, tile).coin())
    to_the_cut(x, y, tile, view.flip != 0);
  view.left = x.first;
  view.right = x.last;
  view.top = y.first;
  view.bottom = y.last;
  const Size size = shown(view, source);
  if (size.width <= 0 || size.height <= 0 || view.left >= source.width || view.top >= source.height)
    view.left = view.right = view.top = view.bottom = 0;

  view.hue = color.between(-a.hue, a.hue);
  view.saturation = color.scale(a.saturation);
  view.exposure = color.scale(a.exposure);
  if (a.blur) {
    const int kinds[] = {0, 1, a.blur};
    view.blur = kinds[defects.integer(0, 2)];
  }
  if (a.gaussian_noise && defects.coin()) view.noise = std::min(a.gaussian_noise, 127);
  return view;
}

}  // namespace dn
