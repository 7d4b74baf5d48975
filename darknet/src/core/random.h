// Random numbers by counter: number i of a seed is the same on every device and in every order, so
// that a functor can draw its own (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// 2011; the mixing function is that of splitmix64: Steele, Lea, Flood 2014).
#pragma once

#include <cmath>
#include <cstdint>

#include "core/device_code.h"

namespace dn {

DN_HD inline uint64_t mix_bits(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// Number index of the stream of a seed.
DN_HD inline uint64_t random_bits(uint64_t seed, uint64_t index) {
  return mix_bits(seed + (index + 1) * 0x9E3779B97F4A7C15u);
}

// Uniform in [0, 1).
DN_HD inline float random_uniform(uint64_t seed, uint64_t index) {
  return float(random_bits(seed, index) >> 40) * 0x1p-24f;
}

// Standard normal (Box and Muller 1958), from numbers 2 index and 2 index + 1 of the stream.
DN_HD inline float random_normal(uint64_t seed, uint64_t index) {
  const float radius = sqrtf(-2.f * logf(1.f - random_uniform(seed, 2 * index)));
  return radius * cosf(6.2831853f * random_uniform(seed, 2 * index + 1));
}

// The seed of an independent stream.
DN_HD inline uint64_t substream(uint64_t seed, uint64_t number) {
  return mix_bits(mix_bits(seed + 0x632BE59BD9B4E019u) + number * 0x9E3779B97F4A7C15u);
}

}  // namespace dn
