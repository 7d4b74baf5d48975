// The table through which dispatch.cpp reaches the code of one ISA.
#include "isa_api.h"

namespace dn::cpu::DN_ISA {
namespace {

bool is_winograd(const ConvDesc& d) {
  return d.algo == ConvAlgo::Winograd2 || d.algo == ConvAlgo::Winograd4 ||
         d.algo == ConvAlgo::WinogradStride2;
}

size_t packed_bytes(const ConvDesc& d) {
  return is_winograd(d)                  ? winograd_packed_bytes(d)
         : d.algo == ConvAlgo::Depthwise ? depthwise_packed_bytes(d)
                                         : direct_packed_bytes(d);
}

size_t scratch_bytes(const ConvDesc& d, int threads) {
  return is_winograd(d)                  ? winograd_scratch_bytes(d, threads)
         : d.algo == ConvAlgo::Depthwise ? depthwise_scratch_bytes(d, threads)
                                         : direct_scratch_bytes(d, threads);
}

void pack(const ConvDesc& d, const float* weights, const float* bias, float* packed, int threads) {
  auto f = is_winograd(d)                  ? pack_winograd
           : d.algo == ConvAlgo::Depthwise ? pack_depthwise
                                           : pack_direct;
  f(d, weights, bias, packed, threads);
}

void conv(const ConvDesc& d, const float* packed, Source src, Target dst, const Epilogue& e,
          float* scratch, int threads) {
  auto f = is_winograd(d)                  ? conv_winograd
           : d.algo == ConvAlgo::Depthwise ? conv_depthwise
                                           : conv_direct;
  f(d, packed, src, dst, e, scratch, threads);
}

}  // namespace

extern const IsaTable table;
const IsaTable table = {
    packed_bytes, scratch_bytes, pack,       conv,     max_pool_scratch,  max_pool, upsample, add,
    activate,     copy_channels, to_blocked, to_plain, connected_scratch, connected};

}  // namespace dn::cpu::DN_ISA
