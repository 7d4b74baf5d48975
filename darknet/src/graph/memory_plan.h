// Places buffers in one arena so that those alive at the same time do not overlap.
#pragma once

#include <cstddef>
#include <vector>

namespace dn {

struct Lifetime {
  size_t bytes = 0;
  int first = 0, last = 0;  // steps, both inclusive
  size_t offset = 0;        // the result
};

// Sets every offset; returns the arena's size. Largest first, each at the lowest place that is
// free while it lives. share == false: every buffer has a place of its own.
size_t place_buffers(std::vector<Lifetime>& buffers, bool share);

}  // namespace dn
