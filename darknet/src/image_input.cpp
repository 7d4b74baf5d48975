#include "image_input.h"

#include <algorithm>
#include <vector>

#include "core/resize_taps.h"

namespace dn {

namespace {

struct Resizer {
  const dn_image& image;
  const std::vector<Tap>&columns, &rows;
  int channels, width, height;  // of the resized image

  // One source row, stretched: channels planes of width numbers, still 0..255.
  void stretch_row(int row, float* out) const {
    const uint8_t* pixels = image.data + row * image.row_bytes;
    const bool swap = image.bgr && channels >= 3;
    for (int c = 0; c < channels; ++c) {
      const uint8_t* plane = pixels + (swap && c < 3 ? 2 - c : c);
      float* to = out + c * width;
      for (int x = 0; x < width; ++x) {
        const Tap& tap = columns[size_t(x)];
        const float a = plane[tap.first * channels], b = plane[tap.next * channels];
        to[x] = a + tap.weight * (b - a);
      }
    }
  }

  // Rows [begin, end) of the resized image into planes of the given size.
  void run(int begin, int end, float* out, int64_t plane, int64_t stride) const {
    std::vector<float> buffer(size_t(2 * channels * width));
    float *above = buffer.data(), *below = buffer.data() + channels * width;
    int above_row = -1, below_row = -1;
    for (int y = begin; y < end; ++y) {
      const Tap& tap = rows[size_t(y)];
      if (tap.first == below_row) {
        std::swap(above, below);
        std::swap(above_row, below_row);
      }
      if (tap.first != above_row) stretch_row(above_row = tap.first, above);
      if (tap.next != below_row) stretch_row(below_row = tap.next, below);
      for (int c = 0; c < channels; ++c) {
        const float *a = above + c * width, *b = below + c * width;
        float* to = out + c * plane + y * stride;
        const float w = tap.weight * (1.f / 255.f), v = (1.f - tap.weight) * (1.f / 255.f);
        for (int x = 0; x < width; ++x) to[x] = v * a[x] + w * b[x];
      }
    }
  }
};

}  // namespace

Placement place(dn_resize resize, int image_width, int image_height, int width, int height) {
  Placement placed = {0, 0, width, height};
  if (resize != DN_RESIZE_LETTERBOX) return placed;
  if (float(width) / float(image_width) < float(height) / float(image_height))
    placed.height = int(int64_t(image_height) * width / image_width);
  else
    placed.width = int(int64_t(image_width) * height / image_height);
  placed.width = std::max(placed.width, 1);
  placed.height = std::max(placed.height, 1);
  placed.left = (width - placed.width) / 2;
  placed.top = (height - placed.height) / 2;
  return placed;
}

void image_to_input(const Context& context, const dn_image& image, dn_resize resize, float* out,
                    const Shape& shape) {
  if (!image.data || image.width < 1 || image.height < 1) fail(DN_ERROR_DATA, "the image is empty");
  if (image.channels != shape.c)
    fail(DN_ERROR_DATA, "the image has %d channels, the network takes %lld", image.channels,
         static_cast<long long>(shape.c));
  const auto [left, top, width, height] =
      place(resize, image.width, image.height, int(shape.w), int(shape.h));
  if (resize == DN_RESIZE_LETTERBOX) std::fill(out, out + shape.size(), 0.5f);
  const std::vector<Tap> columns = corner_taps(image.width, width),
                         rows = corner_taps(image.height, height);
  const Resizer resizer{image, columns, rows, int(shape.c), width, height};
  float* to = out + top * shape.w + left;
  const int parts = std::max(1, std::min(context.threads, height));
#pragma omp parallel for num_threads(parts) schedule(static)
  for (int part = 0; part < parts; ++part)
    resizer.run(height * part / parts, height * (part + 1) / parts, to, shape.plane(), shape.w);
}

}  // namespace dn
