// The kernel every op has.
#pragma once

#include "backends/kernel.h"

namespace dn {

// The op's own functor on plain tensors.
std::unique_ptr<Kernel> make_reference_kernel(const KernelRequest& request);

}  // namespace dn
