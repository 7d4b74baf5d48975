// Fully connected layers by the hand-made kernels.
#pragma once

#include "backends/cpu_native/kernels.h"
#include "backends/kernel.h"

namespace dn {

// nullptr for other ops.
std::unique_ptr<Kernel> make_connected_kernel(const KernelRequest& request);

// For few products waking threads takes longer.
inline int connected_threads(const cpu::ConnectedShape& shape, int threads) {
  constexpr int64_t kSerialProducts = 1 << 19;
  return int64_t(shape.n) * shape.inputs * shape.outputs < kSerialProducts ? 1 : threads;
}

}  // namespace dn
