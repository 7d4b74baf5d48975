// Random numbers that depend on nothing but the seed, the image's number and what they are for:
// the same whatever thread asks, and in whatever order images are made.
#pragma once

#include <cstdint>

namespace dn {

// What numbers are for. Each use counts on its own, so one more draw here moves none there.
enum class Stream : uint32_t {
  source,    // which image of the list
  speed,     // of a sequence
  mix,       // whether images are combined
  mix_kind,  // cutmix or mosaic
  cut,       // where images that are combined meet
  geometry,  // jitter and flip
  zoom,      // resize
  color,     // hue, saturation, exposure
  defects,   // blur and noise, yes or no
  corner,    // mosaic: whether the tile is moved to the cut
  order,     // of labels
  noise,     // of every pixel
};

// Philox 4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011).
class Draws {
 public:
  // tile: which of the images that are combined into one.
  Draws(uint64_t seed, int64_t image, Stream stream, int tile = 0);

  uint32_t next();
  float uniform();  // [0, 1)
  float between(float low, float high) { return low + (high - low) * uniform(); }
  int integer(int low, int high);  // both included
  bool coin() { return (next() & 1) != 0; }

  // Between 1 and s, or the reciprocal of that, each half of the time.
  float scale(float s);

 private:
  void refill();

  uint32_t key_[2];
  uint32_t counter_[4];
  uint32_t block_[4];
  int left_ = 0;
};

}  // namespace dn
