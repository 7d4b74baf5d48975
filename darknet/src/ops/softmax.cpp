#include "ops/softmax.h"

#include "ops/delta.h"
#include "ops/softmax_group.h"

namespace dn {

Shape Softmax::shape(const std::vector<Shape>& in) const {
  if (in[0].size() % groups)
    fail(DN_ERROR_CFG, "groups=%lld does not divide the %lld inputs",
         static_cast<long long>(groups), static_cast<long long>(in[0].size()));
  int64_t total = rest;
  for (const int size : group_sizes) total += size;
  if (!group_sizes.empty() && total != in[0].size())
    fail(DN_ERROR_CFG, "the groups hold %lld numbers, expected the %lld inputs",
         static_cast<long long>(total), static_cast<long long>(in[0].size()));
  return in[0];
}

namespace {

struct Numbers {  // what a pass reads and writes; out_delta stands in backward only
  const float* in;
  float* out;
  const float* out_delta;
  float* in_delta;

  DN_HD void group(int64_t at, int64_t size, int64_t stride, float temperature) const {
    if (out_delta)
      softmax_group_backward(out + at, out_delta + at, in_delta + at, size, stride, temperature);
    else
      softmax_group(in + at, out + at, size, stride, temperature);
  }
  DN_HD void same(int64_t at) const {
    if (out_delta)
      in_delta[at] += out_delta[at];
    else
      out[at] = in[at];
  }
};

struct EqualGroups {
  Numbers numbers;
  int64_t size, stride, inner;  // stride between members; inner groups lie interleaved
  float temperature;
  DN_HD void operator()(int64_t i) const {
    numbers.group(i / inner * size * inner + i % inner, size, stride, temperature);
  }
};

struct Rest {
  Numbers numbers;
  int64_t first, size, image;
  DN_HD void operator()(int64_t i) const { numbers.same(i / size * image + first + i % size); }
};

struct OneGroup {  // one group of a tree, for every image
  Numbers numbers;
  int64_t first, size, image;
  float temperature;
  DN_HD void operator()(int64_t i) const { numbers.group(i * image + first, size, 1, temperature); }
};

void run(const Softmax& op, const Context& context, const Numbers& numbers, const Shape& s,
         int64_t batch) {
  if (op.spatial) {  // compat: AlexeyAB's CPU path ignores spatial=1; T is 1 there
    context.each(batch * s.plane(), EqualGroups{numbers, s.c, s.plane(), s.plane(), 1.f});
  } else if (!op.group_sizes.empty()) {
    int64_t first = 0;
    for (const int size : op.group_sizes) {
      context.each(batch, OneGroup{numbers, first, size, s.size(), op.temperature});
      first += size;
    }
    context.each(batch * op.rest, Rest{numbers, first, op.rest, s.size()});
  } else {
    context.each(batch * op.groups,
                 EqualGroups{numbers, s.size() / op.groups, 1, 1, op.temperature});
  }
}

}  // namespace

void Softmax::forward(const Context& context, const Args& args) const {
  run(*this, context, {args.in[0], args.out, nullptr, nullptr}, args.out_shape, args.batch);
}

void Softmax::backward(const Context& context, const BackwardArgs& args) const {
  if (!args.in_delta[0]) return;
  if (hands_on_delta)
    context.each(args.batch * args.out_shape.size(),
                 AddScaledDelta{args.out_delta, args.in_delta[0], 1.f});
  else
    run(*this, context, {nullptr, args.out, args.out_delta, args.in_delta[0]}, args.out_shape,
        args.batch);
}

void Softmax::describe(Json& json) const {
  json.field("groups", groups).list("group_sizes", group_sizes);
  json.field("spatial", spatial).field("temperature", double(temperature)).field("rest", rest);
}

}  // namespace dn
