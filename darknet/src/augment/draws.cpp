#include "augment/draws.h"

namespace dn {

Draws::Draws(uint64_t seed, int64_t image, Stream stream, int tile)
    : key_{uint32_t(seed), uint32_t(seed >> 32)},
      counter_{0, uint32_t(stream) | uint32_t(tile) << 8, uint32_t(image),
               uint32_t(uint64_t(image) >> 32)} {}

void Draws::refill() {
  uint32_t c[4] = {counter_[0], counter_[1], counter_[2], counter_[3]};
  uint32_t k0 = key_[0], k1 = key_[1];
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t(0xD2511F53u) * c[0], b = uint64_t(0xCD9E8D57u) * c[2];
    const uint32_t c1 = c[1], c3 = c[3];
    c[0] = uint32_t(b >> 32) ^ c1 ^ k0;
    c[1] = uint32_t(b);
    c[2] = uint32_t(a >> 32) ^ c3 ^ k1;
    c[3] = uint32_t(a);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  for (int i = 0; i < 4; ++i) block_[i] = c[i];
  ++counter_[0];
  left_ = 4;
}

uint32_t Draws::next() {
  if (left_ == 0) refill();
  return block_[4 - left_--];
}

float Draws::uniform() { return float(next() >> 8) * 0x1p-24f; }

int Draws::integer(int low, int high) {
  if (high <= low) return low;
  const uint64_t range = uint64_t(int64_t(high) - low) + 1;
  return int(low + int64_t((uint64_t(next()) * range) >> 32));
}

float Draws::scale(float s) {
  const float factor = between(1.f, s);
  return coin() ? factor : 1.f / factor;
}

}  // namespace dn
