// Kernels of ops other than convolution on blocked tensors.
#pragma once

#include "backends/cpu_native/kernels.h"
#include "backends/kernel.h"

namespace dn {

inline cpu::Source source(const View& view) {
  return {static_cast<const float*>(view.data), view.batch_stride};
}
inline cpu::Target target(const View& view) {
  return {static_cast<float*>(view.data), view.batch_stride};
}

// The fused form of an activation; false where there is none.
bool fused_activation(Activation activation, cpu::Act& act);

// Whether the op has a kernel that reads blocked tensors.
bool reads_blocked(const Op& op, const std::vector<Shape>& in);

// nullptr where there is none.
std::unique_ptr<Kernel> make_blocked_kernel(const KernelRequest& request);

}  // namespace dn
