#include "ops/conv.h"

#include <cmath>

namespace dn {

Affine affine_of(const BatchnormParams& bn, const std::vector<float>& biases) {
  const std::vector<float> scales = bn.scales->values(), mean = bn.mean->values(),
                           variance = bn.variance->values();
  Affine affine;
  for (size_t c = 0; c < scales.size(); ++c) {
    const double factor = scales[c] / std::sqrt(double(variance[c]) + kBatchnormEpsilon);
    affine.factor.push_back(factor);
    affine.offset.push_back((biases.empty() ? 0. : double(biases[c])) - factor * mean[c]);
  }
  return affine;
}

Shape Conv::shape(const std::vector<Shape>& in) const {
  if (groups < 1 || in[0].c % groups || filters % groups)
    fail(DN_ERROR_CFG, "groups=%lld does not divide the %lld input channels and %lld filters",
         static_cast<long long>(groups), static_cast<long long>(in[0].c),
         static_cast<long long>(filters));
  return {filters, out_h, out_w};
}

namespace {

// Each filter becomes sign(w) * mean(|w|); sign(0) is -1.
void binarize(std::vector<float>& weights, int64_t filters) {
  const int64_t each = static_cast<int64_t>(weights.size()) / filters;
  for (int64_t f = 0; f < filters; ++f) {
    float* w = weights.data() + f * each;
    double mean = 0;
    for (int64_t i = 0; i < each; ++i) mean += std::fabs(w[i]);
    mean /= double(each);
    for (int64_t i = 0; i < each; ++i) w[i] = float(w[i] > 0 ? mean : -mean);
  }
}

struct ConvForward {
  const float *in, *weights, *biases;
  float* out;
  int64_t c, h, w, filters, oh, ow, size_y, size_x, stride_y, stride_x, dilation, groups, top, left;

  DN_HD void operator()(int64_t i) const {
    const int64_t x = i % ow, y = i / ow % oh, f = i / (ow * oh) % filters;
    const int64_t b = i / (ow * oh * filters);
    const int64_t each = c / groups, first = f / (filters / groups) * each;
    float sum = biases ? biases[f] : 0.f;
    for (int64_t k = 0; k < each; ++k) {
      const float* plane = in + ((b * c + first + k) * h) * w;
      const float* taps = weights + (f * each + k) * size_y * size_x;
      for (int64_t ky = 0; ky < size_y; ++ky) {
        const int64_t sy = y * stride_y - top + ky * dilation;
        if (sy < 0 || sy >= h) continue;
        for (int64_t kx = 0; kx < size_x; ++kx) {
          const int64_t sx = x * stride_x - left + kx * dilation;
          if (sx >= 0 && sx < w) sum += plane[sy * w + sx] * taps[ky * size_x + kx];
        }
      }
    }
    out[i] = sum;
  }
};

}  // namespace

void Conv::forward(const Context& context, const Args& args) const {
  const Shape in = args.in_shapes[0], out = args.out_shape;
  const ConvForward functor{args.in[0],
                            args.constants[0],
                            args.constants[1],
                            args.out,
                            in.c,
                            in.h,
                            in.w,
                            filters,
                            out.h,
                            out.w,
                            size_y,
                            size_x,
                            stride_y,
                            stride_x,
                            dilation,
                            groups,
                            pad_top,
                            pad_left};
  context.each(args.batch * out.size(), functor);
}

std::vector<Constant> Conv::constants() const {
  std::vector<float> w = weights ? weights->values() : fixed_weights;
  std::vector<float> b = biases ? biases->values() : std::vector<float>();
  if (binary) binarize(w, filters);
  const int64_t each = static_cast<int64_t>(w.size()) / filters;
  if (folded) {
    const Affine affine = affine_of(folded, b);
    b.assign(affine.offset.begin(), affine.offset.end());
    for (int64_t f = 0; f < filters; ++f)
      for (int64_t i = 0; i < each; ++i) {
        float& value = w[size_t(f * each + i)];
        value = static_cast<float>(value * affine.factor[size_t(f)]);
      }
  }
  if (b.empty()) b.assign(size_t(filters), 0.f);
  return {{"weights", {filters, each / (size_y * size_x), size_y, size_x}, std::move(w)},
          {"biases", {filters}, std::move(b)}};
}

double Conv::operations(const std::vector<Shape>& in, const Shape& out) const {
  return 2. * double(size_y * size_x * in[0].c / groups) * double(out.size());
}

void Conv::describe(Json& json) const {
  json.field("filters", filters).field("size_y", size_y).field("size_x", size_x);
  json.field("stride_y", stride_y).field("stride_x", stride_x).field("dilation", dilation);
  json.field("groups", groups).field("pad_top", pad_top).field("pad_left", pad_left);
}

}  // namespace dn
