#include "augment/detection.h"

#include <algorithm>

#include "augment/blur.h"
#include "augment/boxes.h"
#include "augment/color.h"
#include "augment/crop.h"
#include "augment/mosaic.h"
#include "augment/sources.h"
#include "augment/view.h"
#include "core/error.h"

namespace dn {

namespace {

constexpr int kBackgroundBlur = 17;

// Blurs all but the boxes.
void blur_background(Planes& image, const std::vector<dn_box>& boxes) {
  const Planes sharp = image;
  gaussian_blur(image, kBackgroundBlur);
  for (const dn_box& box : boxes) {
    const int x = int((box.x - box.w / 2) * float(image.width));
    const int y = int((box.y - box.h / 2) * float(image.height));
    const int left = std::max(x, 0), top = std::max(y, 0);
    const int right = std::min(x + int(box.w * float(image.width)), image.width);
    const int bottom = std::min(y + int(box.h * float(image.height)), image.height);
    for (int c = 0; c < image.channels; ++c)
      for (int row = top; row < bottom; ++row) {
        const int64_t at = int64_t(row) * image.width;
        std::copy(sharp.plane(c) + at + left, sharp.plane(c) + at + right,
                  image.plane(c) + at + left);
      }
  }
}

// The kernel's size: less than an eighth of the shortest side of a box.
// compat: an image without boxes is not blurred, as in Darknet. Where a small box leaves a kernel
// of one pixel there is no blur; Darknet takes that 1 for the blur of the background.
int kernel_size(int blur, const std::vector<dn_box>& boxes, const Size& net) {
  return std::min(blur, shortest_side(boxes, net) / 8) / 2 * 2 + 1;
}

// What a view shows of a source. Only `window` of it is meant to be used.
struct Seen {
  std::vector<dn_box> boxes;
  Planes pixels;
  Window window;  // what pixels holds
};

Seen look(const dn_source& source, const dn_view& view, std::vector<dn_box> boxes, const Size& net,
          const Window& window, Draws noise) {
  // a blur needs what lies around the window
  const Window made = view.blur ? Window{0, 0, net.width, net.height} : window;
  Seen seen = {std::move(boxes), crop(source.image, view, net, made), made};
  shift_colors(seen.pixels, {view.hue, view.saturation, view.exposure});
  if (view.blur == 1)
    blur_background(seen.pixels, seen.boxes);
  else if (view.blur > 1)
    gaussian_blur(seen.pixels, kernel_size(view.blur, seen.boxes, net));
  add_noise(seen.pixels, view.noise, noise);
  return seen;
}

// Copies the part `taken` of the image to `at` in planes of 0..1, or adds half of it to half of
// what is there.
void put(const Seen& seen, const Window& taken, const Window& at, bool half, const Size& net,
         float* input) {
  const Planes& from = seen.pixels;
  for (int c = 0; c < from.channels; ++c)
    for (int y = 0; y < at.height(); ++y) {
      const uint8_t* row = from.plane(c) + int64_t(taken.top - seen.window.top + y) * from.width +
                           (taken.left - seen.window.left);
      float* to = input + (int64_t(c) * net.height + at.top + y) * net.width + at.left;
      const int width = at.width();
      if (half)
        for (int x = 0; x < width; ++x) to[x] = 0.5f * to[x] + 0.5f * (float(row[x]) / 255.f);
      else
        for (int x = 0; x < width; ++x) to[x] = float(row[x]) / 255.f;
    }
}

}  // namespace

void augment_detection(const dn_augment& a, int64_t image, const dn_source* sources, int tiles,
                       const Shape& shape, int classes, int max_boxes, float* input, float* truth) {
  if (a.mix == DN_MIX_CUTMIX || a.mix == DN_MIX_CUTMIX_OR_MOSAIC)
    fail(DN_ERROR_ARGUMENT, "cutmix is for classifiers only");
  check_sources(a, image, sources, tiles, shape);
  const Size net = {int(shape.w), int(shape.h)};
  const Window whole = {0, 0, net.width, net.height};
  std::vector<dn_box> all;
  for (int i = 0; i < tiles; ++i) {
    const Size size = {sources[i].image.width, sources[i].image.height};
    const dn_view view = draw_view(a, image, i, tiles, size, net);
    Draws order(a.seed, image, Stream::order, i);
    std::vector<dn_box> boxes = boxes_in_view(sources[i], view, net, classes, max_boxes, order);
    Tile tile = {i, whole, whole, net};
    if (tiles == 4) tile = tile_of(i, view, draw_cut(a, image, net), size, net);
    const Seen seen = look(sources[i], view, std::move(boxes), net, tile.taken,
                           Draws(a.seed, image, Stream::noise, i));
    put(seen, tile.taken, tile.at, tiles == 2 && i == 1, net, input);
    const std::vector<dn_box> kept =
        tiles == 4 ? boxes_in_tile(seen.boxes, tile, a.mosaic_bound != 0) : seen.boxes;
    all.insert(all.end(), kept.begin(), kept.end());
  }
  write_truth(all, max_boxes, truth);
}

}  // namespace dn
