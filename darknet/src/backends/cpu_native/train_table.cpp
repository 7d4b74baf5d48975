// The table through which train_dispatch.cpp reaches the code of one ISA.
#include "train_api.h"

namespace dn::cpu::DN_ISA {
namespace {

size_t gradient_scratch(const GradientDesc& d, int threads) {
  return d.algo == GradientAlgo::Winograd    ? winograd_gradient_scratch(d, threads)
         : d.algo == GradientAlgo::Depthwise ? depthwise_gradient_scratch(d, threads)
                                             : direct_gradient_scratch(d, threads);
}

void add_gradient(const GradientDesc& d, Source src, Source out_delta, float* gradient,
                  float* scratch, int threads) {
  auto f = d.algo == GradientAlgo::Winograd    ? add_winograd_gradient
           : d.algo == GradientAlgo::Depthwise ? add_depthwise_gradient
                                               : add_direct_gradient;
  f(d, src, out_delta, gradient, scratch, threads);
}

}  // namespace

extern const TrainTable train_table;
const TrainTable train_table = {gradient_scratch,
                                add_gradient,
                                norm_forward,
                                norm_again,
                                norm_backward,
                                connected_back_scratch,
                                connected_delta,
                                connected_gradient,
                                activate_backward,
                                add_channel_sums,
                                add_to,
                                add_channels,
                                max_pool_forward,
                                max_pool_backward,
                                upsample_backward,
                                drop_forward,
                                drop_backward,
                                spread_phase,
                                all_finite,
                                momentum_update};

}  // namespace dn::cpu::DN_ISA
