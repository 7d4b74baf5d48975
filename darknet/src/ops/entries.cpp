#include "ops/entries.h"

#include "ops/delta.h"
#include "ops/softmax_group.h"

namespace dn {

Shape Entries::shape(const std::vector<Shape>& in) const {
  const int64_t expected = anchors * static_cast<int64_t>(rules.size());
  if (in[0].c != expected)
    fail(DN_ERROR_CFG,
         "the layer before has %lld channels, expected filters=%lld: %lld anchors of %lld entries",
         static_cast<long long>(in[0].c), static_cast<long long>(expected),
         static_cast<long long>(anchors), static_cast<long long>(rules.size()));
  return in[0];
}

namespace {

struct EntriesForward {
  const float *in, *rules;
  float* out;
  int64_t entries, plane;
  float scale;

  DN_HD void operator()(int64_t i) const {
    const int rule = int(rules[i / plane % entries]);
    float v = in[i];
    if (rule == int(EntryRule::sigmoid) || rule == int(EntryRule::sigmoid_scaled)) v = logistic(v);
    if (rule == int(EntryRule::sigmoid_scaled) || rule == int(EntryRule::scaled))
      v = scale * v - 0.5f * (scale - 1.f);
    out[i] = v;
  }
};

struct EntriesSoftmax {  // in place, one group of one anchor's cell
  float* out;
  int64_t entries, plane, first, size;
  DN_HD void operator()(int64_t i) const {
    float* group = out + (i / plane * entries + first) * plane + i % plane;
    softmax_group(group, group, size, plane, 1.f);
  }
};

}  // namespace

void Entries::forward(const Context& context, const Args& args) const {
  const Shape s = args.out_shape;
  const int64_t entries = static_cast<int64_t>(rules.size());
  context.each(args.batch * s.size(), EntriesForward{args.in[0], args.constants[0], args.out,
                                                     entries, s.plane(), scale_x_y});
  int64_t first = softmax_first;
  for (const int size : softmax_sizes) {
    context.each(args.batch * anchors * s.plane(),
                 EntriesSoftmax{args.out, entries, s.plane(), first, size});
    first += size;
  }
}

void Entries::backward(const Context& context, const BackwardArgs& args) const {
  if (args.in_delta[0])
    context.each(args.batch * args.out_shape.size(),
                 AddScaledDelta{args.out_delta, args.in_delta[0], 1.f});
}

std::vector<Constant> Entries::constants() const {
  Constant numbers{"rules", {int64_t(rules.size())}, {}};
  for (const EntryRule rule : rules) numbers.values.push_back(float(int(rule)));
  return {std::move(numbers)};
}

void Entries::describe(Json& json) const {
  json.field("anchors", anchors).field("entries", int64_t(rules.size()));
  json.field("scale_x_y", double(scale_x_y)).field("softmax_first", softmax_first);
  json.list("softmax_sizes", softmax_sizes).key("rules").begin_array();
  static const char* const names[] = {"raw", "sigmoid", "sigmoid_scaled", "scaled"};
  for (const EntryRule rule : rules) json.value(names[int(rule)]);
  json.end_array();
}

}  // namespace dn
