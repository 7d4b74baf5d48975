#include "core/context.h"

#ifdef _OPENMP
#include <omp.h>
#endif

namespace dn {

int default_threads() {
#ifdef _OPENMP
  return omp_get_num_procs();  // respects the process's CPU affinity
#else
  return 1;
#endif
}

}  // namespace dn
