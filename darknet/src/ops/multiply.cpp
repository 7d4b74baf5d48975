#include "ops/multiply.h"

namespace dn {

Shape Multiply::shape(const std::vector<Shape>& in) const {
  const Shape scale = in[0], image = in[1];
  const bool per_channel = scale.c == image.c && scale.plane() == 1;
  const bool per_cell = scale.c == 1 && scale.h == image.h && scale.w == image.w;
  if (scale != image && !per_channel && !per_cell)
    fail(DN_ERROR_CFG,
         "inputs of %s and %s do not meet, expected the same size, 1x1x%lld or %lldx%lldx1",
         scale.text().c_str(), image.text().c_str(), static_cast<long long>(image.c),
         static_cast<long long>(image.w), static_cast<long long>(image.h));
  return image;
}

namespace {

struct MultiplyForward {
  const float *scale, *image;
  float* out;
  Shape s, o;
  DN_HD void operator()(int64_t i) const {
    const int64_t p = i % o.plane(), k = i / o.plane() % o.c, b = i / o.size();
    const int64_t at = (b * s.c + (s.c == 1 ? 0 : k)) * s.plane() + (s.plane() == 1 ? 0 : p);
    out[i] = scale[at] * image[i];
  }
};

}  // namespace

void Multiply::forward(const Context& context, const Args& args) const {
  context.each(
      args.batch * args.out_shape.size(),
      MultiplyForward{args.in[0], args.in[1], args.out, args.in_shapes[0], args.out_shape});
}

}  // namespace dn
