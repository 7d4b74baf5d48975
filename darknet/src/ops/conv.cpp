#include "ops/conv.h"

#include <cmath>

#include "ops/delta.h"

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
struct Binarize {
  const float* weights;
  float* binary;
  int64_t each;
  DN_HD void operator()(int64_t f) const {
    const float* w = weights + f * each;
    double mean = 0;
    for (int64_t i = 0; i < each; ++i) mean += fabs(double(w[i]));
    mean /= double(each);
    for (int64_t i = 0; i < each; ++i) binary[f * each + i] = float(w[i] > 0 ? mean : -mean);
  }
};

struct ConvGeometry {
  int64_t c, h, w, filters, oh, ow, size_y, size_x, stride_y, stride_x, dilation, groups, top, left;
};

struct ConvForward : ConvGeometry {
  const float *in, *weights, *biases;
  float* out;

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

struct ConvWeightsGradient : ConvGeometry {
  const float *in, *out_delta;
  float* gradient;
  int64_t batch;

  DN_HD void operator()(int64_t i) const {
    const int64_t each = c / groups;
    const int64_t kx = i % size_x, ky = i / size_x % size_y, k = i / (size_x * size_y) % each;
    const int64_t f = i / (size_x * size_y * each);
    const int64_t channel = f / (filters / groups) * each + k;
    float sum = 0;
    for (int64_t b = 0; b < batch; ++b) {
      const float* plane = in + (b * c + channel) * h * w;
      const float* deltas = out_delta + (b * filters + f) * oh * ow;
      for (int64_t y = 0; y < oh; ++y) {
        const int64_t sy = y * stride_y - top + ky * dilation;
        if (sy < 0 || sy >= h) continue;
        float part = 0;
        for (int64_t x = 0; x < ow; ++x) {
          const int64_t sx = x * stride_x - left + kx * dilation;
          if (sx >= 0 && sx < w) part += plane[sy * w + sx] * deltas[y * ow + x];
        }
        sum += part;
      }
    }
    gradient[i] += sum;
  }
};

struct ConvInputDelta : ConvGeometry {
  const float *weights, *out_delta;
  float* in_delta;

  // Gathers: cell sy was read by output y through tap ky where y * stride - top + ky * dilation
  // = sy.
  DN_HD void operator()(int64_t i) const {
    const int64_t sx = i % w, sy = i / w % h, channel = i / (w * h) % c, b = i / (w * h * c);
    const int64_t each = c / groups, members = filters / groups;
    const int64_t k = channel % each, first = channel / each * members;
    float sum = 0;
    for (int64_t f = first; f < first + members; ++f) {
      const float* deltas = out_delta + (b * filters + f) * oh * ow;
      const float* taps = weights + (f * each + k) * size_y * size_x;
      for (int64_t ky = 0; ky < size_y; ++ky) {
        const int64_t ty = sy + top - ky * dilation;
        if (ty < 0 || ty % stride_y || ty / stride_y >= oh) continue;
        const float* row = deltas + ty / stride_y * ow;
        for (int64_t kx = 0; kx < size_x; ++kx) {
          const int64_t tx = sx + left - kx * dilation;
          if (tx < 0 || tx % stride_x || tx / stride_x >= ow) continue;
          sum += row[tx / stride_x] * taps[ky * size_x + kx];
        }
      }
    }
    in_delta[i] += sum;
  }
};

ConvGeometry geometry_of(const Conv& conv, const Shape& in, const Shape& out) {
  return {in.c,          in.h,        in.w,         conv.filters,  out.h,
          out.w,         conv.size_y, conv.size_x,  conv.stride_y, conv.stride_x,
          conv.dilation, conv.groups, conv.pad_top, conv.pad_left};
}

}  // namespace

void Conv::forward(const Context& context, const Args& args) const {
  const ConvGeometry geometry = geometry_of(*this, args.in_shapes[0], args.out_shape);
  context.each(args.batch * args.out_shape.size(),
               ConvForward{geometry, args.in[0], args.constants[0], args.constants[1], args.out});
}

TrainingMemory Conv::training_memory(const std::vector<Shape>& in, const Shape&, int64_t) const {
  return {0, binary ? filters * (in[0].c / groups) * size_y * size_x : 0};
}

const float* Conv::used_weights(const Context& context, const TrainArgs& args) const {
  if (!binary) return args.constants[0];
  const int64_t each = args.in_shapes[0].c / groups * size_y * size_x;
  context.each(filters, Binarize{args.constants[0], args.scratch, each});
  return args.scratch;
}

void Conv::train_forward(const Context& context, const TrainArgs& args) const {
  const float* constants[] = {used_weights(context, args), args.constants[1]};
  Args used = args;
  used.constants = constants;
  forward(context, used);
}

void Conv::backward(const Context& context, const BackwardArgs& args) const {
  const Shape in = args.in_shapes[0], out = args.out_shape;
  const ConvGeometry geometry = geometry_of(*this, in, out);
  if (weights && args.params[0].gradient)  // of binary weights: handed on to the real ones
    context.each(filters * (in.c / groups) * size_y * size_x,
                 ConvWeightsGradient{geometry, args.in[0], args.out_delta, args.params[0].gradient,
                                     args.batch});
  if (weights && args.params[1].gradient)
    context.each(filters, SumOverPlanes{args.out_delta, args.params[1].gradient, args.batch,
                                        filters, out.plane()});
  if (args.in_delta[0])
    context.each(args.batch * in.size(), ConvInputDelta{geometry, used_weights(context, args),
                                                        args.out_delta, args.in_delta[0]});
}

std::vector<Constant> Conv::constants() const {
  std::vector<float> w = weights ? weights->values() : fixed_weights;
  std::vector<float> b = biases ? biases->values() : std::vector<float>();
  const int64_t each = static_cast<int64_t>(w.size()) / filters;
  if (binary) {
    const Binarize binarize{w.data(), w.data(), each};
    for (int64_t f = 0; f < filters; ++f) binarize(f);
  }
  if (folded) {
    const Affine affine = affine_of(folded, b);
    b.assign(affine.offset.begin(), affine.offset.end());
    for (int64_t f = 0; f < filters; ++f)
      for (int64_t i = 0; i < each; ++i) {
        float& value = w[size_t(f * each + i)];
        value = static_cast<float>(value * affine.factor[size_t(f)]);
      }
  }
  if (b.empty() || without_biases) b.assign(size_t(filters), 0.f);
  if (used_channels) {
    const int64_t taps = size_y * size_x;
    std::vector<float> part;
    for (int64_t f = 0; f < filters; ++f) {
      const auto from = w.begin() + f * each + first_channel * taps;
      part.insert(part.end(), from, from + used_channels * taps);
    }
    w.swap(part);
  }
  const int64_t channels = static_cast<int64_t>(w.size()) / (filters * size_y * size_x);
  return {{"weights", {filters, channels, size_y, size_x}, std::move(w)},
          {"biases", {filters}, std::move(b)}};
}

std::unique_ptr<Op> Conv::split_channels(int64_t first, int64_t count, int64_t all, int64_t height,
                                         int64_t width) {
  // fewer channels save less than adding their part costs
  constexpr int64_t kFewest = 16;
  const bool pointwise = size_y == 1 && size_x == 1 && stride_y == 1 && stride_x == 1 &&
                         pad_top == 0 && pad_left == 0 && groups == 1;
  if (!pointwise || !weights || used_channels || count < kFewest || count >= all) return nullptr;
  for (const Post& one : post)
    if (one.kind == Post::Kind::add) return nullptr;
  auto part = std::make_unique<Conv>(*this);
  part->post.clear();
  part->out_h = height;
  part->out_w = width;
  part->without_biases = true;
  part->first_channel = first;
  part->used_channels = count;
  first_channel = first == 0 ? count : 0;
  used_channels = all - count;
  post.insert(post.begin(), Post{Post::Kind::add, Activation::linear});
  return part;
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
