// Batch normalisation with the statistics of the mini-batch, and the activation behind it.
//
// Sums are made for each image and channel block by itself and added up in order, in double, so
// that they do not depend on the number of threads. Within a chunk of pixels they are floats.
#include <math.h>

#include "activation_gradients.h"
#include "train_api.h"

namespace dn::cpu::DN_ISA {
namespace {

constexpr int64_t kChunk = 64;  // pixels whose sums are floats

template <class Work>
void each_plane(int n, int blocks, int threads, const Work& work) {
#pragma omp parallel for num_threads(threads) schedule(static, 1) if (threads > 1)
  for (int id = 0; id < threads; ++id)
    for (int i = part(n * blocks, id, threads); i < part(n * blocks, id + 1, threads); ++i)
      work(i / blocks, i % blocks);
}

// Sums of a function of each pixel, for `lane` on: two at a time.
template <class F>
DN_INLINE void sum_chunk(int64_t pixels, const F& f, vf* first, vf* second) {
  vf a0 = {}, a1 = {}, b0 = {}, b1 = {}, a, b;
  int64_t p = 0;
  for (; p + 2 <= pixels; p += 2) {
    f(p, &a, &b);
    a0 += a;
    b0 += b;
    f(p + 1, &a, &b);
    a1 += a;
    b1 += b;
  }
  if (p < pixels) {
    f(p, &a, &b);
    a0 += a;
    b0 += b;
  }
  *first = a0 + a1;
  *second = b0 + b1;
}

DN_INLINE void add_doubles(double* to, vf v) {
  for (int i = 0; i < VL; ++i) to[i] += (double)v[i];
}

// Mean and sum of squared deviations of a plane of 16 channels: those of chunks put together
// (Chan, Golub and LeVeque, 1979).
void plane_statistics(const float* src, int64_t pixels, double* mean, double* squares) {
  for (int lane = 0; lane < kBlock; lane += VL) {
    double m[VL] = {}, s[VL] = {};
    for (int64_t p0 = 0; p0 < pixels; p0 += kChunk) {
      const int64_t count = least(kChunk, pixels - p0);
      const float* x = src + p0 * kBlock + lane;
      vf sum, none, deviation;
      sum_chunk(
          count, [&](int64_t p, vf* a, vf* b) { *a = load(x + p * kBlock), *b = vf{}; }, &sum,
          &none);
      const vf middle = sum / splat((float)count);
      sum_chunk(
          count,
          [&](int64_t p, vf* a, vf* b) {
            const vf d = load(x + p * kBlock) - middle;
            *a = d * d, *b = d;
          },
          &sum, &deviation);
      const double before = (double)p0, here = (double)count, all = before + here;
      for (int i = 0; i < VL; ++i) {
        // what rounding left out of the middle
        const double off = (double)deviation[i] / here;
        const double delta = (double)middle[i] + off - m[i];
        s[i] += (double)sum[i] - off * off * here + delta * delta * before * here / all;
        m[i] += delta * here / all;
      }
    }
    for (int i = 0; i < VL; ++i) mean[lane + i] = m[i], squares[lane + i] = s[i];
  }
}

// Of each channel, in the order of the blocked layout: y = act((x - mean) * factor + bias).
// slope and shift are the backward pass's.
struct Affine {
  float *mean, *factor, *bias, *slope, *shift;
};

Affine affine_at(float* p, int padded) {
  return {p, p + padded, p + 2 * padded, p + 3 * padded, p + 4 * padded};
}

void fill_affine(const NormShape& s, const float* scales, const float* biases, const float* mean,
                 const float* variance, const Affine& to) {
  for (int k = 0; k < round_up(s.c, kBlock); ++k) {
    const bool real = k < s.c;
    to.mean[k] = real ? mean[k] : 0.f;
    to.factor[k] = real ? scales[k] / sqrtf(variance[k] + s.epsilon) : 0.f;
    to.bias[k] = real && biases ? biases[k] : 0.f;
  }
}

struct Forward {
  const NormShape& s;
  Source src;
  Target dst;
  Affine affine;
  int threads;

  template <Act A>
  void run() const {
    const int blocks = ceil_div(s.c, kBlock);
    each_plane(s.n, blocks, threads, [&](int image, int block) {
      const int64_t first = block * s.pixels * kBlock;
      const float* x = src.data + image * src.batch_stride + first;
      float* y = dst.data + image * dst.batch_stride + first;
      for (int lane = 0; lane < kBlock; lane += VL) {
        const int k = block * kBlock + lane;
        const vf mean = load(affine.mean + k), factor = load(affine.factor + k);
        const vf bias = load(affine.bias + k);
        for (int64_t i = lane; i < s.pixels * kBlock; i += kBlock)
          store(y + i, act<A>((load(x + i) - mean) * factor + bias));
      }
    });
  }
};

struct Sums {  // of the deltas before the activation, and of these times (x - mean)
  const NormShape& s;
  Source src, out_delta;
  Affine affine;
  double* sums;  // [image][block][2][16]
  int threads;

  template <Act A>
  void run() const {
    const int blocks = ceil_div(s.c, kBlock);
    each_plane(s.n, blocks, threads, [&](int image, int block) {
      const int64_t first = block * s.pixels * kBlock;
      double* to = sums + (int64_t)(image * blocks + block) * 2 * kBlock;
      for (int i = 0; i < 2 * kBlock; ++i) to[i] = 0;
      for (int lane = 0; lane < kBlock; lane += VL) {
        const int k = block * kBlock + lane;
        const vf mean = load(affine.mean + k), factor = load(affine.factor + k);
        const vf bias = load(affine.bias + k);
        for (int64_t p0 = 0; p0 < s.pixels; p0 += kChunk) {
          const int64_t at = first + p0 * kBlock + lane;
          const float* x = src.data + image * src.batch_stride + at;
          const float* d = out_delta.data + image * out_delta.batch_stride + at;
          vf sum, moment;
          sum_chunk(
              least(kChunk, s.pixels - p0),
              [&](int64_t p, vf* a, vf* b) {
                const vf from_mean = load(x + p * kBlock) - mean;
                *a = load(d + p * kBlock) * act_slope<A>(from_mean * factor + bias);
                *b = *a * from_mean;
              },
              &sum, &moment);
          add_doubles(to + lane, sum);
          add_doubles(to + kBlock + lane, moment);
        }
      }
    });
  }
};

struct Backward {
  const NormShape& s;
  Source src, out_delta;
  Target in_delta;
  Affine affine;  // in_delta = inner delta * factor + (x - mean) * slope + shift
  bool add;
  int threads;

  template <Act A>
  void run() const {
    const int blocks = ceil_div(s.c, kBlock);
    each_plane(s.n, blocks, threads, [&](int image, int block) {
      const int64_t first = block * s.pixels * kBlock;
      const float* x = src.data + image * src.batch_stride + first;
      const float* d = out_delta.data + image * out_delta.batch_stride + first;
      float* to = in_delta.data + image * in_delta.batch_stride + first;
      for (int lane = 0; lane < kBlock; lane += VL) {
        const int k = block * kBlock + lane;
        const vf mean = load(affine.mean + k), factor = load(affine.factor + k);
        const vf bias = load(affine.bias + k), slopes = load(affine.slope + k);
        const vf shifts = load(affine.shift + k);
        for (int64_t i = lane; i < s.pixels * kBlock; i += kBlock) {
          const vf from_mean = load(x + i) - mean;
          const vf inner = load(d + i) * act_slope<A>(from_mean * factor + bias);
          const vf result = inner * factor + from_mean * slopes + shifts;
          store(to + i, add ? load(to + i) + result : result);
        }
      }
    });
  }
};

}  // namespace

void norm_forward(const NormShape& s, Source src, const float* scales, const float* biases,
                  float* mean, float* variance, Target dst, float* scratch, int threads) {
  const int blocks = ceil_div(s.c, kBlock);
  double* partial = (double*)scratch;  // [image][block][mean, squares][16]
  each_plane(s.n, blocks, threads, [&](int image, int block) {
    double* to = partial + (int64_t)(image * blocks + block) * 2 * kBlock;
    plane_statistics(src.data + image * src.batch_stride + block * s.pixels * kBlock, s.pixels, to,
                     to + kBlock);
  });
  for (int k = 0; k < s.c; ++k) {
    double middle = 0, squares = 0;
    for (int image = 0; image < s.n; ++image) {
      const double* from =
          partial + (int64_t)(image * blocks + k / kBlock) * 2 * kBlock + k % kBlock;
      const double before = image, delta = from[0] - middle;
      squares += from[kBlock] + delta * delta * (double)s.pixels * before / (before + 1);
      middle += delta / (before + 1);
    }
    const double n = (double)s.n * (double)s.pixels;
    mean[k] = (float)middle;
    variance[k] = (float)(squares / (n > 1 ? n - 1 : 1));
  }
  norm_again(s, src, scales, biases, mean, variance, dst, scratch, threads);
}

void norm_again(const NormShape& s, Source src, const float* scales, const float* biases,
                const float* mean, const float* variance, Target dst, float* scratch, int threads) {
  const Affine affine = affine_at(scratch, round_up(s.c, kBlock));
  fill_affine(s, scales, biases, mean, variance, affine);
  with_act(s.act, Forward{s, src, dst, affine, threads});
}

// Ioffe and Szegedy, "Batch Normalization", 2015; the reference is ops/batchnorm.cpp.
void norm_backward(const NormShape& s, const NormBackward& norm, Source src, Source out_delta,
                   Target in_delta, float* scratch, int threads) {
  const int blocks = ceil_div(s.c, kBlock), padded = blocks * kBlock;
  double* partial = (double*)scratch;
  const Affine affine = affine_at((float*)(partial + (int64_t)s.n * padded * 2), padded);
  fill_affine(s, norm.scales, norm.biases, norm.mean, norm.variance, affine);
  if (!norm.fixed) with_act(s.act, Sums{s, src, out_delta, affine, partial, threads});
  for (int k = 0; k < padded; ++k) {
    affine.slope[k] = affine.shift[k] = 0;
    if (k >= s.c || norm.fixed) continue;
    double sum = 0, moment = 0;
    for (int image = 0; image < s.n; ++image) {
      const double* from =
          partial + (int64_t)(image * blocks + k / kBlock) * 2 * kBlock + k % kBlock;
      sum += from[0];
      moment += from[kBlock];
    }
    const float inverse = 1.f / sqrtf(norm.variance[k] + s.epsilon);
    const double n = (double)s.n * (double)s.pixels;
    if (norm.biases_gradient) norm.biases_gradient[k] += (float)sum;
    if (norm.scales_gradient) norm.scales_gradient[k] += (float)moment * inverse;
    affine.slope[k] = (float)(-(double)affine.factor[k] * moment * inverse * inverse / n);
    affine.shift[k] = (float)(-(double)affine.factor[k] * sum / n);
  }
  if (!in_delta.data) return;
  with_act(s.act, Backward{s, src, out_delta, in_delta, affine, norm.add, threads});
}

}  // namespace dn::cpu::DN_ISA
