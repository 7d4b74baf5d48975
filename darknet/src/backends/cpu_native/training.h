// Hand-made CPU kernels of training, f32: what backward passes need beside the kernels of
// kernels.h, on the same layouts and under the same rules. Gradients and deltas are negative
// gradients of the cost; gradients of parameters are added to.
#pragma once

#include "kernels.h"

namespace dn::cpu {

// ---- convolution: gradient of the weights -----------------------------------------------------

enum class GradientAlgo : int { Unsupported, Auto, Direct, Depthwise, Winograd };

struct GradientDesc {
  ConvShape shape;         // of the forward convolution
  bool plain_src = false;  // its input is NCHW (the image, few channels)
  // Inputs and deltas are rounded to bfloat16 before they are multiplied; as in ConvDesc.
  bool bf16_products = false;
  GradientAlgo algo = GradientAlgo::Auto;
  Isa isa = best_isa();
};

// Fills in the algorithm: Unsupported where there is none for the shape.
GradientDesc plan_gradient(const GradientDesc& desc);
size_t gradient_scratch_bytes(const GradientDesc& desc, int threads);
// `gradient` is in Darknet's order [k][c / groups][kh][kw].
void add_gradient(const GradientDesc& desc, Source src, Source out_delta, float* gradient,
                  void* scratch, int threads);

// ---- batch normalisation and activation -------------------------------------------------------

// y = act(scale * (x - mean) / sqrt(variance + epsilon) + bias), over all images and pixels of each
// channel. The variance is divided by N - 1, as Darknet does.
struct NormShape {
  int n, c;
  int64_t pixels;
  float epsilon;
  Act act;
};

size_t norm_scratch_bytes(const NormShape& shape);
// Writes mean and variance (c numbers each). `dst` may be the source.
void norm_forward(const NormShape& shape, Source src, const float* scales, const float* biases,
                  float* mean, float* variance, Target dst, void* scratch, int threads);
// The same with mean and variance given.
void norm_again(const NormShape& shape, Source src, const float* scales, const float* biases,
                const float* mean, const float* variance, Target dst, void* scratch, int threads);
// scales_gradient, biases_gradient: may be null. in_delta without data: not asked for; it may be
// out_delta, where `add` is false. fixed: mean and variance are not those of the batch; then no
// gradients are given.
struct NormBackward {
  const float *scales, *biases, *mean, *variance;
  float *scales_gradient, *biases_gradient;
  bool add, fixed;
};
void norm_backward(const NormShape& shape, const NormBackward& norm, Source src, Source out_delta,
                   Target in_delta, void* scratch, int threads);

// ---- fully connected ------------------------------------------------------------------------

size_t connected_back_scratch_bytes(const ConnectedShape& shape, int threads);
void connected_delta(const ConnectedShape& shape, const float* weights, Source out_delta,
                     Target in_delta, bool add, void* scratch, int threads);
// Added to `gradient`, which lies as weights do.
void connected_gradient(const ConnectedShape& shape, Source src, Source out_delta, float* gradient,
                        void* scratch, int threads);

// ---- others -----------------------------------------------------------------------------------

// in_delta = out_delta * act'(src), or added to it. in_delta may be out_delta.
void activate_backward(int n, int c, int h, int w, Act act, Source src, Source out_delta,
                       Target in_delta, bool add, int threads);

// Sums over images and pixels of each channel, added to `sums`. `scratch`: n * c padded floats.
void add_channel_sums(int n, int c, int h, int w, Source src, float* sums, float* scratch,
                      int threads);

// dst += src, c channels; dst may be a slice of more.
void add_to(int n, int c, int h, int w, Source src, Target dst, int threads);
// Copies or adds channels; any channel numbers, see ChannelCopy. Other lanes stay.
void add_channels(const ChannelCopy& copy, Source src, Target dst, bool add, int threads);

// Maximum; chosen[n][block][oh][ow][16] says which element of the window it was, for windows of at
// most kMostChosen elements.
constexpr int kMostChosen = 255;
void max_pool_forward(const PoolShape& shape, Source src, Target dst, uint8_t* chosen, int threads);
void max_pool_backward(const PoolShape& shape, const uint8_t* chosen, Source out_delta,
                       Target in_delta, bool add, int threads);

// The way back of upsample(): c, h, w are its input's.
void upsample_backward(int n, int c, int h, int w, int stride, float scale, Source out_delta,
                       Target in_delta, bool add, int threads);

// Zeroes numbers with this probability and divides the others by 1 - probability. Number i of the
// plain tensor is kept where uniform random number i of the seed is not below the probability.
// kept[n][block][pixel]: a bit for each lane.
struct DropShape {
  int n, c;
  int64_t pixels;
  float probability;
};
// drop_backward of a source, too, is what drop_forward made of it.
void drop_forward(const DropShape& shape, uint64_t seed, Source src, Target dst, uint16_t* kept,
                  int threads);
void drop_backward(const DropShape& shape, const uint16_t* kept, Source out_delta, Target in_delta,
                   bool add, int threads);

// Puts the pixels of `src`, [h of phase][w of phase], to the places first + step * i of a map: the
// phases of the input delta of a convolution with strides. src without data: zeros.
struct Phase {
  int n, c, h, w;  // of dst
  int first_y, first_x, step_y, step_x;
};
void spread_phase(const Phase& phase, Source src, Target dst, bool add, int threads);

// Optimiser, element by element: see train/solver.cpp.
bool all_finite(int64_t size, const float* numbers, int threads);
struct MomentumUpdate {
  float step, decay, momentum;
};
void momentum_update(const MomentumUpdate& update, int64_t size, float* value, float* gradient,
                     int threads);

}  // namespace dn::cpu
