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

// The way back of AddScaled: source cell i of one input.
struct SumInputDelta {
  const float *out_delta, *factors;
  float* in_delta;
  Shape from, to;
  bool per_channel;

  DN_HD void operator()(int64_t i) const {
    const int64_t sx = i % from.w, sy = i / from.w % from.h, k = i / from.plane() % from.c;
    if (k >= to.c) return;
    int64_t x = sx, y = sy;
    if (from.w < to.w) {
      x = sx * (to.w / from.w);
      y = sy * (to.h / from.h);
    } else {
      const int64_t step_x = from.w / to.w, step_y = from.h / to.h;
      if (sx % step_x || sy % step_y) return;
      x = sx / step_x;
      y = sy / step_y;
    }
    const int64_t at = ((i / from.size() * to.c + k) * to.h + y) * to.w + x;
    in_delta[i] += factors[per_channel ? k : 0] * out_delta[at];
  }
};

// compat: the normalisation of the weights counts as a constant. Inputs have one width and height
// where there are weights.
struct SumWeightsGradient {
  const float *in, *out_delta;
  float* gradient;
  Shape from, to;
  int64_t batch;
  bool per_channel;

  DN_HD void operator()(int64_t i) const {
    const int64_t shared = from.c < to.c ? from.c : to.c;
    const int64_t first = per_channel ? i : 0, end = per_channel ? i + 1 : shared;
    double sum = 0;
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t k = first; k < end && k < shared; ++k) {
        const float* z = in + (b * from.c + k) * from.plane();
        const float* d = out_delta + (b * to.c + k) * to.plane();
        float part = 0;
        for (int64_t p = 0; p < to.plane(); ++p) part += z[p] * d[p];
        sum += double(part);
      }
    gradient[i] += float(sum);
  }
};

// The factors of one channel: the weights of all inputs, made to sum to 1 where that is asked for.
struct NormalizeWeights {
  const float* weights;
  float* factors;
  int64_t inputs, channels;
  WeightsNormalization normalization;

  DN_HD void operator()(int64_t c) const {
    float shift = weights[c], sum = 1e-4f;
    for (int64_t i = 0; i < inputs; ++i) shift = fmaxf(shift, weights[i * channels + c]);
    for (int64_t i = 0; i < inputs; ++i) {
      const float w = weights[i * channels + c];
      const float v = normalization == WeightsNormalization::none   ? w
                      : normalization == WeightsNormalization::relu ? fmaxf(w, 0.f)
                                                                    : expf(w - shift);
      factors[i * channels + c] = v;
      sum += v;
    }
    if (normalization == WeightsNormalization::none) return;
    for (int64_t i = 0; i < inputs; ++i) factors[i * channels + c] /= sum;
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

TrainingMemory Sum::training_memory(const std::vector<Shape>&, const Shape&, int64_t) const {
  return {weights ? weights->size() : 0, 0};  // the normalised weights
}

void Sum::train_forward(const Context& context, const TrainArgs& args) const {
  Args used = args;
  const float* factors[] = {args.kept};
  if (weights) {
    const int64_t inputs = weights->dims()[0], channels = weights->size() / inputs;
    context.each(channels, NormalizeWeights{args.params[0].value, args.kept, inputs, channels,
                                            normalization});
    used.constants = factors;
  }
  forward(context, used);
}

void Sum::backward(const Context& context, const BackwardArgs& args) const {
  const float* factors = weights ? args.kept : args.constants[0];
  const int64_t stride = per_channel ? args.out_shape.c : 1;
  for (size_t k = 0; k < args.inputs; ++k) {
    const Shape from = args.in_shapes[k];
    const int64_t offset = int64_t(k) * stride;
    if (args.in_delta[k])
      context.each(args.batch * from.size(),
                   SumInputDelta{args.out_delta, factors + offset, args.in_delta[k], from,
                                 args.out_shape, per_channel});
    if (weights && args.params[0].gradient)
      context.each(stride,
                   SumWeightsGradient{args.in[k], args.out_delta, args.params[0].gradient + offset,
                                      from, args.out_shape, args.batch, per_channel});
  }
}

std::vector<Constant> Sum::constants() const {
  if (!weights) return {{"factors", {int64_t(factors.size())}, factors}};
  std::vector<float> w = weights->values();
  const int64_t inputs = weights->dims()[0], channels = weights->size() / inputs;
  const NormalizeWeights normalize{w.data(), w.data(), inputs, channels, normalization};
  for (int64_t c = 0; c < channels; ++c) normalize(c);
  return {{"factors", weights->dims(), std::move(w)}};
}

void Sum::describe(Json& json) const { json.field("per_channel", per_channel); }

}  // namespace dn
