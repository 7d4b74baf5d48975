#include "heads/element_loss.h"

#include <cmath>

#include "core/device_code.h"

namespace dn {

namespace {

constexpr float kLeastProbability = 1e-37f;  // its logarithm is finite

struct ElementError {
  ElementLoss::Kind kind;
  const float *output, *truth;
  float *delta, *error;
  float noobj, thresh, smooth, smooth_floor;

  DN_HD void operator()(int64_t i) const {
    using Kind = ElementLoss::Kind;
    const float p = output[i];
    float t = truth[i];
    const bool unknown = t == kUnknownTruth;
    if (smooth > 0 && !unknown) t = t * (1.f - smooth) + smooth_floor;
    float d = t - p, e = d * d;
    switch (kind) {
      case Kind::masked:
        if (unknown) d = e = 0;
        break;
      case Kind::smooth:  // Girshick, "Fast R-CNN", 2015, times 2
        if (fabsf(d) >= 1) {
          e = 2.f * fabsf(d) - 1.f;
          d = d > 0 ? 1.f : -1.f;
        }
        break;
      case Kind::seg:
        if (truth[i] == 0) {
          d *= noobj;
          e *= noobj;
        }
        break;
      case Kind::L1:
        e = fabsf(d);
        d = d > 0 ? 1.f : -1.f;
        break;
      case Kind::wgan:
        e = t != 0 ? -p : p;
        d = t > 0 ? 1.f : -1.f;
        break;
      case Kind::softmax:
        // compat: the error is not weighted with the truth; groups of a tree may be unknown
        e = t != 0 && !unknown ? -logf(fmaxf(p, kLeastProbability)) : 0.f;
        if (unknown) d = 0;
        break;
      case Kind::logistic:
        e = -t * logf(fmaxf(p, kLeastProbability)) -
            (1.f - t) * logf(fmaxf(1.f - p, kLeastProbability));
        break;
      default:
        break;
    }
    delta[i] = fabsf(d) < thresh ? 0.f : d;
    error[i] = e;
  }
};

}  // namespace

double ElementLoss::run(const Context& context, const LossArgs& args,
                        std::vector<LossPart>&) const {
  const int64_t size = args.shape.size(), count = args.batch * size;
  context.each(count, ElementError{kind, args.output, args.truth, args.delta, args.scratch, noobj,
                                   thresh / float(size), label_smooth, label_smooth / float(size)});
  double cost = 0;
  for (int64_t i = 0; i < count; ++i) cost += double(args.scratch[i]);
  return cost;
}

}  // namespace dn
