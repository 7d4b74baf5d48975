#include "ops/dropout.h"

#include <algorithm>

#include "core/random.h"
#include "ops/delta.h"

namespace dn {

namespace {

// The same numbers in both directions, for the seed is the same.
struct DropSingle {
  const float* from;
  float* to;
  uint64_t seed;
  float probability;
  bool add;
  DN_HD void operator()(int64_t i) const {
    const bool dropped = random_uniform(seed, uint64_t(i)) < probability;
    const float value = dropped ? 0.f : from[i] / (1.f - probability);
    to[i] = add ? to[i] + value : value;
  }
};

struct ChooseBlock {  // one channel of one image: the corner of its block, or -1
  float* corners;
  Shape s;
  uint64_t seed;
  float threshold;
  int64_t side;
  DN_HD void operator()(int64_t i) const {
    float least = threshold;
    int64_t at = -1;
    for (int64_t p = 0; p < s.plane(); ++p) {
      const float r = random_uniform(seed, uint64_t(i * s.plane() + p));
      if (r < least) {
        least = r;
        at = p;
      }
    }
    int64_t x = at % s.w, y = at / s.w;
    if (x > s.w - side) x = s.w - side;
    if (y > s.h - side) y = s.h - side;
    corners[2 * i] = at < 0 ? -1.f : float(x);
    corners[2 * i + 1] = at < 0 ? -1.f : float(y);
  }
};

struct ScaleImages {
  const float* corners;
  float* scales;
  Shape s;
  int64_t side;
  DN_HD void operator()(int64_t b) const {
    int64_t dropped = 0;
    for (int64_t k = 0; k < s.c; ++k)
      if (corners[2 * (b * s.c + k)] >= 0) dropped += side * side;
    scales[b] = dropped < s.size() ? 1.f / (1.f - float(dropped) / float(s.size())) : 0.f;
  }
};

struct DropBlocks {
  const float *from, *corners, *scales;
  float* to;
  Shape s;
  int64_t side;
  bool add;
  DN_HD void operator()(int64_t i) const {
    const int64_t x = i % s.w, y = i / s.w % s.h, channel = i / s.plane();
    const float cx = corners[2 * channel], cy = corners[2 * channel + 1];
    const bool dropped = cx >= 0 && float(x) >= cx && float(x) < cx + float(side) &&
                         float(y) >= cy && float(y) < cy + float(side);
    const float value = dropped ? 0.f : from[i] * scales[i / s.size()];
    to[i] = add ? to[i] + value : value;
  }
};

// How far a training has come, of the part in which blocks grow and become likelier.
float growth(const TrainingMoment& moment) {
  if (moment.max_batches <= 0) return 1.f;
  return std::min(1.f, float(moment.iteration) / (0.85f * float(moment.max_batches)));
}

int64_t block_side(const Dropout& op, const Shape& s, float grown) {
  const auto side = [&](int64_t length) {
    const float size = op.block_rel > 0 ? op.block_rel * float(length) : float(op.block_abs);
    return std::min(std::max(int64_t(size * grown), int64_t(1)), length);
  };
  return std::min(side(s.w), side(s.h));
}

}  // namespace

void Dropout::forward(const Context& context, const Args& args) const {
  context.each(args.batch * args.out_shape.size(), DropSingle{args.in[0], args.out, 0, 0.f, false});
}

void Dropout::train_forward(const Context& context, const TrainArgs& args) const {
  const Shape s = args.out_shape;
  const int64_t count = args.batch * s.size();
  if (!dropblock) {
    context.each(count, DropSingle{args.in[0], args.out, args.seed, probability, false});
    return;
  }
  const float grown = growth(args.moment);
  const int64_t side = block_side(*this, s, grown);
  float *corners = args.kept, *scales = args.kept + 2 * args.batch * s.c;
  const float threshold = probability * grown / float(side * side);
  context.each(args.batch * s.c, ChooseBlock{corners, s, args.seed, threshold, side});
  context.each(args.batch, ScaleImages{corners, scales, s, side});
  context.each(count, DropBlocks{args.in[0], corners, scales, args.out, s, side, false});
}

void Dropout::backward(const Context& context, const BackwardArgs& args) const {
  if (!args.in_delta[0]) return;
  const Shape s = args.out_shape;
  const int64_t count = args.batch * s.size();
  if (!dropblock) {
    context.each(count, DropSingle{args.out_delta, args.in_delta[0], args.seed, probability, true});
    return;
  }
  context.each(count,
               DropBlocks{args.out_delta, args.kept, args.kept + 2 * args.batch * s.c,
                          args.in_delta[0], s, block_side(*this, s, growth(args.moment)), true});
}

}  // namespace dn
