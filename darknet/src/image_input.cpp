#include "image_input.h"

#include <algorithm>
#include <vector>

namespace dn {

namespace {

// Where an output coordinate lies in the source: between pixel `first` and the next one.
struct Tap {
  int first, next;
  float weight;  // of next
};

// Darknet's resize_image: corner aligned, each axis on its own.
// compat: Darknet leaves the last row almost black where rounding puts it between two source rows
// (60 of the heights 100..1299 for a network of 416); it is read from the last source row here.
std::vector<Tap> taps(int from, int to) {
  std::vector<Tap> list(static_cast<size_t>(to));
  const float scale = to > 1 ? float(from - 1) / float(to - 1) : 0.f;
  for (int i = 0; i < to; ++i) {
    const float x = float(i) * scale;
    int first = std::min(static_cast<int>(x), from - 1);
    if (i == to - 1 || from == 1) first = from - 1;
    const int next = std::min(first + 1, from - 1);
    list[size_t(i)] = {first, next, first == next ? 0.f : x - float(first)};
  }
  return list;
}

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

void image_to_input(const Context& context, const dn_image& image, dn_resize resize, float* out,
                    const Shape& shape) {
  if (!image.data || image.width < 1 || image.height < 1) fail(DN_ERROR_DATA, "the image is empty");
  if (image.channels != shape.c)
    fail(DN_ERROR_DATA, "the image has %d channels, the network takes %lld", image.channels,
         static_cast<long long>(shape.c));
  int width = int(shape.w), height = int(shape.h), left = 0, top = 0;
  if (resize == DN_RESIZE_LETTERBOX) {
    if (float(shape.w) / image.width < float(shape.h) / image.height)
      height = int(int64_t(image.height) * shape.w / image.width);
    else
      width = int(int64_t(image.width) * shape.h / image.height);
    width = std::max(width, 1);
    height = std::max(height, 1);
    left = (int(shape.w) - width) / 2;
    top = (int(shape.h) - height) / 2;
    std::fill(out, out + shape.size(), 0.5f);
  }
  const std::vector<Tap> columns = taps(image.width, width), rows = taps(image.height, height);
  const Resizer resizer{image, columns, rows, int(shape.c), width, height};
  float* to = out + top * shape.w + left;
  const int parts = std::max(1, std::min(context.threads, height));
#pragma omp parallel for num_threads(parts) schedule(static)
  for (int part = 0; part < parts; ++part)
    resizer.run(height * part / parts, height * (part + 1) / parts, to, shape.plane(), shape.w);
}

}  // namespace dn
