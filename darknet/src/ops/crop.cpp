#include "ops/crop.h"

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

}  // namespace

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
