// What dense convolutions multiply: words of four bytes. A word is a float; where a file is
// compiled for AVX512-BF16 it is a pair of bfloat16 numbers, whose two products are added to a
// float at once. Then a pixel of a channel block takes half as many words, and so do weights.
#pragma once

#include "simd.h"

#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

namespace dn::cpu::DN_ISA {

#if defined(__AVX512BF16__)

constexpr int kPerWord = 2;

// sum + a * b, lane by lane. As the processor has it, denormal numbers count as 0.
DN_INLINE vf multiply_add(vf sum, vf a, vf b) {
  return (vf)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
}

// The first `channels` of 16 lanes; the others are 0.
DN_INLINE vf load_channels(const float* from, int channels) {
  return (vf)_mm512_maskz_loadu_ps((__mmask16)(0xffffu >> (kBlock - channels)), from);
}

// Pairs of neighbouring lanes: 16 numbers to 8 words.
DN_INLINE void store_words(float* to, vf lanes) {
  _mm256_storeu_si256((__m256i_u*)to, (__m256i)_mm512_cvtneps_pbh((__m512)lanes));
}

// Words whose first numbers are `low` and second ones `high`.
DN_INLINE vf words_of(vf low, vf high) {
  const __m512i both = (__m512i)_mm512_cvtne2ps_pbh((__m512)high, (__m512)low);
  alignas(64) static const uint16_t order[32] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                                 21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                                 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  return (vf)_mm512_permutexvar_epi16(_mm512_load_si512(order), both);
}

// The first or second numbers of words.
DN_INLINE vf number_of(vf words, int which) {
  const vi bits = (vi)words;
  return (vf)(which == 0 ? bits << 16 : bits & (int32_t)0xffff0000);
}

// One word of two numbers.
DN_INLINE float word_of(const float* numbers) {
  const vf words = words_of(splat(numbers[0]), splat(numbers[1]));
  return words[0];
}

#else

constexpr int kPerWord = 1;

DN_INLINE vf multiply_add(vf sum, vf a, vf b) { return sum + a * b; }
DN_INLINE vf load_channels(const float* from, int) { return load(from); }
DN_INLINE void store_words(float* to, vf lanes) { store(to, lanes); }
DN_INLINE vf words_of(vf low, vf) { return low; }
DN_INLINE vf number_of(vf words, int) { return words; }
DN_INLINE float word_of(const float* numbers) { return numbers[0]; }

#endif

constexpr int kWords = kBlock / kPerWord;  // of a pixel in a channel block

}  // namespace dn::cpu::DN_ISA
