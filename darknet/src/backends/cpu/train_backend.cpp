#include "backends/train_kernel.h"
namespace dn {
std::unique_ptr<TrainBackend> make_cpu_train_backend() { return make_reference_train_backend(); }
}  // namespace dn
