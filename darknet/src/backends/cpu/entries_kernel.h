// The activation of a detection head, many numbers at once.
#pragma once

#include "backends/kernel.h"

namespace dn {

// nullptr for other ops and for heads with a softmax.
std::unique_ptr<Kernel> make_entries_kernel(const KernelRequest& request);

}  // namespace dn
