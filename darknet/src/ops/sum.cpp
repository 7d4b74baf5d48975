#include "ops/sum.h"

#include <algorithm>
#include <cmath>

namespace dn {

static bool multiple(int64_t a, int64_t b) { return a % b == 0 || b % a == 0; }

Shape Sum::shape(const std::vector<Shape>& in) const {
  for (const Shape& other : in) {
    const bool meets = multiple(other.w, in[0].w) && multiple(other.h, in[0].h) &&
                       other.w * in[0].h == other.h * in[0].w;
    if (!meets)
      fail(DN_ERROR_CFG, "inputs of %s and %s do not meet, expected sizes of an integer ratio",
           in[0].text().c_str(), other.text().c_str());
  }
  return in[0];
}

bool Sum::is_plain_sum(const std::vector<Shape>& in) const {
  if (weights) return false;
  for (const Shape& other : in)
    if (other != in[0]) return false;
  return std::all_of(factors.begin(), factors.end(), [](float f) { return f == 1; });
}

namespace {

struct AddScaled {  // out = factor * in + (first ? 0 : out)
  const float *in, *factors;
  float* out;
  Shape from, to;
  bool per_channel, first;

  DN_HD void operator()(int64_t i) const {
    const int64_t x = i % to.w, y = i / to.w % to.h, k = i / to.plane() % to.c;
    if (k >= from.c) {
      if (first) out[i] = 0;
      return;
    }
    // a larger source is sub-sampled; a smaller one is added to every n-th cell only, as
    // pjreddie/darknet does it
    int64_t sx = x * (from.w / to.w), sy = y * (from.h / to.h);
    if (from.w < to.w) {
      const int64_t step = to.w / from.w;
      if (x % step || y % step) return;
      sx = x / step;
      sy = y / step;
    }
    const float value = in[((i / to.size() * from.c + k) * from.h + sy) * from.w + sx];
    const float scaled = factors[per_channel ? k : 0] * value;
    out[i] = first ? scaled : out[i] + scaled;
  }
};

}  // namespace

void Sum::forward(const Context& context, const Args& args) const {
  const int64_t stride = per_channel ? args.out_shape.c : 1;
  for (size_t k = 0; k < args.inputs; ++k)
    context.each(args.batch * args.out_shape.size(),
                 AddScaled{args.in[k], args.constants[0] + int64_t(k) * stride, args.out,
                           args.in_shapes[k], args.out_shape, per_channel, k == 0});
}

std::vector<Constant> Sum::constants() const {
  if (!weights) return {{"factors", {int64_t(factors.size())}, factors}};
  std::vector<float> w = weights->values();
  const size_t inputs = size_t(weights->dims()[0]), channels = w.size() / inputs;
  for (size_t c = 0; c < channels && normalization != WeightsNormalization::none; ++c) {
    float shift = w[c], sum = 1e-4f;
    for (size_t i = 0; i < inputs; ++i) shift = std::max(shift, w[i * channels + c]);
    for (size_t i = 0; i < inputs; ++i) {
      float& v = w[i * channels + c];
      v = normalization == WeightsNormalization::relu ? std::max(v, 0.f) : std::exp(v - shift);
      sum += v;
    }
    for (size_t i = 0; i < inputs; ++i) w[i * channels + c] /= sum;
  }
  return {{"factors", weights->dims(), std::move(w)}};
}

void Sum::describe(Json& json) const { json.field("per_channel", per_channel); }

}  // namespace dn
