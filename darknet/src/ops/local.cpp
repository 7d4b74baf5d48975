#include "ops/local.h"

namespace dn {

namespace {

struct LocalForward {
  const float *in, *weights, *biases;
  float* out;
  int64_t c, h, w, filters, oh, ow, size, stride, pad;

  DN_HD void operator()(int64_t i) const {
    const int64_t x = i % ow, y = i / ow % oh, f = i / (ow * oh) % filters;
    const int64_t b = i / (ow * oh * filters);
    const float* taps = weights + ((y * ow + x) * filters + f) * c * size * size;
    float sum = biases[i % (ow * oh * filters)];
    for (int64_t k = 0; k < c; ++k)
      for (int64_t ky = 0; ky < size; ++ky)
        for (int64_t kx = 0; kx < size; ++kx) {
          const int64_t sy = y * stride - pad + ky, sx = x * stride - pad + kx;
          if (sy >= 0 && sy < h && sx >= 0 && sx < w)
            sum += in[((b * c + k) * h + sy) * w + sx] * taps[(k * size + ky) * size + kx];
        }
    out[i] = sum;
  }
};

}  // namespace

void Local::forward(const Context& context, const Args& args) const {
  const Shape in = args.in_shapes[0], out = args.out_shape;
  context.each(args.batch * out.size(),
               LocalForward{args.in[0], args.constants[0], args.constants[1], args.out, in.c, in.h,
                            in.w, filters, out.h, out.w, size, stride, pad});
}

std::vector<Constant> Local::constants() const {
  return {{"weights", weights->dims(), weights->values()},
          {"biases", biases->dims(), biases->values()}};
}

void Local::describe(Json& json) const {
  json.field("filters", filters).field("size", size).field("stride", stride).field("pad", pad);
}

}  // namespace dn
