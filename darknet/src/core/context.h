// Where work runs: the device, its threads, and the launch of functors.
#pragma once

#include <cstdint>

#include "core/error.h"

namespace dn {

enum class Device { cpu, cuda };

struct Context {
  Device device = Device::cpu;
  int threads = 1;         // OpenMP threads of one launch
  void* stream = nullptr;  // cudaStream_t on the GPU

  // Runs f(i) for every i in [0, n). One call writes one output (gather), so no order is implied.
  template <typename F>
  void each(int64_t n, const F& f) const;
};

// A launch is not worth waking threads below this many calls.
constexpr int64_t kSerialBelow = 4096;

#ifdef __CUDACC__
template <typename F>
__global__ void each_kernel(int64_t n, const F f) {
  const int64_t step = int64_t(blockDim.x) * gridDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) f(i);
}
#endif

template <typename F>
void Context::each(int64_t n, const F& f) const {
  if (n <= 0) return;
#ifdef __CUDACC__
  if (device == Device::cuda) {
    const int64_t blocks = (n + 255) / 256;
    each_kernel<<<int(blocks < 65535 ? blocks : 65535), 256, 0,
                  static_cast<cudaStream_t>(stream)>>>(n, f);
    if (cudaGetLastError() != cudaSuccess)
      fail(DN_ERROR_DEVICE, "a CUDA kernel could not be launched");
    return;
  }
#endif
#ifdef _OPENMP
  if (threads > 1 && n >= kSerialBelow) {
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t i = 0; i < n; ++i) f(i);
    return;
  }
#endif
  for (int64_t i = 0; i < n; ++i) f(i);
}

// The number of threads a plan uses when none is asked for.
int default_threads();

}  // namespace dn
