// Stands in where the engine is built without oneDNN.
#include "backends/kernel.h"

#ifndef DN_ONEDNN
namespace dn {

std::unique_ptr<Backend> make_onednn_backend() { return nullptr; }

}  // namespace dn
#endif
