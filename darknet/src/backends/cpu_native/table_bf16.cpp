// The table through which the dispatchers reach the dense convolutions that multiply bfloat16.
#include "train_api.h"

namespace dn::cpu::DN_ISA {
namespace {

bool is_direct(const ConvDesc& d) { return d.algo == ConvAlgo::Direct; }
bool is_direct(const GradientDesc& d) { return d.algo == GradientAlgo::Direct; }

size_t packed_bytes(const ConvDesc& d) {
  return is_direct(d) ? direct_packed_bytes(d) : winograd_packed_bytes(d);
}

size_t scratch_bytes(const ConvDesc& d, int threads) {
  return is_direct(d) ? direct_scratch_bytes(d, threads) : winograd_scratch_bytes(d, threads);
}

void pack(const ConvDesc& d, const float* weights, const float* bias, float* packed, int threads) {
  (is_direct(d) ? pack_direct : pack_winograd)(d, weights, bias, packed, threads);
}

void conv(const ConvDesc& d, const float* packed, Source src, Target dst, const Epilogue& e,
          float* scratch, int threads) {
  (is_direct(d) ? conv_direct : conv_winograd)(d, packed, src, dst, e, scratch, threads);
}

size_t gradient_scratch(const GradientDesc& d, int threads) {
  return is_direct(d) ? direct_gradient_scratch(d, threads) : winograd_gradient_scratch(d, threads);
}

void add_gradient(const GradientDesc& d, Source src, Source out_delta, float* gradient,
                  float* scratch, int threads) {
  (is_direct(d) ? add_direct_gradient : add_winograd_gradient)(d, src, out_delta, gradient, scratch,
                                                               threads);
}

}  // namespace

extern const ConvTable bf16_table;
const ConvTable bf16_table = {packed_bytes, scratch_bytes, pack, conv};
extern const GradientTable bf16_gradient_table;
const GradientTable bf16_gradient_table = {gradient_scratch, add_gradient};

}  // namespace dn::cpu::DN_ISA
