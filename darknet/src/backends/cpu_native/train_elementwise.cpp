// Backward of activations, sums, copies and enlargement; dropout; the optimiser.
#include "activation_gradients.h"
#include "train_api.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace dn::cpu::DN_ISA {
namespace {

template <class Work>
void each_part(int64_t items, int threads, const Work& work) {
#pragma omp parallel for num_threads(threads) schedule(static, 1) if (threads > 1)
  for (int id = 0; id < threads; ++id) work(items * id / threads, items * (id + 1) / threads);
}

// Calls work(image, block) for every channel block.
template <class Work>
void each_block(int n, int blocks, int threads, const Work& work) {
  each_part((int64_t)n * blocks, threads, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) work((int)(i / blocks), (int)(i % blocks));
  });
}

DN_INLINE const float* at(const Source& s, int image, int64_t first) {
  return s.data + image * s.batch_stride + first;
}
DN_INLINE float* at(const Target& t, int image, int64_t first) {
  return t.data + image * t.batch_stride + first;
}

struct ActivateBackward {
  int n, blocks;
  int64_t plane;  // floats
  Source src, out_delta;
  Target in_delta;
  bool add;
  int threads;

  template <Act A>
  void run() const {
    each_block(n, blocks, threads, [&](int image, int block) {
      const float *x = at(src, image, block * plane), *d = at(out_delta, image, block * plane);
      float* to = at(in_delta, image, block * plane);
      for (int64_t i = 0; i < plane; i += VL) {
        const vf result = load(d + i) * act_slope<A>(load(x + i));
        store(to + i, add ? load(to + i) + result : result);
      }
    });
  }
};

}  // namespace

void activate_backward(int n, int c, int h, int w, Act act, Source src, Source out_delta,
                       Target in_delta, bool add, int threads) {
  with_act(act, ActivateBackward{n, ceil_div(c, kBlock), (int64_t)h * w * kBlock, src, out_delta,
                                 in_delta, add, threads});
}

void add_channel_sums(int n, int c, int h, int w, Source src, float* sums, float* scratch,
                      int threads) {
  const int blocks = ceil_div(c, kBlock);
  const int64_t plane = (int64_t)h * w * kBlock, chunk = 64 * kBlock;
  each_block(n, blocks, threads, [&](int image, int block) {
    const float* from = at(src, image, block * plane);
    for (int lane = 0; lane < kBlock; lane += VL) {
      vf sum = {};
      for (int64_t i0 = 0; i0 < plane; i0 += chunk) {
        vf here = {};
        for (int64_t i = i0; i < least(i0 + chunk, plane); i += kBlock)
          here += load(from + i + lane);
        sum += here;
      }
      store(scratch + (int64_t)(image * blocks + block) * kBlock + lane, sum);
    }
  });
  for (int k = 0; k < c; ++k) {
    double sum = 0;
    for (int image = 0; image < n; ++image)
      sum += (double)scratch[(int64_t)image * blocks * kBlock + k];
    sums[k] += (float)sum;
  }
}

void add_to(int n, int c, int h, int w, Source src, Target dst, int threads) {
  const int64_t plane = (int64_t)h * w * kBlock;
  each_block(n, ceil_div(c, kBlock), threads, [&](int image, int block) {
    const float* from = at(src, image, block * plane);
    float* to = at(dst, image, block * plane);
    for (int64_t i = 0; i < plane; i += VL) store(to + i, load(to + i) + load(from + i));
  });
}

void add_channels(const ChannelCopy& p, Source src, Target dst, bool add, int threads) {
  const int64_t pixels = (int64_t)p.h * p.w, plane = pixels * kBlock;
  const int end = p.dst_first + p.c, block0 = p.dst_first / kBlock;
  each_block(p.n, ceil_div(end, kBlock) - block0, threads, [&](int image, int b) {
    const int first = most(p.dst_first, (block0 + b) * kBlock);
    const int last = least(end, (block0 + b + 1) * kBlock);
    const int from = first - p.dst_first + p.src_first;
    float* out = at(dst, image, (block0 + b) * plane);
    if (first % kBlock == 0 && from % kBlock == 0 && last - first == kBlock) {
      const float* in = at(src, image, from / kBlock * plane);
      for (int64_t i = 0; i < plane; i += VL)
        store(out + i, add ? load(out + i) + load(in + i) : load(in + i));
      return;
    }
    // the lanes of a destination block come from at most two source blocks
    for (int k = first; k < last;) {
      const int source = from + (k - first), lanes = least(last - k, kBlock - source % kBlock);
      const float* s = at(src, image, source / kBlock * plane) + source % kBlock;
      float* d = out + k % kBlock;
      for (int64_t i = 0; i < pixels; ++i, s += kBlock, d += kBlock)
        for (int lane = 0; lane < lanes; ++lane) d[lane] = add ? d[lane] + s[lane] : s[lane];
      k += lanes;
    }
  });
}

void upsample_backward(int n, int c, int h, int w, int stride, float scale, Source out_delta,
                       Target in_delta, bool add, int threads) {
  const int blocks = ceil_div(c, kBlock);
  const int64_t row = (int64_t)w * stride * kBlock;
  each_block(n, blocks * h, threads, [&](int image, int i) {
    const float* from = at(out_delta, image, (int64_t)i * stride * row);
    float* to = at(in_delta, image, (int64_t)i * w * kBlock);
    for (int x = 0; x < w; ++x, from += stride * kBlock, to += kBlock) {
      for (int lane = 0; lane < kBlock; lane += VL) {
        vf sum = {};
        for (int dy = 0; dy < stride; ++dy)
          for (int dx = 0; dx < stride; ++dx) sum += load(from + dy * row + dx * kBlock + lane);
        sum = sum * splat(scale);
        store(to + lane, add ? load(to + lane) + sum : sum);
      }
    }
  });
}

// As core/random.h draws them, many at once.
constexpr int kRandomLanes = VL / 2;
typedef uint64_t vu __attribute__((vector_size(VL * 4)));

DN_INLINE vu mix_bits(vu z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// A bit for each number that is not below `least_kept`.
DN_INLINE int kept_bits(vu random, uint64_t least_kept) {
#if defined(__AVX512F__)
  return _mm512_cmpge_epu64_mask((__m512i)random, _mm512_set1_epi64((int64_t)least_kept));
#else
  int bits = 0;
  for (int i = 0; i < kRandomLanes; ++i) bits |= (random[i] >= least_kept) << i;
  return bits;
#endif
}

// Zeroes the numbers whose bit is 0, and lets the others grow.
void drop(const DropShape& s, const uint16_t* bits, const float* from, float* to, bool add) {
  const float grow = 1.f / (1.f - s.probability);
  for (int64_t p = 0; p < s.pixels; ++p) {
    for (int lane = 0; lane < kBlock; ++lane) {
      const int64_t i = p * kBlock + lane;
      const float value = bits[p] >> lane & 1 ? from[i] * grow : 0.f;
      to[i] = add ? to[i] + value : value;
    }
  }
}

void drop_forward(const DropShape& s, uint64_t seed, Source src, Target dst, uint16_t* kept,
                  int threads) {
  const int blocks = ceil_div(s.c, kBlock);
  // random numbers have 24 bits, so that this is the comparison of floats
  const double scaled = (double)s.probability * 0x1p24;
  uint64_t least_kept = (uint64_t)scaled;
  least_kept += (double)least_kept < scaled;
  each_block(s.n, blocks, threads, [&](int image, int block) {
    uint16_t* bits = kept + (int64_t)(image * blocks + block) * s.pixels;
    const int lanes = least(kBlock, s.c - block * kBlock);
    constexpr uint64_t step = 0x9E3779B97F4A7C15u;  // from one number of the stream to the next
    for (int first = 0; first < kBlock; first += kRandomLanes) {
      vu state;  // of the numbers of a pixel in the plain tensor
      for (int i = 0; i < kRandomLanes; ++i) {
        const int64_t channel = image * (int64_t)s.c + block * kBlock + first + i;
        state[i] = seed + (uint64_t)(channel * s.pixels + 1) * step;
      }
      for (int64_t p = 0; p < s.pixels; ++p, state += step) {
        const vu random = first < lanes ? mix_bits(state) >> 40 : vu{};
        const int mask = kept_bits(random, least_kept);
        bits[p] = (uint16_t)((first == 0 ? 0 : bits[p]) | mask << first);
      }
    }
    drop(s, bits, at(src, image, block * s.pixels * kBlock),
         at(dst, image, block * s.pixels * kBlock), false);
  });
}

void drop_backward(const DropShape& s, const uint16_t* kept, Source out_delta, Target in_delta,
                   bool add, int threads) {
  const int blocks = ceil_div(s.c, kBlock);
  each_block(s.n, blocks, threads, [&](int image, int block) {
    drop(s, kept + (int64_t)(image * blocks + block) * s.pixels,
         at(out_delta, image, block * s.pixels * kBlock),
         at(in_delta, image, block * s.pixels * kBlock), add);
  });
}

void spread_phase(const Phase& p, Source src, Target dst, bool add, int threads) {
  const int blocks = ceil_div(p.c, kBlock);
  const int rows = p.first_y < p.h ? (p.h - 1 - p.first_y) / p.step_y + 1 : 0;
  const int columns = p.first_x < p.w ? (p.w - 1 - p.first_x) / p.step_x + 1 : 0;
  if (rows == 0 || columns == 0 || (!src.data && add)) return;
  each_block(p.n, blocks * rows, threads, [&](int image, int i) {
    const int block = i / rows, y = i % rows;
    float* to = at(dst, image, ((int64_t)block * p.h + p.first_y + y * p.step_y) * p.w * kBlock) +
                p.first_x * kBlock;
    const float* from = src.data ? at(src, image, (int64_t)i * columns * kBlock) : nullptr;
    for (int x = 0; x < columns; ++x, to += p.step_x * kBlock) {
      for (int lane = 0; lane < kBlock; lane += VL) {
        const vf value = from ? load(from + x * kBlock + lane) : vf{};
        store(to + lane, add ? load(to + lane) + value : value);
      }
    }
  });
}

bool all_finite(int64_t size, const float* numbers, int threads) {
  int good = 1;
#pragma omp parallel for num_threads(threads) schedule(static, 1) \
    reduction(& : good) if (threads > 1)
  for (int id = 0; id < threads; ++id) {
    const int64_t begin = size * id / threads, end = size * (id + 1) / threads;
    vf wrong = {};  // x - x is 0 for finite numbers only
    int64_t i = begin;
    for (; i + VL <= end; i += VL) {
      const vf x = load(numbers + i);
      wrong += x - x;
    }
    float sum = 0;
    for (; i < end; ++i) sum += numbers[i] - numbers[i];
    for (int lane = 0; lane < VL; ++lane) sum += wrong[lane];
    good &= sum == 0;
  }
  return good;
}

void momentum_update(const MomentumUpdate& u, int64_t size, float* value, float* gradient,
                     int threads) {
  each_part(size, threads, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float decayed = gradient[i] - u.decay * value[i];
      value[i] += u.step * decayed;
      gradient[i] = u.momentum * decayed;
    }
  });
}

}  // namespace dn::cpu::DN_ISA
