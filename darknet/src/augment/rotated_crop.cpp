#include "augment/rotated_crop.h"

#include <algorithm>
#include <cmath>

namespace dn {

RotatedCrop draw_rotated_crop(const dn_augment& a, Draws& draws, int source_width,
                              int source_height, int size) {
  RotatedCrop crop = {};
  if (a.center) {
    crop.aspect = 1;
    crop.scale = float(size) / float(std::min(source_width, source_height));
    return crop;
  }
  crop.aspect = draws.scale(a.aspect);
  const int side = draws.integer(a.min_crop, a.max_crop);
  crop.scale = float(side) / std::min(float(source_height), float(source_width) * crop.aspect);
  crop.radians = draws.between(-a.angle, a.angle) * 3.14159265f / 180.f;
  const float room_x = (float(source_width) * crop.scale / crop.aspect - float(size)) / 2;
  const float room_y = (float(source_height) * crop.scale - float(size)) / 2;
  crop.dx = std::max(room_x, 0.f) * draws.between(-1, 1);
  crop.dy = std::max(room_y, 0.f) * draws.between(-1, 1);
  return crop;
}

std::vector<float> rotated_crop(const dn_image& image, const RotatedCrop& crop, int size) {
  const int channels = image.channels;
  const int64_t plane = int64_t(size) * size;
  std::vector<float> out(size_t(channels * plane));
  const float cosine = std::cos(crop.radians), sine = std::sin(crop.radians);
  const float centre_x = float(image.width) / 2, centre_y = float(image.height) / 2;
  const bool swap = image.bgr && channels >= 3;
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x) {
      const float across = (float(x) - float(size) / 2 + crop.dx) / crop.scale * crop.aspect;
      const float down = (float(y) - float(size) / 2 + crop.dy) / crop.scale;
      const float from_x = cosine * across - sine * down + centre_x;
      const float from_y = sine * across + cosine * down + centre_y;
      const int left = int(std::floor(from_x)), top = int(std::floor(from_y));
      const float right_part = from_x - float(left), lower_part = from_y - float(top);
      for (int i = 0; i < 4; ++i) {
        const int column = left + i % 2, row = top + i / 2;
        if (column < 0 || row < 0 || column >= image.width || row >= image.height) continue;
        const float weight =
            (i % 2 ? right_part : 1 - right_part) * (i / 2 ? lower_part : 1 - lower_part) / 255.f;
        const uint8_t* pixel = image.data + row * image.row_bytes + int64_t(column) * channels;
        for (int c = 0; c < channels; ++c)
          out[size_t(c * plane + int64_t(y) * size + x)] +=
              weight * float(pixel[swap && c < 3 ? 2 - c : c]);
      }
    }
  return out;
}

}  // namespace dn
