// What each instruction set provides for training. Included by the per-ISA files and by
// train_dispatch.cpp.
#pragma once

#include "isa_api.h"
#include "training.h"

namespace dn::cpu {

// The entry points of training, compiled once per ISA; see training.h for what they do.
struct TrainTable {
  size_t (*gradient_scratch)(const GradientDesc&, int threads);
  void (*add_gradient)(const GradientDesc&, Source src, Source out_delta, float* gradient,
                       float* scratch, int threads);
  void (*norm_forward)(const NormShape&, Source, const float* scales, const float* biases,
                       float* mean, float* variance, Target, float* scratch, int threads);
  void (*norm_again)(const NormShape&, Source, const float* scales, const float* biases,
                     const float* mean, const float* variance, Target, float* scratch, int threads);
  void (*norm_backward)(const NormShape&, const NormBackward&, Source, Source out_delta, Target,
                        float* scratch, int threads);
  size_t (*connected_back_scratch)(const ConnectedShape&);
  void (*connected_delta)(const ConnectedShape&, const float* weights, Source out_delta, Target,
                          bool add, float* scratch, int threads);
  void (*connected_gradient)(const ConnectedShape&, Source src, Source out_delta, float* gradient,
                             float* scratch, int threads);
  void (*activate_backward)(int n, int c, int h, int w, Act, Source, Source out_delta, Target,
                            bool add, int threads);
  void (*add_channel_sums)(int n, int c, int h, int w, Source, float* sums, float* scratch,
                           int threads);
  void (*add_to)(int n, int c, int h, int w, Source, Target, int threads);
  void (*add_channels)(const ChannelCopy&, Source, Target, bool add, int threads);
  void (*max_pool_forward)(const PoolShape&, Source, Target, uint8_t* chosen, int threads);
  void (*max_pool_backward)(const PoolShape&, const uint8_t* chosen, Source, Target, bool add,
                            int threads);
  void (*upsample_backward)(int n, int c, int h, int w, int stride, float scale, Source, Target,
                            bool add, int threads);
  void (*drop_forward)(const DropShape&, uint64_t seed, Source, Target, uint16_t* kept,
                       int threads);
  void (*drop_backward)(const DropShape&, const uint16_t* kept, Source, Target, bool add,
                        int threads);
  void (*spread_phase)(const Phase&, Source, Target, bool add, int threads);
  bool (*all_finite)(int64_t size, const float* numbers, int threads);
  void (*momentum_update)(const MomentumUpdate&, int64_t size, float* value, float* gradient,
                          int threads);
};

// The same for the gradients that multiply bfloat16.
struct GradientTable {
  size_t (*scratch)(const GradientDesc&, int threads);
  void (*add)(const GradientDesc&, Source src, Source out_delta, float* gradient, float* scratch,
              int threads);
};

#if defined(DN_ISA)
namespace DN_ISA {

#define DN_GRADIENT(name)                                                                        \
  size_t name##_gradient_scratch(const GradientDesc&, int threads);                              \
  void add_##name##_gradient(const GradientDesc&, Source src, Source out_delta, float* gradient, \
                             float* scratch, int threads);
DN_GRADIENT(direct)
DN_GRADIENT(depthwise)
DN_GRADIENT(winograd)
#undef DN_GRADIENT

void norm_forward(const NormShape&, Source, const float* scales, const float* biases, float* mean,
                  float* variance, Target, float* scratch, int threads);
void norm_again(const NormShape&, Source, const float* scales, const float* biases,
                const float* mean, const float* variance, Target, float* scratch, int threads);
void norm_backward(const NormShape&, const NormBackward&, Source, Source out_delta, Target,
                   float* scratch, int threads);
size_t connected_back_scratch(const ConnectedShape&);  // of one thread
void connected_delta(const ConnectedShape&, const float* weights, Source out_delta, Target,
                     bool add, float* scratch, int threads);
void connected_gradient(const ConnectedShape&, Source src, Source out_delta, float* gradient,
                        float* scratch, int threads);
void activate_backward(int n, int c, int h, int w, Act, Source, Source out_delta, Target, bool add,
                       int threads);
void add_channel_sums(int n, int c, int h, int w, Source, float* sums, float* scratch, int threads);
void add_to(int n, int c, int h, int w, Source, Target, int threads);
void add_channels(const ChannelCopy&, Source, Target, bool add, int threads);
void max_pool_forward(const PoolShape&, Source, Target, uint8_t* chosen, int threads);
void max_pool_backward(const PoolShape&, const uint8_t* chosen, Source, Target, bool add,
                       int threads);
void upsample_backward(int n, int c, int h, int w, int stride, float scale, Source, Target,
                       bool add, int threads);
void drop_forward(const DropShape&, uint64_t seed, Source, Target, uint16_t* kept, int threads);
void drop_backward(const DropShape&, const uint16_t* kept, Source, Target, bool add, int threads);
void spread_phase(const Phase&, Source, Target, bool add, int threads);
bool all_finite(int64_t size, const float* numbers, int threads);
void momentum_update(const MomentumUpdate&, int64_t size, float* value, float* gradient,
                     int threads);

}  // namespace DN_ISA
#endif

}  // namespace dn::cpu
