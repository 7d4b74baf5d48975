#include "core/resize_taps.h"

#include <algorithm>
#include <cmath>

namespace dn {

std::vector<Tap> corner_taps(int from, int to) {
  std::vector<Tap> list(static_cast<size_t>(to));
  const float scale = to > 1 ? float(from - 1) / float(to - 1) : 0.f;
  for (int i = 0; i < to; ++i) {
    const float x = float(i) * scale;
    int first = std::min(static_cast<int>(x), from - 1);
    if (i == to - 1 || from == 1) first = from - 1;
    const int next = std::min(first + 1, from - 1);
    list[size_t(i)] = {first, next, first == next ? 0.f : x - float(first)};
  }
  return list;
}

std::vector<Tap> edge_taps(int from, int to) {
  std::vector<Tap> list(static_cast<size_t>(to));
  const double scale = double(from) / double(to);
  for (int i = 0; i < to; ++i) {
    const float x = float((i + 0.5) * scale - 0.5);
    const int first = static_cast<int>(std::floor(x));
    if (first < 0)
      list[size_t(i)] = {0, 0, 0.f};
    else if (first >= from - 1)
      list[size_t(i)] = {from - 1, from - 1, 0.f};
    else
      list[size_t(i)] = {first, first + 1, x - float(first)};
  }
  return list;
}

}  // namespace dn
