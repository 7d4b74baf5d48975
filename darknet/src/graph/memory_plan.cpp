#include "graph/memory_plan.h"

#include <algorithm>

namespace dn {

constexpr size_t kAlign = 64;

size_t place_buffers(std::vector<Lifetime>& buffers, bool share) {
  std::vector<size_t> order(buffers.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return buffers[a].bytes > buffers[b].bytes; });
  size_t total = 0;
  std::vector<size_t> placed;  // by offset
  for (const size_t i : order) {
    Lifetime& buffer = buffers[i];
    const size_t bytes = (buffer.bytes + kAlign - 1) / kAlign * kAlign;
    size_t at = share ? 0 : total;
    for (const size_t k : placed) {
      const Lifetime& other = buffers[k];
      if (!share || other.last < buffer.first || buffer.last < other.first) continue;
      if (at + bytes <= other.offset) break;  // fits into the gap before it
      at = std::max(at, other.offset + (other.bytes + kAlign - 1) / kAlign * kAlign);
    }
    buffer.offset = at;
    total = std::max(total, at + bytes);
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), i,
                         [&](size_t a, size_t b) { return buffers[a].offset < buffers[b].offset; }),
        i);
  }
  return total;
}

}  // namespace dn
