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

struct Repeat {  // how the numbers of a scale (s) are repeated over an image (o)
  Shape s, o;
  DN_HD int64_t scale_of(int64_t i) const {
    const int64_t p = i % o.plane(), k = i / o.plane() % o.c, b = i / o.size();
    return (b * s.c + (s.c == 1 ? 0 : k)) * s.plane() + (s.plane() == 1 ? 0 : p);
  }
};

struct MultiplyForward : Repeat {
  const float *scale, *image;
  float* out;
  DN_HD void operator()(int64_t i) const { out[i] = scale[scale_of(i)] * image[i]; }
};

struct MultiplyImageDelta : Repeat {
  const float *scale, *out_delta;
  float* image_delta;
  DN_HD void operator()(int64_t i) const { image_delta[i] += scale[scale_of(i)] * out_delta[i]; }
};

// compat: with scale_wh Darknet's GPU code divides this by the cells of a plane; it is not here.
struct MultiplyScaleDelta : Repeat {
  const float *image, *out_delta;
  float* scale_delta;
  DN_HD void operator()(int64_t i) const {
    const int64_t p = i % s.plane(), k = i / s.plane() % s.c, b = i / s.size();
    const int64_t channels = s.c == 1 ? o.c : 1, cells = s.plane() == 1 ? o.plane() : 1;
    float sum = 0;
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t first = (b * o.c + (s.c == 1 ? c : k)) * o.plane() + (cells == 1 ? p : 0);
      for (int64_t q = first; q < first + cells; ++q) sum += image[q] * out_delta[q];
    }
    scale_delta[i] += sum;
  }
};

}  // namespace

void Multiply::forward(const Context& context, const Args& args) const {
  context.each(
      args.batch * args.out_shape.size(),
      MultiplyForward{{args.in_shapes[0], args.out_shape}, args.in[0], args.in[1], args.out});
}

void Multiply::backward(const Context& context, const BackwardArgs& args) const {
  const Repeat repeat{args.in_shapes[0], args.out_shape};
  if (args.in_delta[1])
    context.each(args.batch * repeat.o.size(),
                 MultiplyImageDelta{repeat, args.in[0], args.out_delta, args.in_delta[1]});
  if (args.in_delta[0])
    context.each(args.batch * repeat.s.size(),
                 MultiplyScaleDelta{repeat, args.in[1], args.out_delta, args.in_delta[0]});
}

}  // namespace dn
