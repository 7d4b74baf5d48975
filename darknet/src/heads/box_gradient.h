// How the overlap of a predicted box with its truth changes with the prediction.
#pragma once

#include "heads/box.h"

namespace dn {

struct BoxGradient {
  float x = 0, y = 0, w = 0, h = 0;
};

// A box by its edges.
struct Edges {
  float top, bottom, left, right;
  DN_HD explicit Edges(const Box& b)
      : top(b.y - b.h / 2), bottom(b.y + b.h / 2), left(b.x - b.w / 2), right(b.x + b.w / 2) {}
};

// The part of diou and ciou that draws centres together. compat: the signs of w and h are those of
// AlexeyAB's code, with which networks are trained.
DN_HD inline BoxGradient centre_gradient(const Box& p, const Box& t, Overlap kind, float shared) {
  const Edges a(p), b(t);
  const float cw = fmaxf(a.right, b.right) - fminf(a.left, b.left);
  const float ch = fmaxf(a.bottom, b.bottom) - fminf(a.top, b.top);
  const float d = cw * cw + ch * ch;
  const float s = (t.x - p.x) * (t.x - p.x) + (t.y - p.y) * (t.y - p.y);
  const float right = a.right > b.right, left = a.left < b.left;
  const float bottom = a.bottom > b.bottom, top = a.top < b.top;
  BoxGradient g;
  if (d > 0) {
    g.x = (2.f * (t.x - p.x) * d - 2.f * cw * (right - left) * s) / (d * d);
    g.y = (2.f * (t.y - p.y) * d - 2.f * ch * (bottom - top) * s) / (d * d);
    g.w = 2.f * cw * (0.5f * right + 0.5f * left) * s / (d * d);
    g.h = 2.f * ch * (0.5f * bottom + 0.5f * top) * s / (d * d);
  }
  if (kind == Overlap::ciou) {
    const AspectTerm aspect = aspect_term(p, t, shared);
    const float turn = 8.f / (3.14159265f * 3.14159265f) * aspect.alpha * aspect.difference;
    g.w += turn * p.h;
    g.h -= turn * p.w;
  }
  return g;
}

// Towards more overlap. compat: w and h get twice the true gradient, for it is not halved.
DN_HD inline BoxGradient overlap_gradient(Box p, const Box& t, Overlap kind) {
  if (p.w == 0) p.w = 1;
  if (p.h == 0) p.h = 1;
  const Edges a(p), b(t);
  const float area = (a.bottom - a.top) * (a.right - a.left);
  const float truth_area = (b.bottom - b.top) * (b.right - b.left);
  const float ih = fminf(a.bottom, b.bottom) - fmaxf(a.top, b.top);
  const float iw = fminf(a.right, b.right) - fmaxf(a.left, b.left);
  const float shared = iw * ih, joined = area + truth_area - shared;
  const bool apart = iw <= 0 || ih <= 0;
  // by top, bottom, left, right
  const float d_area[4] = {-(a.right - a.left), a.right - a.left, -(a.bottom - a.top),
                           a.bottom - a.top};
  const float d_shared[4] = {a.top > b.top ? -iw : 0.f, a.bottom < b.bottom ? iw : 0.f,
                             a.left > b.left ? -ih : 0.f, a.right < b.right ? ih : 0.f};
  const float cw = fmaxf(a.right, b.right) - fminf(a.left, b.left);
  const float ch = fmaxf(a.bottom, b.bottom) - fminf(a.top, b.top);
  const float around = cw * ch;
  const float d_around[4] = {a.top < b.top ? -cw : 0.f, a.bottom > b.bottom ? cw : 0.f,
                             a.left < b.left ? -ch : 0.f, a.right > b.right ? ch : 0.f};
  float g[4];
  for (int k = 0; k < 4; ++k) {
    const float d_joined = d_area[k] - d_shared[k];
    g[k] = joined > 0 ? (joined * d_shared[k] - shared * d_joined) / (joined * joined) : 0.f;
    if (kind != Overlap::giou) continue;
    const float empty =
        around > 0 ? (around * d_joined - joined * d_around[k]) / (around * around) : 0.f;
    g[k] = apart ? empty : g[k] + empty;
  }
  BoxGradient out = {g[2] + g[3], g[0] + g[1], g[3] - g[2], g[1] - g[0]};
  if (kind == Overlap::diou || kind == Overlap::ciou) {
    const BoxGradient q = centre_gradient(p, t, kind, joined > 0 ? shared / joined : 0.f);
    if (apart) return q;
    out = {out.x + q.x, out.y + q.y, out.w + q.w, out.h + q.h};
  }
  return out;
}

}  // namespace dn
