#include "augment/crop.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "augment/view.h"
#include "core/resize_taps.h"

namespace dn {

namespace {

using Color = std::array<uint8_t, 4>;

Color mean_color(const dn_image& image) {
  std::array<uint64_t, 4> sums = {};
  for (int y = 0; y < image.height; ++y) {
    const uint8_t* row = image.data + y * image.row_bytes;
    for (int c = 0; c < image.channels; ++c) {
      uint32_t sum = 0;
      for (int x = 0; x < image.width; ++x) sum += row[x * image.channels + c];
      sums[size_t(c)] += sum;
    }
  }
  const double part = 1. / (double(image.width) * double(image.height));
  Color mean = {};
  for (size_t c = 0; c < 4; ++c) mean[c] = uint8_t(std::nearbyint(double(sums[c]) * part));
  return mean;
}

// Resizes rows of the shown part. A row of the source is followed by one pixel of the mean colour,
// and columns outside the source read that one.
class RowReader {
 public:
  RowReader(const dn_image& image, const dn_view& view, std::vector<Tap> columns)
      : image_(image), columns_(std::move(columns)), top_(view.top) {
    const size_t row = size_t(image.width) * size_t(image.channels);
    padded_.resize(row + size_t(image.channels));
    const auto column = [&](int x) { return x < 0 || x >= image.width ? image.width : x; };
    bool outside = view.top < 0 || view.bottom < 0;
    for (Tap& tap : columns_) {
      tap.first = column(tap.first + view.left) * image.channels;
      tap.next = column(tap.next + view.left) * image.channels;
      outside = outside || tap.first == int(row) || tap.next == int(row);
    }
    if (outside) {
      mean_ = mean_color(image);
      std::memcpy(&padded_[row], mean_.data(), size_t(image.channels));
    }
  }

  // Row y of the shown part: planes of numbers 0..255, red first.
  void read(int y, float* out) {
    const int columns = int(columns_.size()), channels = image_.channels;
    y += top_;
    if (y < 0 || y >= image_.height) {
      for (int c = 0; c < channels; ++c)
        std::fill_n(out + c * columns, columns, float(mean_[size_t(byte_of(c))]));
      return;
    }
    std::memcpy(padded_.data(), image_.data + y * image_.row_bytes,
                size_t(image_.width) * size_t(channels));
    const uint8_t* pixels = padded_.data();
    if (channels == 3) return read_colors(pixels + byte_of(0), pixels + byte_of(2), out);
    for (int c = 0; c < channels; ++c) {
      const uint8_t* from = pixels + byte_of(c);
      float* to = out + c * columns;
      for (int x = 0; x < columns; ++x) to[x] = between(from, columns_[size_t(x)]);
    }
  }

 private:
  static float between(const uint8_t* from, const Tap& tap) {
    const float a = from[tap.first], b = from[tap.next];
    return a + tap.weight * (b - a);
  }

  // The same for the three channels at once: a tap is read once.
  void read_colors(const uint8_t* red, const uint8_t* blue, float* out) const {
    const uint8_t* green = red < blue ? red + 1 : blue + 1;
    const int columns = int(columns_.size());
    const Tap* taps = columns_.data();
    float *r = out, *g = r + columns, *b = g + columns;
    for (int x = 0; x < columns; ++x) {
      const Tap tap = taps[x];
      r[x] = between(red, tap);
      g[x] = between(green, tap);
      b[x] = between(blue, tap);
    }
  }

  int byte_of(int channel) const {
    return image_.bgr && image_.channels >= 3 && channel < 3 ? 2 - channel : channel;
  }

  const dn_image& image_;
  std::vector<Tap> columns_;
  int top_;
  std::vector<uint8_t> padded_;
  Color mean_ = {};
};

}  // namespace

Planes crop(const dn_image& image, const dn_view& view, const Size& net, const Window& window) {
  const Size size = shown(view, {image.width, image.height});
  std::vector<Tap> columns = edge_taps(size.width, net.width);
  if (view.flip) std::reverse(columns.begin(), columns.end());
  columns = {columns.begin() + window.left, columns.begin() + window.right};
  const std::vector<Tap> rows = edge_taps(size.height, net.height);
  RowReader reader(image, view, std::move(columns));

  Planes out(image.channels, window.width(), window.height());
  const int width = out.width;
  std::vector<float> buffer(size_t(2 * out.channels * width));
  float *above = buffer.data(), *below = above + out.channels * width;
  int above_row = -1, below_row = -1;
  for (int y = 0; y < out.height; ++y) {
    const Tap& tap = rows[size_t(window.top + y)];
    if (tap.first == below_row) {
      std::swap(above, below);
      std::swap(above_row, below_row);
    }
    if (tap.first != above_row) reader.read(above_row = tap.first, above);
    if (tap.next != below_row) reader.read(below_row = tap.next, below);
    for (int c = 0; c < out.channels; ++c) {
      const float *a = above + c * width, *b = below + c * width;
      uint8_t* to = out.plane(c) + int64_t(y) * width;
      for (int x = 0; x < width; ++x)
        to[x] = uint8_t(int(a[x] + tap.weight * (b[x] - a[x]) + 0.5f));
    }
  }
  return out;
}

}  // namespace dn
