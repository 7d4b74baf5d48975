// Sums, activations, copies and layout changes.
#include "activations.h"

namespace dn::cpu::DN_ISA {
namespace {

constexpr int64_t kSpan = 4096;  // floats that go through an activation at a time

// Calls work(image, first, count) for spans that cover `floats` of each of `n` images.
template <typename Work>
void each_span(int n, int64_t floats, int threads, const Work& work) {
  const int spans = (int)((floats + kSpan - 1) / kSpan);
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int id = 0; id < threads; ++id) {
    for (int i = part(n * spans, id, threads); i < part(n * spans, id + 1, threads); ++i) {
      const int64_t first = i % spans * kSpan;
      work(i / spans, first, least(kSpan, floats - first));
    }
  }
}

int64_t blocked_floats(int c, int h, int w) { return (int64_t)round_up(c, kBlock) * h * w; }

// Calls work(image, channel block) for every one.
template <typename Work>
void each_block(int n, int blocks, int threads, const Work& work) {
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int id = 0; id < threads; ++id) {
    for (int i = part(n * blocks, id, threads); i < part(n * blocks, id + 1, threads); ++i) {
      work(i / blocks, i % blocks);
    }
  }
}

}  // namespace

void add(int n, int c, int h, int w, Source a, Source b, Act act, Target dst, int threads) {
  each_span(n, blocked_floats(c, h, w), threads, [&](int image, int64_t first, int64_t count) {
    apply(act, a.data + image * a.batch_stride + first, b.data + image * b.batch_stride + first,
          dst.data + image * dst.batch_stride + first, count);
  });
}

void activate(int n, int c, int h, int w, Source a, Act act, Target dst, int threads) {
  each_span(n, blocked_floats(c, h, w), threads, [&](int image, int64_t first, int64_t count) {
    apply(act, a.data + image * a.batch_stride + first, nullptr,
          dst.data + image * dst.batch_stride + first, count);
  });
}

void copy_channels(const ChannelCopy& p, Source src, Target dst, int threads) {
  const int64_t pixels = (int64_t)p.h * p.w, plane = pixels * kBlock;
  const int dst_end = p.dst_first + p.c;
  // The destination's blocks that are touched, and of each the lanes.
  const int block0 = p.dst_first / kBlock, blocks = ceil_div(dst_end, kBlock) - block0;
  each_block(p.n, blocks, threads, [&](int image, int b) {
    const int first = most(p.dst_first, (block0 + b) * kBlock);
    const int end = least(dst_end, (block0 + b + 1) * kBlock);
    const int from = first - p.dst_first + p.src_first;
    const float* in = src.data + image * src.batch_stride;
    float* out = dst.data + image * dst.batch_stride + (block0 + b) * plane;
    if (first % kBlock == 0 && from % kBlock == 0 && end - first == kBlock) {
      memcpy(out, in + from / kBlock * plane, plane * 4);
      return;
    }
    // The lanes of a destination block come from at most two source blocks.
    for (int k = first; k < end;) {
      const int source = from + (k - first);
      const int lanes = least(end - k, kBlock - source % kBlock);
      const float* s = in + source / kBlock * plane + source % kBlock;
      float* d = out + k % kBlock;
      for (int64_t i = 0; i < pixels; ++i, s += kBlock, d += kBlock) {
        for (int lane = 0; lane < lanes; ++lane) d[lane] = s[lane];
      }
      k += lanes;
    }
    if (end == p.dst_c && end % kBlock) {
      for (int64_t i = 0; i < pixels; ++i) {
        for (int lane = end % kBlock; lane < kBlock; ++lane) out[i * kBlock + lane] = 0.f;
      }
    }
  });
}

void to_blocked(int n, int c, int h, int w, Source plain, Target blocked, int threads) {
  const int64_t pixels = (int64_t)h * w;
  each_block(n, ceil_div(c, kBlock), threads, [&](int image, int b) {
    const float* in = plain.data + image * plain.batch_stride + b * kBlock * pixels;
    float* out = blocked.data + image * blocked.batch_stride + b * kBlock * pixels;
    const int lanes = least(kBlock, c - b * kBlock);
    for (int64_t i = 0; i < pixels; ++i, out += kBlock) {
      for (int lane = 0; lane < lanes; ++lane) out[lane] = in[lane * pixels + i];
      for (int lane = lanes; lane < kBlock; ++lane) out[lane] = 0.f;
    }
  });
}

void to_plain(int n, int c, int h, int w, Source blocked, Target plain, int threads) {
  const int64_t pixels = (int64_t)h * w;
  each_block(n, ceil_div(c, kBlock), threads, [&](int image, int b) {
    const float* in = blocked.data + image * blocked.batch_stride + b * kBlock * pixels;
    float* out = plain.data + image * plain.batch_stride + b * kBlock * pixels;
    const int lanes = least(kBlock, c - b * kBlock);
    constexpr int64_t kPixels = 64;  // few enough that the block is read from memory once
    for (int64_t i0 = 0; i0 < pixels; i0 += kPixels) {
      const int64_t i1 = least(i0 + kPixels, pixels);
      for (int lane = 0; lane < lanes; ++lane) {
        for (int64_t i = i0; i < i1; ++i) out[lane * pixels + i] = in[i * kBlock + lane];
      }
    }
  });
}

}  // namespace dn::cpu::DN_ISA
