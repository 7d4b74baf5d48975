// 1x1 convolution of float32 tensors that multiplies 16-bit integers (ConvAlgo::DirectInt16), two
// products at once where float32 has one.
//
// Weights become integers when they are packed, with a power of two for each filter; inputs on
// their way into a thread's scratch, with one for each run of pixels. The products of b bits of
// input and the weights' bits are summed in 32 bits, exactly: the weights get as many bits as the
// sum of a filter's magnitudes leaves them, so that no input can make it overflow. With a hundred
// channels that is some 13 bits of each factor, relative to the largest input of the run and
// weight of the filter: a number far larger than all others makes those of its run coarser.
//
// The output is cut into tiles of a few pixels of the map as one long row, and these are gathered
// to runs of a few tiles of one size. A thread works through its runs in chunks whose integers stay
// in the second-level cache.
//
// A depthwise convolution in front may be done run by run on the way (conv_depthwise_int16): its
// results stay in cache and are never floats of a map.
#include "depthwise_row.h"
#include "register_tile_int16.h"
#include "tile_work.h"

namespace dn::cpu::DN_ISA {
namespace {

constexpr int kMostShift = 120;              // that 2 to it, and to minus it, are normal floats
constexpr int64_t kInputBudget = 128 << 10;  // bytes of integers of a chunk of runs
constexpr int64_t kRunBudget = 24 << 10;     // bytes of floats that the integers of a run are of
constexpr int kMostRunTiles = 4;
constexpr int kFewestRuns = 4;  // of a map: threads share them

struct Geometry {
  int n, c, k, pixels;           // pixels of a map
  int64_t src_plane, dst_plane;  // floats from one channel block to the next
  int blocks, pairs;             // of input channels
  int k_padded;                  // output channels, whole blocks
  int tile_channels;             // output channels of a register tile; the last may have fewer
  int channel_tiles;             // register tiles of output channels
  int tiles;                     // of the pixels of a map
  int tile_pixels, wider_tiles;  // pixels of a tile; the first so many have one more
  int wider_runs, runs;          // of those, and all of a map
  int64_t run_pairs;             // pairs of the input of the longest run
  int chunk_runs;                // per chunk
  int input_bits;                // magnitudes of inputs are at most 2 to this
};

// Halves of the 31 bits: with inputs a few times below their largest, both factors lose as much.
int input_bits(int c) {
  int bits = 15;
  while (bits > 8 && (int64_t)c << (2 * bits) > (int64_t)3 << 33) --bits;
  return bits;
}

Geometry geometry_of(const ConvDesc& d) {
  Geometry g;
  g.n = d.shape.n;
  g.c = d.shape.c;
  g.k = d.shape.k;
  g.pixels = d.shape.h * d.shape.w;
  g.src_plane = src_plane(d.shape) * kBlock;
  g.dst_plane = dst_plane(d.shape) * kBlock;
  g.blocks = ceil_div(g.c, kBlock);
  g.pairs = ceil_div(g.c, 2);
  g.k_padded = round_up(g.k, kBlock);
  g.tile_channels = pair_tile_channels(g.k_padded);
  g.channel_tiles = ceil_div(g.k_padded, g.tile_channels);
  g.tiles = ceil_div(g.pixels, pair_tile_pixels(least(g.k_padded, g.tile_channels)));
  g.tile_pixels = g.pixels / g.tiles;
  g.wider_tiles = g.pixels % g.tiles;
  const int widest = ceil_div(g.pixels, g.tiles);
  const int64_t fitting = kRunBudget / (4LL * widest * g.blocks * kBlock);
  const int run_tiles =
      (int)most<int64_t>(1, least(fitting, least<int64_t>(kMostRunTiles, g.tiles / kFewestRuns)));
  g.wider_runs = ceil_div(g.wider_tiles, run_tiles);
  g.runs = g.wider_runs + ceil_div(g.tiles - g.wider_tiles, run_tiles);
  g.run_pairs = (int64_t)g.blocks * round_up(run_tiles * widest, 2) * kBlockPairs;
  g.chunk_runs = (int)most<int64_t>(1, least<int64_t>(1024, kInputBudget / (4 * g.run_pairs)));
  g.input_bits = input_bits(g.c);
  return g;
}

// 2 to the `exponent`, which is that of a normal float.
DN_INLINE float power_of_two(int exponent) {
  const uint32_t bits = (uint32_t)(exponent + 127) << 23;
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

struct Job {
  Geometry g;
  bool plain_dst;
  const float* bias;
  const float* scale;
  const Pair* weights;
  const Depthwise* depthwise;  // what makes the input from `src`; null: that is the input
  Source src;
  Target dst;
  Epilogue e;
};

// Tiles of one size, each right behind the one before.
struct Run {
  int image, first;  // pixel
  int pixels;        // of a tile
  int tiles;
  int all_pixels() const { return pixels * tiles; }
};

Run run_of(const Geometry& g, int index) {
  const int image = g.n == 1 ? 0 : index / g.runs;
  int run = index - image * g.runs, runs = g.wider_runs, tile0 = 0, tiles = g.wider_tiles;
  if (run >= runs) {
    run -= runs;
    runs = g.runs - g.wider_runs;
    tile0 = g.wider_tiles;
    tiles = g.tiles - g.wider_tiles;
  }
  const int begin = tile0 + part(tiles, run, runs), end = tile0 + part(tiles, run + 1, runs);
  return {image, begin * g.tile_pixels + least(begin, g.wider_tiles),
          g.tile_pixels + (begin < g.wider_tiles), end - begin};
}

DN_INLINE int32_t largest_of(__m512i x) {
  const __m256i eight = _mm256_max_epi32(_mm512_maskz_extracti64x4_epi64(0xff, x, 0),
                                         _mm512_maskz_extracti64x4_epi64(0xff, x, 1));
  __m128i four = _mm_max_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  four = _mm_max_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  four = _mm_max_epi32(four, _mm_shuffle_epi32(four, 0xb1));
  return _mm_cvtsi128_si32(four);
}

// The largest magnitudes of the input of a run, lane by lane. Lanes behind the last channel may be
// another tensor's: they are not looked at.
vi largest_input(const Geometry& g, int pixels, const float* from) {
  const __mmask16 last = (__mmask16)(0xffffu >> (g.blocks * kBlock - g.c));
  vi largest = {};
  for (int b = 0; b < g.blocks; ++b, from += g.src_plane) {
    const __mmask16 mask = b + 1 < g.blocks ? 0xffff : last;
    for (int t = 0; t < pixels; ++t)
      largest = larger(largest, magnitude_bits((vf)_mm512_maskz_loadu_ps(mask, from + t * kBlock)));
  }
  return largest;
}

// From the low halves of 16 lanes of one pixel and of the next to their pairs.
DN_INLINE __m512i pairs_of(vf one, vf next) {
  alignas(64) static const uint16_t even[32] = {0,  2,  4,  6,  8,  10, 12, 14, 16, 18, 20,
                                                22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 42,
                                                44, 46, 48, 50, 52, 54, 56, 58, 60, 62};
  return _mm512_permutex2var_epi16((__m512i)one, _mm512_load_si512(even), (__m512i)next);
}

// Numbers become integers by an addition: their sum with `rounder` has them, rounded to nearest, in
// its low bits; negative ones as the complement. Where that would overflow (Huge), the numbers are
// made smaller first.
constexpr int kHugeExponent = 100, kHugeShift = 32;
template <bool Huge>
static void round_rows(const Geometry& g, int pixels, const float* from, int64_t plane, vf rounder,
                       Pair* to) {
  const vf less = splat(power_of_two(-kHugeShift));
  const auto rounded = [=](const float* x) {
    return Huge ? load(x) * less + rounder : load(x) + rounder;
  };
  for (int b = 0; b < g.blocks; ++b, from += plane) {
    const float* x = from;
    for (const float* end = x + pixels / 2 * 2 * kBlock; x < end; x += 2 * kBlock, to += kBlock)
      _mm512_storeu_si512(to, pairs_of(rounded(x), rounded(x + kBlock)));
    if (pixels % 2) {
      _mm512_storeu_si512(to, pairs_of(rounded(x), rounded(x)));
      to += kBlock;
    }
  }
}

// The input of a run, which begins at `from` with `plane` floats from one channel block to the
// next, as integers; returns what they are to be multiplied by. Lanes behind the last channel
// become anything: no weights are there, or zeros.
float round_input(const Geometry& g, int pixels, const float* from, int64_t plane, vi largest,
                  Pair* to) {
  // Of the next power of two; also for what would be rounded up to it in 15 bits, which are half of
  // 2^9 units of the significand away.
  const uint32_t rounded_up = (uint32_t)largest_of((__m512i)largest) + 0x100;
  const int exponent = (int)(rounded_up >> 23) - 127 + 1;
  const int shift = g.input_bits - most(exponent, g.input_bits - kMostShift);
  // In a float from 2^23 to 2^24 the lowest bit is 1.
  if (exponent <= kHugeExponent) {
    round_rows<false>(g, pixels, from, plane, splat(1.5f * power_of_two(23 - shift)), to);
  } else {
    const vf rounder = splat(1.5f * power_of_two(23 - shift - kHugeShift));
    round_rows<true>(g, pixels, from, plane, rounder, to);
  }
  return exponent > 128 ? __builtin_nanf("") : power_of_two(-shift);
}

// The same, of a run that a depthwise convolution makes first, in `floats`.
float make_input(const Job& job, const Run& run, float* floats, Pair* to) {
  const float* image = job.src.data + run.image * job.src.batch_stride;
  const int pixels = run.all_pixels();
  if (!job.depthwise) {
    const float* from = image + (int64_t)run.first * kBlock;
    return round_input(job.g, pixels, from, job.g.src_plane, largest_input(job.g, pixels, from),
                       to);
  }
  const int width = job.depthwise->s.ow;
  const int64_t plane = pixels * kBlock;
  vi largest = {};
  for (int done = 0; done < pixels;) {  // the part of the run in each row of the map
    const int y = (run.first + done) / width, x = (run.first + done) % width;
    const int end = least(width, x + pixels - done);
    largest = larger(largest, depthwise_span(*job.depthwise, image, 0, job.g.blocks, y, x, end,
                                             floats + done * kBlock, plane));
    done += end - x;
  }
  return round_input(job.g, pixels, floats, plane, largest, to);
}

// Runs the register tile of output channels that begins with `channel`.
void do_run(const Job& job, const Run& run, const Pair* src, float src_scale, int channel) {
  const Geometry& g = job.g;
  const int channels = least(g.tile_channels, g.k_padded - channel);
  const int64_t place = channel / kBlock * g.dst_plane + (int64_t)run.first * kBlock;
  alignas(64) float local[kMostRunTiles * kTilePixels * kTileChannels];
  const int pixels = run.all_pixels();
  const bool in_kernel = is_brief(job.e.act);
  PairTileJob tile_job;
  tile_job.src = src;
  tile_job.src_block = (int64_t)round_up(pixels, 2) * kBlockPairs;
  tile_job.tiles = run.tiles;
  tile_job.weights = job.weights + (int64_t)channel * g.pairs;
  tile_job.pairs = g.pairs;
  tile_job.scale = job.scale + channel;
  tile_job.src_scale = src_scale;
  tile_job.bias = job.bias + channel;
  tile_job.plane = job.plain_dst ? pixels * kBlock : g.dst_plane;
  tile_job.dst = job.plain_dst ? local : job.dst.data + run.image * job.dst.batch_stride + place;
  const float* residual =
      job.e.residual ? job.e.residual + run.image * job.e.residual_stride + place : nullptr;
  tile_job.residual = in_kernel ? residual : nullptr;
  tile_job.act = in_kernel ? job.e.act : Act::Linear;
  find_pair_kernel(channels, run.pixels)(&tile_job);
  for (int b = 0; b < channels / kBlock; ++b) {
    float* p = tile_job.dst + b * tile_job.plane;
    const int n = pixels * kBlock;
    if (!in_kernel) {
      apply(job.e.act, p, nullptr, p, n);
      if (residual) apply(job.e.act_after_residual, p, residual + b * tile_job.plane, p, n);
    } else if (residual && job.e.act_after_residual != Act::Linear) {
      apply(job.e.act_after_residual, p, nullptr, p, n);
    }
  }
  if (job.plain_dst) {
    write_plain(
        local, least(channels, g.k - channel), pixels,
        job.dst.data + run.image * job.dst.batch_stride + (int64_t)channel * g.pixels + run.first,
        g.pixels);
  }
}

// The scratch of a thread: the scales of a chunk's runs, then their integers, then the floats of
// one run where a depthwise convolution makes them.
int64_t scale_floats(const Geometry& g) { return round_up(g.chunk_runs, kBlock); }
int64_t thread_floats(const Geometry& g, bool depthwise) {
  return scale_floats(g) + g.chunk_runs * g.run_pairs + (depthwise ? 2 * g.run_pairs : 0);
}

void run_part(const Job& job, int run0, int run1, int k0, int k1, float* scales) {
  const Geometry& g = job.g;
  Pair* inputs = (Pair*)(scales + scale_floats(g));
  float* floats = (float*)(inputs + g.chunk_runs * g.run_pairs);
  const int chunks = ceil_div(run1 - run0, g.chunk_runs);
  for (int chunk = 0; chunk < chunks; ++chunk) {
    const int first = run0 + part(run1 - run0, chunk, chunks);
    const int count = run0 + part(run1 - run0, chunk + 1, chunks) - first;
    for (int i = 0; i < count; ++i)
      scales[i] = make_input(job, run_of(g, first + i), floats, inputs + i * g.run_pairs);
    for (int kt = k0; kt < k1; ++kt)
      for (int i = 0; i < count; ++i)
        do_run(job, run_of(g, first + i), inputs + i * g.run_pairs, scales[i],
               kt * g.tile_channels);
  }
}

// How many bits a filter's weights are shifted left to become integers: as many as the sums of
// products with the largest inputs allow, each weight rounded up.
int weight_shift(const Geometry& g, const float* filter) {
  double sum = 0, largest = 0;
  for (int c = 0; c < g.c; ++c) {
    const double magnitude = __builtin_fabs((double)filter[c]);
    sum += magnitude;
    largest = most(largest, magnitude);
  }
  const double room = (double)(0x7fffffff >> g.input_bits) - 0.5 * g.c;
  int shift = kMostShift;
  double factor = (double)power_of_two(shift);
  while (shift > -kMostShift && !(sum * factor <= room && largest * factor <= 32767))
    --shift, factor /= 2;
  return shift;
}

void run(const ConvDesc& d, const float* packed, const Depthwise* depthwise, Source src, Target dst,
         const Epilogue& e, float* scratch, int threads) {
  Job job;
  job.g = geometry_of(d);
  const Geometry& g = job.g;
  job.plain_dst = d.plain_dst;
  job.bias = packed;
  job.scale = packed + g.k_padded;
  job.weights = (const Pair*)(packed + 2 * g.k_padded);
  job.depthwise = depthwise;
  job.src = src;
  job.dst = dst;
  job.e = e;
  const int runs = g.n * g.runs;
  const Cut cut =
      cut_work(runs, g.channel_tiles, 2.0 * g.c * g.k, 4.0 * g.c * g.pixels * g.n, threads);
#pragma omp parallel for num_threads(threads) schedule(static, 1) if (threads > 1)
  for (int id = 0; id < threads; ++id) {
    const int pixel_part = id / cut.channels, channel_part = id % cut.channels;
    run_part(job, part(runs, pixel_part, cut.pixels), part(runs, pixel_part + 1, cut.pixels),
             part(g.channel_tiles, channel_part, cut.channels),
             part(g.channel_tiles, channel_part + 1, cut.channels),
             scratch + (int64_t)id * thread_floats(g, depthwise));
  }
}

}  // namespace

size_t int16_packed_bytes(const ConvDesc& d) {
  const Geometry g = geometry_of(d);
  return 4 * (size_t)g.k_padded * (2 + g.pairs);
}

size_t int16_scratch_bytes(const ConvDesc& d, int threads) {
  return 4 * (size_t)threads * thread_floats(geometry_of(d), false);
}

// packed: bias[k padded], scale[k padded], then for each register tile of channels
// [pair][channel of the tile].
void pack_int16(const ConvDesc& d, const float* weights, const float* bias, float* packed, int) {
  const Geometry g = geometry_of(d);
  float* scale = packed + g.k_padded;
  Pair* to = (Pair*)(scale + g.k_padded);
  for (int k = 0; k < g.k_padded; ++k) {
    packed[k] = bias && k < g.k ? bias[k] : 0.f;
    const float* filter = weights + (int64_t)k * g.c;
    const int shift = k < g.k ? weight_shift(g, filter) : 0;
    scale[k] = power_of_two(-shift);
    const float factor = power_of_two(shift);
    const int k0 = k / g.tile_channels * g.tile_channels;
    const int width = least(g.tile_channels, g.k_padded - k0);
    for (int pair = 0; pair < g.pairs; ++pair) {
      Pair both = 0;
      for (int i = 0; i < 2; ++i) {
        const int c = 2 * pair + i;
        if (k >= g.k || c >= g.c) continue;
        const int rounded = (int)__builtin_rintf(filter[c] * factor);
        both |= (Pair)(uint16_t)rounded << (16 * i);
      }
      to[(int64_t)k0 * g.pairs + (int64_t)pair * width + k - k0] = both;
    }
  }
}

void conv_int16(const ConvDesc& d, const float* packed, Source src, Target dst, const Epilogue& e,
                float* scratch, int threads) {
  run(d, packed, nullptr, src, dst, e, scratch, threads);
}

size_t depthwise_int16_scratch_bytes(const ConvDesc& d) {
  return 4 * (size_t)thread_floats(geometry_of(d), true);
}

void conv_depthwise_int16(const ConvDesc& depthwise, const float* depthwise_packed,
                          Act depthwise_act, const ConvDesc& d, const float* packed, Source src,
                          Target dst, const Epilogue& e, float* scratch) {
  const Depthwise first = depthwise_of(depthwise.shape, depthwise_packed, depthwise_act);
  run(d, packed, &first, src, dst, e, scratch, 1);
}

extern const ConvTable int16_table;
const ConvTable int16_table = {int16_packed_bytes, int16_scratch_bytes, pack_int16, conv_int16};

}  // namespace dn::cpu::DN_ISA
