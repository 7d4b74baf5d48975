// The SIMD vocabulary of the per-ISA files: one native vector type and what is done with it.
//
// Everything is in the namespace of the ISA and has internal linkage, so that no copy compiled for
// one instruction set can be linked into code for another.
#pragma once

#include <string.h>

#include "isa_api.h"

#define DN_INLINE static inline __attribute__((always_inline))
#define DN_MEMBER static inline __attribute__((always_inline))  // the same, in a struct

namespace dn::cpu::DN_ISA {

// VL: floats in a vector; kLanes: vectors in a channel block.
// kTilePixels x kTileVectors: accumulators of the largest register tile of the convolution; with
// the weights and the broadcast pixel they fill the register file.
#if defined(__AVX512F__)
constexpr int VL = 16, kTilePixels = 14, kTileVectors = 2;  // 28 + 2 + 1 of 32
#elif defined(__AVX2__)
constexpr int VL = 8, kTilePixels = 6, kTileVectors = 2;  // 12 + 2 + 1 of 16
#elif defined(__aarch64__)
constexpr int VL = 4, kTilePixels = 5, kTileVectors = 4;  // 20 + 4 + 1 of 32
#else
constexpr int VL = 4, kTilePixels = 2, kTileVectors = 4;  // 8 + 4 + 1 of 16, and a product
#endif
constexpr int kLanes = kBlock / VL;
constexpr int kTileChannels = kTileVectors * VL;  // output channels of a register tile: 16 or 32
// Pixels of a register tile of one channel block: as many accumulators, where a tile has two.
constexpr int kNarrowPixels = kTilePixels * kTileChannels / kBlock;
// Register tiles of fewer channels: half a block, where that is whole vectors.
constexpr int kHalfLanes = kLanes > 1 ? kLanes / 2 : 1;
constexpr int kFewestChannels = kHalfLanes * VL;
constexpr int kHalfPixels = kTilePixels * kTileVectors / kHalfLanes;
// Floats of the largest tile's outputs, as whole blocks.
constexpr int kTileFloats = kHalfPixels * kBlock;
static_assert(kTileFloats >= kTilePixels * kTileChannels, "the narrowest tile is the largest");
static_assert(kTileChannels % kBlock == 0, "a tile holds whole channel blocks");

typedef float vf __attribute__((vector_size(VL * 4)));
typedef int32_t vi __attribute__((vector_size(VL * 4)));
typedef vf vf_any __attribute__((aligned(4), may_alias));  // in memory, at any float's address

DN_INLINE vf load(const float* p) { return *(const vf_any*)p; }
DN_INLINE void store(float* p, vf v) { *(vf_any*)p = v; }
DN_INLINE vf splat(float x) { return x - vf{}; }
DN_INLINE vf vmax(vf a, vf b) { return a > b ? a : b; }
// 0 that the compiler does not know: else it makes a comparison and a mask of a maximum with it.
DN_INLINE vf hidden_zero() {
  vf zero = {};
#if defined(__x86_64__)
  asm("" : "+v"(zero));
#elif defined(__aarch64__)
  asm("" : "+w"(zero));
#endif
  return zero;
}
// An address the compiler does not know: what lies at constant distances is reached from there,
// instead of by as many addresses of their own.
template <typename Float>
DN_INLINE Float* hidden(Float* p) {
  asm("" : "+r"(p));
  return p;
}
DN_INLINE vf vmin(vf a, vf b) { return a < b ? a : b; }

template <typename T>
DN_INLINE T least(T a, T b) {
  return a < b ? a : b;
}
template <typename T>
DN_INLINE T most(T a, T b) {
  return a > b ? a : b;
}
DN_INLINE int ceil_div(int a, int b) { return (a + b - 1) / b; }
DN_INLINE int round_up(int a, int b) { return ceil_div(a, b) * b; }

// Part `i` of `parts` of [0, n): contiguous, sizes differ by at most one.
DN_INLINE int part(int n, int i, int parts) { return (int)((int64_t)n * i / parts); }
// The same, the wider parts first: neighbours have one size, but for once.
DN_INLINE int wider_first(int n, int i, int parts) { return n / parts * i + least(i, n % parts); }

}  // namespace dn::cpu::DN_ISA
