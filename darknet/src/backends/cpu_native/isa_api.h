// What each instruction set provides. Included by the per-ISA files and by dispatch.cpp.
#pragma once

#include "kernels.h"

namespace dn::cpu {

// Transformed weights of a Winograd (bytes) above which they are not kept: their kernels are, and
// are transformed whenever a block of tiles meets them.
constexpr int64_t kKeptTransformed = 6 << 20;

// The entry points that are compiled once per ISA; see kernels.h for what they do.
struct IsaTable {
  size_t (*packed_bytes)(const ConvDesc&);
  size_t (*scratch_bytes)(const ConvDesc&, int threads);
  void (*pack)(const ConvDesc&, const float* weights, const float* bias, float* packed,
               int threads);
  void (*conv)(const ConvDesc&, const float* packed, Source, Target, const Epilogue&,
               float* scratch, int threads);
  size_t (*max_pool_scratch)(const PoolShape&, int threads);
  void (*max_pool)(const PoolShape&, Source, Target, float* scratch, int threads);
  void (*upsample)(int n, int c, int h, int w, int stride, float scale, Source, Target,
                   int threads);
  void (*add)(int n, int c, int h, int w, Source a, Source b, Act, Target, int threads);
  void (*activate)(int n, int c, int h, int w, Source, Act, Target, int threads);
  void (*copy_channels)(const ChannelCopy&, Source, Target, int threads);
  void (*to_blocked)(int n, int c, int h, int w, Source plain, Target blocked, int threads);
  void (*to_plain)(int n, int c, int h, int w, Source blocked, Target plain, int threads);
  size_t (*connected_scratch)(const ConnectedShape&);
  void (*connected)(const ConnectedShape&, Source, const float* weights, const float* biases,
                    Target, float* scratch, int threads);
};

// The same for the convolutions that multiply 16-bit integers, and bfloat16: each have an ISA of
// their own.
struct ConvTable {
  size_t (*packed_bytes)(const ConvDesc&);
  size_t (*scratch_bytes)(const ConvDesc&, int threads);
  void (*pack)(const ConvDesc&, const float* weights, const float* bias, float* packed,
               int threads);
  void (*conv)(const ConvDesc&, const float* packed, Source, Target, const Epilogue&,
               float* scratch, int threads);
};

#if defined(DN_ISA)
namespace DN_ISA {

#define DN_CONV(name)                                                                       \
  size_t name##_packed_bytes(const ConvDesc&);                                              \
  size_t name##_scratch_bytes(const ConvDesc&, int threads);                                \
  void pack_##name(const ConvDesc&, const float* weights, const float* bias, float* packed, \
                   int threads);                                                            \
  void conv_##name(const ConvDesc&, const float* packed, Source, Target, const Epilogue&,   \
                   float* scratch, int threads);
DN_CONV(direct)
DN_CONV(depthwise)
DN_CONV(winograd)
#undef DN_CONV

size_t max_pool_scratch(const PoolShape&, int threads);
void max_pool(const PoolShape&, Source, Target, float* scratch, int threads);
void upsample(int n, int c, int h, int w, int stride, float scale, Source, Target, int threads);
void add(int n, int c, int h, int w, Source a, Source b, Act, Target, int threads);
void activate(int n, int c, int h, int w, Source, Act, Target, int threads);
void copy_channels(const ChannelCopy&, Source, Target, int threads);
void to_blocked(int n, int c, int h, int w, Source plain, Target blocked, int threads);
void to_plain(int n, int c, int h, int w, Source blocked, Target plain, int threads);
size_t connected_scratch(const ConnectedShape&);  // of one thread
void connected(const ConnectedShape&, Source, const float* weights, const float* biases, Target,
               float* scratch, int threads);

}  // namespace DN_ISA
#endif

}  // namespace dn::cpu
