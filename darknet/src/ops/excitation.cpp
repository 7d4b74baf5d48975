#include "ops/excitation.h"

#include <cmath>

#include "core/device_code.h"
#include "darknet/engine.h"
#include "ops/delta.h"

namespace dn {

namespace {

constexpr float kPi = 3.141592f;

struct RaisePlace {  // one place of one image: all its channels
  const float *in, *truth;
  float* out;
  Shape s;
  int64_t truths;
  float strength;

  DN_HD bool inside(int64_t b, int64_t x, int64_t y) const {
    for (int64_t t = 0; t + DN_TRUTH_SIZE <= truths; t += DN_TRUTH_SIZE) {
      const float* box = truth + b * truths + t;
      if (box[0] == 0) return false;
      const float w = float(s.w), h = float(s.h);
      // compat: the column at the right edge belongs to the box, the row at the lower does not
      if (float(x) >= floorf((box[0] - box[2] / 2) * w) &&
          float(x) <= ceilf((box[0] + box[2] / 2) * w) &&
          float(y) >= floorf((box[1] - box[3] / 2) * h) &&
          float(y) < ceilf((box[1] + box[3] / 2) * h))
        return true;
    }
    return false;
  }

  DN_HD void operator()(int64_t i) const {
    const int64_t b = i / s.plane(), p = i % s.plane();
    const float* from = in + b * s.size() + p;
    float* to = out + b * s.size() + p;
    float add = 0;
    if (inside(b, p % s.w, p / s.w)) {
      for (int64_t k = 0; k < s.c; ++k) add += from[k * s.plane()];
      add *= strength / float(s.c);
    }
    for (int64_t k = 0; k < s.c; ++k) to[k * s.plane()] = from[k * s.plane()] + add;
  }
};

struct CopyNumbers {
  const float* from;
  float* to;
  DN_HD void operator()(int64_t i) const { to[i] = from[i]; }
};

}  // namespace

float Excitation::strength(const TrainingMoment& moment) const {
  const float last = until > 1 ? until : float(moment.max_batches);
  const float now = float(moment.iteration);
  if (last <= 0 || now > last) return 0;
  return 1.f + std::cos(kPi * now / last);
}

void Excitation::forward(const Context& context, const Args& args) const {
  context.each(args.batch * args.out_shape.size(), CopyNumbers{args.in[0], args.out});
}

void Excitation::train_forward(const Context& context, const TrainArgs& args) const {
  const Shape s = args.out_shape;
  const float now = strength(args.moment);
  const bool boxes = args.moment.truth && args.moment.truths % DN_TRUTH_SIZE == 0;
  if (now == 0 || !boxes) return forward(context, args);
  context.each(args.batch * s.plane(),
               RaisePlace{args.in[0], args.moment.truth, args.out, s, args.moment.truths, now});
}

void Excitation::backward(const Context& context, const BackwardArgs& args) const {
  if (args.in_delta[0])
    context.each(args.batch * args.out_shape.size(),
                 AddScaledDelta{args.out_delta, args.in_delta[0], 1.f});
}

}  // namespace dn
