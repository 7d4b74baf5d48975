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
struct ReorgForward {
  const float* x;
  float* y;
  int64_t c, h, w, stride;
  bool scatter;

  DN_HD void operator()(int64_t i) const {
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
    y[i] = x[b * size + from];
  }
};

struct SwapAxes {  // (rows, columns) to (columns, rows) of each image
  const float* x;
  float* y;
  int64_t rows, columns;
  DN_HD void operator()(int64_t i) const {
    const int64_t size = rows * columns, at = i % size;
    y[i] = x[i - at + at % rows * columns + at / rows];
  }
};

}  // namespace

void Reorg::forward(const Context& context, const Args& args) const {
  const Shape in = args.in_shapes[0], out = args.out_shape;
  const int64_t count = args.batch * out.size();
  if (reorg == Kind::channels_last || reorg == Kind::channels_first) {
    const int64_t rows = reorg == Kind::channels_last ? in.c : in.c * in.h;
    context.each(count, SwapAxes{args.in[0], args.out, rows, in.size() / rows});
    return;
  }
  const Shape nominal = reorg == Kind::classic ? in : out;
  context.each(
      count, ReorgForward{args.in[0], args.out, nominal.c, nominal.h, nominal.w, stride, reverse});
}

void Reorg::describe(Json& json) const {
  json.field("reorg", name_of(reorg)).field("stride", stride).field("reverse", reverse);
  json.field("keep_shape", keep_shape);
}

}  // namespace dn
