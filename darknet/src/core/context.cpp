#include "core/context.h"

#include <algorithm>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace dn {

int default_threads() {
#ifdef _OPENMP
  // the one respects the process's CPU affinity, the other OMP_NUM_THREADS
  return std::min(omp_get_num_procs(), omp_get_max_threads());
#else
  return 1;
#endif
}

}  // namespace dn
