// What the tests of single kernels call: a convolution from plain numbers, for ctypes.
#include <cstdlib>
#include <cstring>

#include "backends/cpu_native/kernels.h"

using namespace dn::cpu;

namespace {

// Aligned, and filled with something nobody may read.
void* room(size_t bytes) {
  void* data = nullptr;
  const size_t rounded = (bytes + 63) / 64 * 64 + 64;
  if (posix_memalign(&data, 64, rounded)) std::abort();
  std::memset(data, 0xff, rounded);
  return data;
}

}  // namespace

#define BRIDGE extern "C" __attribute__((visibility("default")))

BRIDGE int multiplies_int16() { return has_int16_products(); }

// A 1x1 convolution. shape: n, c, h, w, k. Strides are in floats. Returns whether it multiplied
// integers.
BRIDGE int pointwise(const int* shape, int int16_products, int plain_dst, int act, int act_after,
                     int threads, const float* weights, const float* bias, const float* src,
                     int64_t src_stride, const float* residual, int64_t residual_stride, float* dst,
                     int64_t dst_stride) {
  ConvDesc desc;
  desc.shape = {shape[0], shape[1], shape[2], shape[3], shape[4], shape[2], shape[3], 1,
                1,        1,        1,        1,        0,        0,        1};
  desc.int16_products = int16_products;
  desc.plain_dst = plain_dst;
  const ConvPlan plan = plan_conv(desc);
  void* packed = room(plan.packed_bytes);
  void* scratch = room(conv_scratch_bytes(plan, threads));
  pack_conv(plan, weights, bias, packed, threads);
  Epilogue epilogue;
  epilogue.act = Act(act);
  epilogue.act_after_residual = Act(act_after);
  epilogue.residual = residual;
  epilogue.residual_stride = residual_stride;
  run_conv(plan, packed, {src, src_stride}, {dst, dst_stride}, epilogue, scratch, threads);
  std::free(packed);
  std::free(scratch);
  return plan.desc.algo == ConvAlgo::DirectInt16;
}
