#include "ops/crop.h"

#include <cmath>

#include "core/random.h"

namespace dn {

Shape Crop::shape(const std::vector<Shape>& in) const {
  if (crop_height > in[0].h || crop_width > in[0].w)
    fail(DN_ERROR_CFG, "a crop of %lldx%lld does not fit the input of %s",
         static_cast<long long>(crop_width), static_cast<long long>(crop_height),
         in[0].text().c_str());
  return {in[0].c, crop_height, crop_width};
}

namespace {

struct CropForward {
  const float* in;
  float* out;
  int64_t h, w, oh, ow, top, left;
  float scale, offset;
  DN_HD void operator()(int64_t i) const {
    const int64_t x = i % ow, y = i / ow % oh;
    out[i] = scale * in[(i / (ow * oh) * h + y + top) * w + x + left] + offset;
  }
};

struct CropAnywhere {
  const float* in;
  float* out;
  Shape from, to;
  uint64_t seed;
  float scale, offset;
  bool flip;
  // compat: Darknet draws once for a mini-batch; here each image has a part of its own
  DN_HD int64_t draw(int64_t b, int64_t what, int64_t room) const {
    return int64_t(random_bits(seed, uint64_t(3 * b + what)) % uint64_t(room));
  }
  DN_HD void operator()(int64_t i) const {
    const int64_t x = i % to.w, y = i / to.w % to.h, plane = i / to.plane(), b = plane / to.c;
    const int64_t top = draw(b, 0, from.h - to.h + 1), left = draw(b, 1, from.w - to.w + 1);
    const int64_t column = flip && draw(b, 2, 2) ? to.w - 1 - x : x;
    out[i] = scale * in[(plane * from.h + y + top) * from.w + column + left] + offset;
  }
};

struct Color {
  float r, g, b;
};

DN_HD float within(float x) { return fminf(fmaxf(x, 0.f), 1.f); }

// Multiplies saturation and value; the hue stays.
DN_HD Color with_factors(const Color& c, float saturation, float exposure) {
  const float high = fmaxf(c.r, fmaxf(c.g, c.b)), value = high * exposure;
  // so far each channel lies below the value, in parts of it
  const float depth = high > 0 ? saturation / high : 0.f;
  return {within(value * (1 - (high - c.r) * depth)), within(value * (1 - (high - c.g) * depth)),
          within(value * (1 - (high - c.b) * depth))};
}

// A part of the image at any place and angle, in other colours: all channels of one pixel.
struct CropVaried {
  const float* in;
  float* out;
  Shape from, to;
  uint64_t seed;
  float scale, offset, radians, saturation, exposure, shift;
  bool flip;

  DN_HD float draw(int64_t b, int64_t what) const {
    return random_uniform(seed, uint64_t(8 * b + what));
  }
  DN_HD float factor(int64_t b, int64_t what, float most) const {
    const float drawn = draw(b, what) * (most - 1) + 1;
    return draw(b, what + 1) > 0.5f ? 1 / drawn : drawn;
  }
  // compat: the same for all images of a mini-batch
  DN_HD float shifted(int64_t k) const {
    return (random_uniform(~seed, uint64_t(k)) - 0.5f) * shift;
  }

  // Adds the input's pixel with a weight; outside of the image there is nothing.
  DN_HD void add(int64_t b, int64_t x, int64_t y, float weight, const Color& factors,
                 float* to_pixel) const {
    if (x < 0 || y < 0 || x >= from.w || y >= from.h) return;
    const float* pixel = in + (b * from.c * from.h + y) * from.w + x;
    const int64_t plane = from.plane(), step = to.plane();
    if (from.c != 3) {
      for (int64_t k = 0; k < from.c; ++k)
        to_pixel[k * step] += weight * (pixel[k * plane] * scale + offset);
      return;
    }
    const Color c = with_factors({pixel[0], pixel[plane], pixel[2 * plane]}, factors.r, factors.g);
    to_pixel[0] += weight * (c.r * scale + offset + shifted(0));
    to_pixel[step] += weight * (c.g * scale + offset + shifted(1));
    to_pixel[2 * step] += weight * (c.b * scale + offset + shifted(2));
  }

  DN_HD void operator()(int64_t i) const {
    const int64_t x = i % to.w, y = i / to.w % to.h, b = i / to.plane();
    const Color factors{factor(b, 0, saturation), factor(b, 2, exposure), 0};
    const float left = float(from.w - to.w) * draw(b, 4), top = float(from.h - to.h) * draw(b, 5);
    const bool mirrored = flip && draw(b, 6) > 0.5f;
    const float turn = radians * (2 * draw(b, 7) - 1);
    const float middle_x = float(from.w) / 2, middle_y = float(from.h) / 2;
    const float across =
        (mirrored ? float(from.w) - left - float(x) - 1 : float(x) + left) - middle_x;
    const float down = float(y) + top - middle_y;
    const float at_x = cosf(turn) * across - sinf(turn) * down + middle_x;
    const float at_y = sinf(turn) * across + cosf(turn) * down + middle_y;
    const float first_x = floorf(at_x), first_y = floorf(at_y);
    const float dx = at_x - first_x, dy = at_y - first_y;
    float* pixel = out + b * to.size() + y * to.w + x;
    for (int64_t k = 0; k < to.c; ++k) pixel[k * to.plane()] = 0;
    for (int64_t tap = 0; tap < 4; ++tap) {
      const float weight = (tap % 2 ? dx : 1 - dx) * (tap / 2 ? dy : 1 - dy);
      add(b, int64_t(first_x) + tap % 2, int64_t(first_y) + tap / 2, weight, factors, pixel);
    }
  }
};

}  // namespace

void Crop::train_forward(const Context& context, const TrainArgs& args) const {
  if (varies()) {
    context.each(args.batch * args.out_shape.plane(),
                 CropVaried{args.in[0], args.out, args.in_shapes[0], args.out_shape, args.seed,
                            noadjust ? 1.f : 2.f, noadjust ? 0.f : -1.f,
                            angle * 3.14159265f / 180.f, saturation, exposure, shift, flip});
    return;
  }
  context.each(args.batch * args.out_shape.size(),
               CropAnywhere{args.in[0], args.out, args.in_shapes[0], args.out_shape, args.seed,
                            noadjust ? 1.f : 2.f, noadjust ? 0.f : -1.f, flip});
}

void Crop::forward(const Context& context, const Args& args) const {
  const Shape in = args.in_shapes[0], out = args.out_shape;
  context.each(args.batch * out.size(),
               CropForward{args.in[0], args.out, in.h, in.w, out.h, out.w, (in.h - out.h) / 2,
                           (in.w - out.w) / 2, noadjust ? 1.f : 2.f, noadjust ? 0.f : -1.f});
}

void Crop::describe(Json& json) const {
  json.field("crop_height", crop_height).field("crop_width", crop_width);
  json.field("noadjust", noadjust);
}

}  // namespace dn
