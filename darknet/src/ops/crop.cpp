#include "ops/crop.h"

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

}  // namespace

void Crop::train_forward(const Context& context, const TrainArgs& args) const {
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
