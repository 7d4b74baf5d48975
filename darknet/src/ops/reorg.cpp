#include "ops/reorg.h"

namespace dn {

static const char* name_of(Reorg::Kind kind) {
  switch (kind) {
    case Reorg::Kind::classic:
      return "classic";
    case Reorg::Kind::spatial:
      return "spatial";
    case Reorg::Kind::channels_last:
      return "channels_last";
    default:
      return "channels_first";
  }
}

Shape Reorg::shape(const std::vector<Shape>& in) const {
  const Shape i = in[0];
  if (reorg == Kind::channels_last || reorg == Kind::channels_first)
    return keep_shape                     ? i
           : reorg == Kind::channels_last ? Shape{i.h, i.w, i.c}
                                          : Shape{i.w, i.c, i.h};
  const int64_t area = stride * stride;
  const bool fits =
      reverse ? i.c % area == 0 && i.c >= area : i.h % stride == 0 && i.w % stride == 0;
  if (!fits)
    fail(DN_ERROR_CFG, "an input of %s cannot be reordered with stride=%lld", i.text().c_str(),
         static_cast<long long>(stride));
  // the permutations divide the channels of their nominal size once more
  const Shape out = reverse ? Shape{i.c / area, i.h * stride, i.w * stride}
                            : Shape{i.c * area, i.h / stride, i.w / stride};
  const int64_t nominal = reorg == Kind::classic ? i.c : out.c;
  if (nominal % area)
    fail(DN_ERROR_CFG, "stride=%lld needs a multiple of %lld channels, found %lld",
         static_cast<long long>(stride), static_cast<long long>(area),
         static_cast<long long>(nominal));
  return out;
}

namespace {

// Darknet's index map between a tensor of nominal size (c, h, w) and its expanded counterpart.
// scatter: y[out] = x[in]; else y[in] = x[out]. Written as a gather in both directions.
struct ReorgMap {
  int64_t c, h, w, stride;
  bool scatter;

  DN_HD int64_t source(int64_t i) const {
    const int64_t size = c * h * w, b = i / size, at = i % size;
    const int64_t co = c / (stride * stride);
    int64_t from;
    if (scatter) {  // at is an index of the expanded tensor (co, h * stride, w * stride)
      const int64_t w2 = at % (w * stride), h2 = at / (w * stride) % (h * stride);
      const int64_t c2 = at / (w * stride * h * stride);
      const int64_t off = h2 % stride * stride + w2 % stride, k = off * co + c2;
      from = w2 / stride + w * (h2 / stride + h * k);
    } else {
      const int64_t px = at % w, py = at / w % h, k = at / (w * h);
      const int64_t c2 = k % co, off = k / co;
      const int64_t w2 = px * stride + off % stride, h2 = py * stride + off / stride;
      from = w2 + w * stride * (h2 + h * stride * c2);
    }
    return b * size + from;
  }
};

struct SwapMap {  // (rows, columns) to (columns, rows) of each image
  int64_t rows, columns;
  DN_HD int64_t source(int64_t i) const {
    const int64_t size = rows * columns, at = i % size;
    return i - at + at % rows * columns + at / rows;
  }
};

template <typename Map>
struct Permute {
  Map map;
  const float* x;
  float* y;
  DN_HD void operator()(int64_t i) const { y[i] = x[map.source(i)]; }
};

template <typename Map>
struct PermuteBack {
  Map map;
  const float* out_delta;
  float* in_delta;
  DN_HD void operator()(int64_t i) const { in_delta[map.source(i)] += out_delta[i]; }
};

SwapMap swap_map(const Reorg& op, const Shape& in) {
  const int64_t rows = op.reorg == Reorg::Kind::channels_last ? in.c : in.c * in.h;
  return {rows, in.size() / rows};
}

ReorgMap reorg_map(const Reorg& op, const Shape& in, const Shape& out) {
  const Shape nominal = op.reorg == Reorg::Kind::classic ? in : out;
  return {nominal.c, nominal.h, nominal.w, op.stride, op.reverse};
}

}  // namespace

void Reorg::forward(const Context& context, const Args& args) const {
  const Shape in = args.in_shapes[0], out = args.out_shape;
  const int64_t count = args.batch * out.size();
  if (swaps())
    context.each(count, Permute<SwapMap>{swap_map(*this, in), args.in[0], args.out});
  else
    context.each(count, Permute<ReorgMap>{reorg_map(*this, in, out), args.in[0], args.out});
}

void Reorg::backward(const Context& context, const BackwardArgs& args) const {
  if (!args.in_delta[0]) return;
  const Shape in = args.in_shapes[0], out = args.out_shape;
  const int64_t count = args.batch * out.size();
  if (swaps())
    context.each(count,
                 PermuteBack<SwapMap>{swap_map(*this, in), args.out_delta, args.in_delta[0]});
  else
    context.each(
        count, PermuteBack<ReorgMap>{reorg_map(*this, in, out), args.out_delta, args.in_delta[0]});
}

void Reorg::describe(Json& json) const {
  json.field("reorg", name_of(reorg)).field("stride", stride).field("reverse", reverse);
  json.field("keep_shape", keep_shape);
}

}  // namespace dn
