#include "ops/softmax.h"

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

struct EqualGroups {
  const float* in;
  float* out;
  int64_t size, stride, inner;  // stride between members; inner groups lie interleaved
  float temperature;
  DN_HD void operator()(int64_t i) const {
    const int64_t at = i / inner * size * inner + i % inner;
    softmax_group(in + at, out + at, size, stride, temperature);
  }
};

struct Rest {
  const float* in;
  float* out;
  int64_t size, image;
  DN_HD void operator()(int64_t i) const {
    const int64_t at = i / size * image + i % size;
    out[at] = in[at];
  }
};

struct OneGroup {  // one group of a tree, for every image
  const float* in;
  float* out;
  int64_t size, image;
  float temperature;
  DN_HD void operator()(int64_t i) const {
    softmax_group(in + i * image, out + i * image, size, 1, temperature);
  }
};

}  // namespace

void Softmax::forward(const Context& context, const Args& args) const {
  const Shape s = args.out_shape;
  if (spatial) {  // compat: AlexeyAB's CPU path ignores spatial=1; T is 1 there
    context.each(args.batch * s.plane(),
                 EqualGroups{args.in[0], args.out, s.c, s.plane(), s.plane(), 1.f});
  } else if (!group_sizes.empty()) {
    int64_t offset = 0;
    for (const int size : group_sizes) {
      context.each(args.batch,
                   OneGroup{args.in[0] + offset, args.out + offset, size, s.size(), temperature});
      offset += size;
    }
    context.each(args.batch * rest, Rest{args.in[0] + offset, args.out + offset, rest, s.size()});
  } else {
    context.each(args.batch * groups,
                 EqualGroups{args.in[0], args.out, s.size() / groups, 1, 1, temperature});
  }
}

void Softmax::describe(Json& json) const {
  json.field("groups", groups).list("group_sizes", group_sizes);
  json.field("spatial", spatial).field("temperature", double(temperature)).field("rest", rest);
}

}  // namespace dn
