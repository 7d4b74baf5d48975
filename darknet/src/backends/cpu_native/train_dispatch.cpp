// Picks the instruction set of the kernels of training, and the algorithm of a weights' gradient.
#include "train_api.h"

namespace dn::cpu {

#if defined(__x86_64__)
namespace avx512 {
extern const TrainTable train_table;
}
namespace avx2 {
extern const TrainTable train_table;
}
#endif
#if defined(DN_AVX512BF16)
namespace avx512bf16 {
extern const GradientTable bf16_gradient_table;
}
#endif
namespace baseline {
extern const TrainTable train_table;
}

namespace {

const TrainTable& table_of(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::Avx512) return avx512::train_table;
  if (isa == Isa::Avx2) return avx2::train_table;
#endif
  return baseline::train_table;
}

const TrainTable& best() { return table_of(best_isa()); }

GradientTable gradient_table_of(const GradientDesc& d) {
#if defined(DN_AVX512BF16)
  if (d.bf16_products) return avx512bf16::bf16_gradient_table;
#endif
  const TrainTable& table = table_of(d.isa);
  return {table.gradient_scratch, table.add_gradient};
}

bool can_do(const GradientDesc& d, GradientAlgo algo) {
  const ConvShape& s = d.shape;
  switch (algo) {
    case GradientAlgo::Direct:
      return s.groups == 1;
    case GradientAlgo::Depthwise:
      return !d.plain_src && s.groups == s.c && s.groups == s.k;
    case GradientAlgo::Winograd:
      return !d.plain_src && s.groups == 1 && s.kh == 3 && s.kw == 3 && s.stride_y == 1 &&
             s.stride_x == 1 && s.dilation == 1;
    default:
      return false;
  }
}

// Winograd multiplies a quarter as often, where its tiles fit the map; the transforms cost as much
// as a dozen channels more.
GradientAlgo choose(const GradientDesc& d) {
  if (can_do(d, GradientAlgo::Depthwise) && d.shape.groups > 1) return GradientAlgo::Depthwise;
  if (!can_do(d, GradientAlgo::Winograd)) return GradientAlgo::Direct;
  const ConvShape& s = d.shape;
  const double tiles = double((s.oh + 3) / 4) * ((s.ow + 3) / 4);
  const double product = d.bf16_products ? 0.5 : 1;
  const double transforms = product + 17. * (1. / s.c + 1. / s.k);
  return 36 * tiles * transforms < product * 9. * s.oh * s.ow ? GradientAlgo::Winograd
                                                              : GradientAlgo::Direct;
}

}  // namespace

GradientDesc plan_gradient(const GradientDesc& desc) {
  GradientDesc d = desc;
  if (d.algo == GradientAlgo::Auto) d.algo = choose(d);
  if (!can_do(d, d.algo)) d.algo = GradientAlgo::Unsupported;
  if (d.plain_src || d.algo == GradientAlgo::Depthwise || d.isa != Isa::Avx512 ||
      !has_bf16_products())
    d.bf16_products = false;
  return d;
}

size_t gradient_scratch_bytes(const GradientDesc& desc, int threads) {
  return gradient_table_of(desc).scratch(desc, threads);
}

void add_gradient(const GradientDesc& desc, Source src, Source out_delta, float* gradient,
                  void* scratch, int threads) {
  gradient_table_of(desc).add(desc, src, out_delta, gradient, (float*)scratch, threads);
}

// Sums of each image and channel block: mean and squares, or two sums, as doubles.
size_t norm_scratch_bytes(const NormShape& s) {
  const size_t c = size_t((s.c + kBlock - 1) / kBlock * kBlock);
  return size_t(s.n) * c * 2 * sizeof(double) + 5 * c * sizeof(float);
}

void norm_forward(const NormShape& shape, Source src, const float* scales, const float* biases,
                  float* mean, float* variance, Target dst, void* scratch, int threads) {
  best().norm_forward(shape, src, scales, biases, mean, variance, dst, (float*)scratch, threads);
}

void norm_again(const NormShape& shape, Source src, const float* scales, const float* biases,
                const float* mean, const float* variance, Target dst, void* scratch, int threads) {
  best().norm_again(shape, src, scales, biases, mean, variance, dst, (float*)scratch, threads);
}

void norm_backward(const NormShape& shape, const NormBackward& norm, Source src, Source out_delta,
                   Target in_delta, void* scratch, int threads) {
  best().norm_backward(shape, norm, src, out_delta, in_delta, (float*)scratch, threads);
}

size_t connected_back_scratch_bytes(const ConnectedShape& shape, int threads) {
  return best().connected_back_scratch(shape) * size_t(threads);
}

void connected_delta(const ConnectedShape& shape, const float* weights, Source out_delta,
                     Target in_delta, bool add, void* scratch, int threads) {
  best().connected_delta(shape, weights, out_delta, in_delta, add, (float*)scratch, threads);
}

void connected_gradient(const ConnectedShape& shape, Source src, Source out_delta, float* gradient,
                        void* scratch, int threads) {
  best().connected_gradient(shape, src, out_delta, gradient, (float*)scratch, threads);
}

void activate_backward(int n, int c, int h, int w, Act act, Source src, Source out_delta,
                       Target in_delta, bool add, int threads) {
  best().activate_backward(n, c, h, w, act, src, out_delta, in_delta, add, threads);
}

void add_channel_sums(int n, int c, int h, int w, Source src, float* sums, float* scratch,
                      int threads) {
  best().add_channel_sums(n, c, h, w, src, sums, scratch, threads);
}

void add_to(int n, int c, int h, int w, Source src, Target dst, int threads) {
  best().add_to(n, c, h, w, src, dst, threads);
}

void add_channels(const ChannelCopy& copy, Source src, Target dst, bool add, int threads) {
  best().add_channels(copy, src, dst, add, threads);
}

void max_pool_forward(const PoolShape& shape, Source src, Target dst, uint8_t* chosen,
                      int threads) {
  best().max_pool_forward(shape, src, dst, chosen, threads);
}

void max_pool_backward(const PoolShape& shape, const uint8_t* chosen, Source out_delta,
                       Target in_delta, bool add, int threads) {
  best().max_pool_backward(shape, chosen, out_delta, in_delta, add, threads);
}

void upsample_backward(int n, int c, int h, int w, int stride, float scale, Source out_delta,
                       Target in_delta, bool add, int threads) {
  best().upsample_backward(n, c, h, w, stride, scale, out_delta, in_delta, add, threads);
}

void drop_forward(const DropShape& shape, uint64_t seed, Source src, Target dst, uint16_t* kept,
                  int threads) {
  best().drop_forward(shape, seed, src, dst, kept, threads);
}

void drop_backward(const DropShape& shape, const uint16_t* kept, Source out_delta, Target in_delta,
                   bool add, int threads) {
  best().drop_backward(shape, kept, out_delta, in_delta, add, threads);
}

void spread_phase(const Phase& phase, Source src, Target dst, bool add, int threads) {
  best().spread_phase(phase, src, dst, add, threads);
}

bool all_finite(int64_t size, const float* numbers, int threads) {
  return best().all_finite(size, numbers, threads);
}

void momentum_update(const MomentumUpdate& update, int64_t size, float* value, float* gradient,
                     int threads) {
  best().momentum_update(update, size, value, gradient, threads);
}

}  // namespace dn::cpu
