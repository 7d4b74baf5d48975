#include "ops/connected.h"

#include "ops/delta.h"

namespace dn {

namespace {

struct ConnectedForward {
  const float *in, *weights, *biases;
  float* out;
  int64_t inputs, outputs;

  DN_HD void operator()(int64_t i) const {
    const float* row = weights + i % outputs * inputs;
    const float* image = in + i / outputs * inputs;
    // eight partial sums: a single chain would wait for each addition
    float sums[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    int64_t k = 0;
    for (; k + 8 <= inputs; k += 8)
      for (int lane = 0; lane < 8; ++lane) sums[lane] += row[k + lane] * image[k + lane];
    float sum = biases ? biases[i % outputs] : 0.f;
    for (; k < inputs; ++k) sum += row[k] * image[k];
    for (int lane = 0; lane < 8; ++lane) sum += sums[lane];
    out[i] = sum;
  }
};

struct ConnectedWeightsGradient {
  const float *in, *out_delta;
  float* gradient;
  int64_t batch, inputs, outputs;
  DN_HD void operator()(int64_t i) const {
    const int64_t o = i / inputs, k = i % inputs;
    float sum = 0;
    for (int64_t b = 0; b < batch; ++b) sum += out_delta[b * outputs + o] * in[b * inputs + k];
    gradient[i] += sum;
  }
};

struct ConnectedInputDelta {
  const float *weights, *out_delta;
  float* in_delta;
  int64_t inputs, outputs;
  DN_HD void operator()(int64_t i) const {
    const float* deltas = out_delta + i / inputs * outputs;
    float sum = 0;
    for (int64_t o = 0; o < outputs; ++o) sum += deltas[o] * weights[o * inputs + i % inputs];
    in_delta[i] += sum;
  }
};

}  // namespace

void Connected::forward(const Context& context, const Args& args) const {
  context.each(args.batch * outputs,
               ConnectedForward{args.in[0], args.constants[0], args.constants[1], args.out,
                                args.in_shapes[0].size(), outputs});
}

void Connected::backward(const Context& context, const BackwardArgs& args) const {
  const int64_t inputs = args.in_shapes[0].size();
  if (float* gradient = args.params[0].gradient)
    context.each(outputs * inputs, ConnectedWeightsGradient{args.in[0], args.out_delta, gradient,
                                                            args.batch, inputs, outputs});
  if (float* gradient = args.params[1].gradient)
    context.each(outputs, SumOverImages{args.out_delta, gradient, args.batch, outputs});
  if (args.in_delta[0])
    context.each(args.batch * inputs, ConnectedInputDelta{args.params[0].value, args.out_delta,
                                                          args.in_delta[0], inputs, outputs});
}

std::vector<Constant> Connected::constants() const {
  std::vector<float> w = weights->values();
  std::vector<float> b = biases ? biases->values() : std::vector<float>(size_t(outputs), 0.f);
  const int64_t inputs = static_cast<int64_t>(w.size()) / outputs;
  if (folded) {
    const Affine affine = affine_of(folded, b);
    b.assign(affine.offset.begin(), affine.offset.end());
    for (int64_t o = 0; o < outputs; ++o)
      for (int64_t k = 0; k < inputs; ++k) {
        float& value = w[size_t(o * inputs + k)];
        value = static_cast<float>(value * affine.factor[size_t(o)]);
      }
  }
  return {{"weights", {outputs, inputs}, std::move(w)}, {"biases", {outputs}, std::move(b)}};
}

}  // namespace dn
