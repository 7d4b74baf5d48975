// The kernel every op has.
#pragma once

#include "backends/kernel.h"

namespace dn {

// The op's own functor on plain tensors.
std::unique_ptr<Kernel> make_reference_kernel(const KernelRequest& request);

// The op's constants as they are, in the network's cache.
std::vector<std::shared_ptr<const Buffer>> reference_constants(const KernelRequest& request);
// What follows the op, on its plain output; sums take the inputs from `extra` on.
void run_posts(const Op& op, const RunArgs& args, size_t extra);

}  // namespace dn
