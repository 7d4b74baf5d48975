// The fully connected product: every weight is read once, where it is, and meets all images.
#include "simd.h"

namespace dn::cpu::DN_ISA {
namespace {

// Images x rows whose sums stay in registers, each with a partial sum in every lane.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int kDotImages = 6, kDotRows = 4;  // 24 + 4 + 1 of 32
#else
constexpr int kDotImages = 2, kDotRows = 4;  // 8 + 4 + 1 of 16
#endif

// Inputs and images at a time: the weights of a tile stay in the first-level cache, a copy of the
// images in the second.
constexpr int kDotDepth = 1024, kDotBatch = 128;
static_assert(kDotDepth % VL == 0, "whole vectors");

DN_INLINE float sum_of(vf v) {
  alignas(64) float lanes[VL];
  store(lanes, v);
  for (int half = VL / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

struct DotJob {
  const float* images;  // [image][kDotDepth]; up to a whole vector, 0 behind `inputs`
  const float* rows[kDotRows];
  int inputs;
  float* sums;  // [image][row], added to
  int64_t stride;
  int count;  // rows
};

template <int T>
void dot_tile(const DotJob& job) {
  vf sum[T][kDotRows];
#pragma GCC unroll 8
  for (int t = 0; t < T; ++t) {
#pragma GCC unroll 4
    for (int r = 0; r < kDotRows; ++r) sum[t][r] = vf{};
  }
  const auto add = [&](const float* const* rows, int k, int at) __attribute__((always_inline)) {
    vf weight[kDotRows];
#pragma GCC unroll 4
    for (int r = 0; r < kDotRows; ++r) weight[r] = load(rows[r] + at);
#pragma GCC unroll 8
    for (int t = 0; t < T; ++t) {
      const vf value = load(job.images + t * kDotDepth + k);
#pragma GCC unroll 4
      for (int r = 0; r < kDotRows; ++r) sum[t][r] += value * weight[r];
    }
  };
  const int whole = job.inputs / VL * VL;
  for (int k = 0; k < whole; k += VL) add(job.rows, k, k);
  if (whole < job.inputs) {  // weights behind the row belong to another, or to nobody
    alignas(64) float rest[kDotRows][VL] = {};
    const float* rows[kDotRows];
    for (int r = 0; r < kDotRows; ++r) {
      memcpy(rest[r], job.rows[r] + whole, (job.inputs - whole) * 4);
      rows[r] = rest[r];
    }
    add(rows, whole, 0);
  }
  for (int t = 0; t < T; ++t) {
    for (int r = 0; r < job.count; ++r) job.sums[t * job.stride + r] += sum_of(sum[t][r]);
  }
}

template <int T>
void dot_images(const DotJob& job, int images) {
  if constexpr (T > 1) {
    if (images < T) return dot_images<T - 1>(job, images);
  }
  dot_tile<T>(job);
}

// The inputs of some images, copied: parts of kDotDepth inputs, [part][image][kDotDepth], as many
// as fit. Few images have whole rows of weights read at a time, as memory likes it.
struct Inputs {
  const float* copy;
  int first, parts;
  int image, images;
};

Inputs copy_inputs(const ConnectedShape& s, Source src, int image, int first, float* copy) {
  const int images = least(kDotBatch, s.n - image);
  const int parts = least(kDotBatch / images, ceil_div(s.inputs - first, kDotDepth));
  float* to = copy;
  for (int part = 0; part < parts; ++part) {
    const int begin = first + part * kDotDepth, count = least(kDotDepth, s.inputs - begin);
    for (int i = 0; i < images; ++i, to += kDotDepth) {
      memcpy(to, src.data + (image + i) * src.batch_stride + begin, count * 4);
      for (int k = count; k < round_up(count, VL); ++k) to[k] = 0.f;
    }
  }
  return {copy, first, parts, image, images};
}

// Adds their products to outputs [begin, end).
void add_products(const ConnectedShape& s, const Inputs& in, const float* weights, Target dst,
                  int begin, int end) {
  DotJob job;
  job.stride = dst.batch_stride;
  for (int o = begin; o < end; o += kDotRows) {
    job.count = least(kDotRows, end - o);
    for (int part = 0; part < in.parts; ++part) {
      const int first = in.first + part * kDotDepth;
      job.inputs = least(kDotDepth, s.inputs - first);
      for (int r = 0; r < kDotRows; ++r)
        job.rows[r] = weights + (int64_t)(o + least(r, job.count - 1)) * s.inputs + first;
      for (int i = 0; i < in.images; i += kDotImages) {
        job.images = in.copy + (part * in.images + i) * kDotDepth;
        job.sums = dst.data + (in.image + i) * dst.batch_stride + o;
        dot_images<kDotImages>(job, in.images - i);
      }
    }
  }
}

// Outputs [begin, end) of all images.
void forward_part(const ConnectedShape& s, Source src, const float* weights, const float* biases,
                  Target dst, int begin, int end, float* copy) {
  for (int image = 0; image < s.n; ++image) {
    float* out = dst.data + image * dst.batch_stride;
    for (int o = begin; o < end; ++o) out[o] = biases ? biases[o] : 0.f;
  }
  for (int image = 0; image < s.n; image += kDotBatch) {
    for (int first = 0; first < s.inputs;) {
      const Inputs inputs = copy_inputs(s, src, image, first, copy);
      add_products(s, inputs, weights, dst, begin, end);
      first += inputs.parts * kDotDepth;
    }
  }
}

}  // namespace

// Of one thread.
size_t connected_scratch(const ConnectedShape& s) {
  const int images = least(s.n, kDotBatch);
  return (size_t)least(kDotBatch / images, ceil_div(s.inputs, kDotDepth)) * images * kDotDepth * 4;
}

void connected(const ConnectedShape& s, Source src, const float* weights, const float* biases,
               Target dst, float* scratch, int threads) {
  const int64_t own = (int64_t)connected_scratch(s) / 4;
  const int groups = ceil_div(s.outputs, kDotRows);
#pragma omp parallel for num_threads(threads) schedule(static, 1) if (threads > 1)
  for (int id = 0; id < threads; ++id)
    forward_part(s, src, weights, biases, dst, part(groups, id, threads) * kDotRows,
                 least(s.outputs, part(groups, id + 1, threads) * kDotRows), scratch + id * own);
}

}  // namespace dn::cpu::DN_ISA
