#include "ops/recurrent.h"

#include <algorithm>

#include "ops/delta.h"

namespace dn {

namespace {

struct Copy {
  const float* from;
  float* to;
  DN_HD void operator()(int64_t i) const { to[i] = from[i]; }
};

struct Fill {
  float* to;
  float value;
  DN_HD void operator()(int64_t i) const { to[i] = value; }
};

struct ClampForward {
  const float* in;
  float* out;
  float bound;
  DN_HD void operator()(int64_t i) const {
    const bool finite = in[i] - in[i] == 0;
    out[i] = finite ? fminf(fmaxf(in[i], -bound), bound) : 0.f;
  }
};

struct ClampBackward {
  const float *in, *out_delta;
  float* in_delta;
  float bound;
  DN_HD void operator()(int64_t i) const {
    if (in[i] > -bound && in[i] < bound) in_delta[i] += out_delta[i];
  }
};

}  // namespace

void TimeSlice::forward(const Context& context, const Args& args) const {
  const int64_t count = args.batch * args.out_shape.size();
  context.each(count, Copy{args.in[0] + step * count, args.out});
}

void TimeSlice::backward(const Context& context, const BackwardArgs& args) const {
  const int64_t count = args.batch * args.out_shape.size();
  if (args.in_delta[0])
    context.each(count, AddScaledDelta{args.out_delta, args.in_delta[0] + step * count, 1.f});
}

void TimeJoin::forward(const Context& context, const Args& args) const {
  const int64_t count = args.batch / int64_t(args.inputs) * args.out_shape.size();
  for (size_t k = 0; k < args.inputs; ++k)
    context.each(count, Copy{args.in[k], args.out + int64_t(k) * count});
}

void TimeJoin::backward(const Context& context, const BackwardArgs& args) const {
  const int64_t count = args.batch / int64_t(args.inputs) * args.out_shape.size();
  for (size_t k = 0; k < args.inputs; ++k)
    if (args.in_delta[k])
      context.each(count,
                   AddScaledDelta{args.out_delta + int64_t(k) * count, args.in_delta[k], 1.f});
}

void Recall::forward(const Context& context, const Args& args) const {
  const int64_t count = args.batch * args.out_shape.size();
  if (int64_t(cell->size()) == count)
    context.each(count, Copy{cell->data(), args.out});
  else
    context.each(count, Fill{args.out, 0.f});
}

void Recall::reset_state(int64_t image) const {
  const size_t size = size_t(state.size());
  if (image < 0) {
    cell->clear();
    return;
  }
  const size_t first = size_t(image) * size;
  if (first + size <= cell->size())
    std::fill(cell->begin() + int64_t(first), cell->begin() + int64_t(first + size), 0.f);
}

void Remember::forward(const Context& context, const Args& args) const {
  const int64_t count = args.batch * args.out_shape.size();
  cell->resize(size_t(count));
  context.each(count, Copy{args.in[0], cell->data()});
  context.each(count, Copy{args.in[0], args.out});
}

void Remember::backward(const Context& context, const BackwardArgs& args) const {
  if (args.in_delta[0])
    context.each(args.batch * args.out_shape.size(),
                 AddScaledDelta{args.out_delta, args.in_delta[0], 1.f});
}

void ScaleDelta::forward(const Context& context, const Args& args) const {
  context.each(args.batch * args.out_shape.size(), Copy{args.in[0], args.out});
}

void ScaleDelta::backward(const Context& context, const BackwardArgs& args) const {
  if (args.in_delta[0])
    context.each(args.batch * args.out_shape.size(),
                 AddScaledDelta{args.out_delta, args.in_delta[0], factor});
}

void Clamp::forward(const Context& context, const Args& args) const {
  context.each(args.batch * args.out_shape.size(), ClampForward{args.in[0], args.out, bound});
}

void Clamp::backward(const Context& context, const BackwardArgs& args) const {
  if (args.in_delta[0])
    context.each(args.batch * args.out_shape.size(),
                 ClampBackward{args.in[0], args.out_delta, args.in_delta[0], bound});
}

}  // namespace dn
