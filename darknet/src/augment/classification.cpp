#include "augment/classification.h"

#include <algorithm>
#include <vector>

#include "augment/blur.h"
#include "augment/color.h"
#include "augment/mixing.h"
#include "augment/rotated_crop.h"
#include "augment/sources.h"
#include "core/error.h"
#include "core/resize_taps.h"

namespace dn {

namespace {

constexpr int kDefaultBlur = 15;

void flip(float* plane, int width, int height) {
  for (int y = 0; y < height; ++y) std::reverse(plane + y * width, plane + (y + 1) * width);
}

void resize(const float* from, int size, const Size& to, float* out) {
  const std::vector<Tap> columns = corner_taps(size, to.width), rows = corner_taps(size, to.height);
  for (int y = 0; y < to.height; ++y) {
    const Tap& row = rows[size_t(y)];
    const float *above = from + row.first * size, *below = from + row.next * size;
    for (int x = 0; x < to.width; ++x) {
      const Tap& column = columns[size_t(x)];
      const auto across = [&](const float* line) {
        return line[column.first] + column.weight * (line[column.next] - line[column.first]);
      };
      out[y * to.width + x] = across(above) + row.weight * (across(below) - across(above));
    }
  }
}

// One source as planes (channels, height, width).
void look(const dn_augment& a, int64_t image, int tile, const dn_image& source, const Size& net,
          float* out) {
  const int size = std::max(net.width, net.height);
  Draws geometry(a.seed, image, Stream::geometry, tile);
  const RotatedCrop crop = draw_rotated_crop(a, geometry, source.width, source.height, size);
  std::vector<float> planes = rotated_crop(source, crop, size);
  const int64_t plane = int64_t(size) * size;
  if (a.flip && geometry.coin())
    for (int c = 0; c < source.channels; ++c) flip(&planes[size_t(c * plane)], size, size);
  Draws color(a.seed, image, Stream::color, tile);
  ColorShift shift;
  shift.hue = color.between(-a.hue, a.hue);
  shift.saturation = color.scale(a.saturation);
  shift.exposure = color.scale(a.exposure);
  shift_colors(planes.data(), source.channels, plane, shift);
  const bool blurred = a.blur && Draws(a.seed, image, Stream::defects, tile).integer(0, 3) == 0;
  for (int c = 0; c < source.channels; ++c) {
    float* to = out + int64_t(c) * net.width * net.height;
    resize(&planes[size_t(c * plane)], size, net, to);
    if (blurred)
      gaussian_blur(to, net.width, net.height, (a.blur == 1 ? kDefaultBlur : a.blur) / 2 * 2 + 1);
  }
}

// The part of each source in the mixed image, and its share of the labels.
struct Mix {
  Window patch = {};  // cutmix
  Cut cut = {};       // mosaic
  std::vector<float> shares;

  Mix(const dn_augment& a, int64_t image, dn_mix kind, const Size& net) {
    const float all = float(net.width) * float(net.height);
    if (kind == DN_MIX_NONE) shares = {1};
    if (kind == DN_MIX_MIXUP) shares = {0.5f, 0.5f};
    if (kind == DN_MIX_CUTMIX) {
      patch = draw_patch(a, image, net);
      const float share = float(patch.width()) * float(patch.height()) / all;
      shares = {1 - share, share};
    }
    if (kind == DN_MIX_MOSAIC) {
      cut = draw_cut(a, image, net);
      const float x = float(cut.x), y = float(cut.y);
      const float right = float(net.width) - x, below = float(net.height) - y;
      shares = {x * y / all, right * y / all, x * below / all, right * below / all};
    }
  }
};

Window window_of(int tile, dn_mix kind, const Mix& mix, const Size& net) {
  if (kind == DN_MIX_CUTMIX && tile == 1) return mix.patch;
  if (kind == DN_MIX_MOSAIC)
    return {tile % 2 ? mix.cut.x : 0, tile < 2 ? 0 : mix.cut.y, tile % 2 ? net.width : mix.cut.x,
            tile < 2 ? mix.cut.y : net.height};
  return {0, 0, net.width, net.height};
}

void check_crop(const dn_augment& a) {
  if (a.min_crop < 1 || a.max_crop < a.min_crop || a.max_crop > 1 << 16)
    fail(DN_ERROR_ARGUMENT, "min_crop=%d, max_crop=%d, expected 1 <= min_crop <= max_crop <= 65536",
         a.min_crop, a.max_crop);
}

}  // namespace

void augment_classification(const dn_augment& a, int64_t image, const dn_source* sources, int tiles,
                            const Shape& shape, int classes, float* input, float* truth) {
  check_sources(a, image, sources, tiles, shape);
  check_crop(a);
  const Size net = {int(shape.w), int(shape.h)};
  const dn_mix kind = mix_of(a, image);
  const Mix mix(a, image, kind, net);
  std::fill_n(truth, classes, 0.f);
  std::vector<float> planes(tiles > 1 ? size_t(shape.size()) : 0);
  for (int i = 0; i < tiles; ++i) {
    look(a, image, i, sources[i].image, net, i == 0 ? input : planes.data());
    const Window at = window_of(i, kind, mix, net);
    const float part = kind == DN_MIX_MIXUP ? 0.5f : 1.f;
    for (int64_t row = 0; i > 0 && row < shape.c * at.height(); ++row) {
      const int64_t c = row / at.height(), y = at.top + row % at.height();
      const int64_t begin = (c * net.height + y) * net.width + at.left;
      for (int64_t x = begin; x < begin + at.width(); ++x)
        input[x] = (1 - part) * input[x] + part * planes[size_t(x)];
    }
    const float share = mix.shares[size_t(i)];
    for (int k = 0; k < classes; ++k) {
      const float label = sources[i].label[k];
      // what one image says nothing about, the mixture says nothing about
      if (label == kIgnoredLabel || truth[k] == kIgnoredLabel)
        truth[k] = kIgnoredLabel;
      else
        truth[k] += share * label;
    }
  }
}

}  // namespace dn
