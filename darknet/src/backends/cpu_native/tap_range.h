// Which outputs of a row have a tap inside the input.
#pragma once

#include "simd.h"

namespace dn::cpu::DN_ISA {

// The outputs o in [from, to) whose tap lies inside the input: first + o * stride in [0, size).
struct Range {
  int from, to;
};
static inline Range inside(int from, int to, int first, int stride, int size) {
  if (first < 0) from = most(from, ceil_div(-first, stride));
  const int room = size - 1 - first;
  to = room < 0 ? from : least(to, room / stride + 1);
  return {from, most(from, to)};
}

}  // namespace dn::cpu::DN_ISA
