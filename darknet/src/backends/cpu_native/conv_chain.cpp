// Chains of convolutions, run strip by strip; see kernels.h.
//
// Each thread makes its own rows of the last output, from top to bottom. Of every output in between
// it keeps the rows that the strip at hand reads: those the strip before has made too are moved to
// the front, the others are computed. At the border of two threads some rows are computed twice.
#include <algorithm>
#include <cstring>

#if defined(__unix__)
#include <unistd.h>
#endif

#include "kernels.h"

namespace dn::cpu {

namespace {

int64_t second_level_cache() {
#if defined(_SC_LEVEL2_CACHE_SIZE)
  static const int64_t bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);  // 0 or -1: unknown
  if (bytes > 0) return std::clamp<int64_t>(bytes, 256 << 10, 2 << 20);
#endif
  return 512 << 10;
}

// Bytes of the outputs in between that stay in cache. Less leaves more rows to move and more tiles
// to cut short; where weights are many too, what was not used for longest goes to the third level.
int64_t strip_budget() { return second_level_cache() / 4 * 3; }

// Bytes of weights: every strip reads them all, so that they should not be what goes.
int64_t weight_budget() { return second_level_cache() / 2; }

int64_t round_up(int64_t a, int64_t b) { return (a + b - 1) / b * b; }

// Floats of one row of a convolution's output.
int64_t row_floats(const ConvShape& s) { return round_up(s.k, kBlock) * s.ow; }

int64_t output_bytes(const ConvShape& s) { return 4 * row_floats(s) * s.oh; }

struct Rows {
  int first, end;
};

// The input rows that output rows need.
Rows input_rows(const ConvShape& s, Rows out) {
  const int first = out.first * s.stride_y - s.pad_top;
  const int end = (out.end - 1) * s.stride_y - s.pad_top + (s.kh - 1) * s.dilation + 1;
  return {std::max(first, 0), std::max(std::max(first, 0), std::min(end, s.h))};
}

// The convolution that makes output rows `out` from input rows that begin with `in.first`.
ConvPlan strip_of(const ConvPlan& plan, Rows out, Rows in, int64_t src_plane, int64_t dst_plane) {
  ConvPlan strip = plan;
  ConvShape& s = strip.desc.shape;
  s.n = 1;
  s.pad_top = s.pad_top - out.first * s.stride_y + in.first;
  s.h = in.end - in.first;
  s.oh = out.end - out.first;
  s.src_plane = src_plane;
  s.dst_plane = dst_plane;
  return strip;
}

// Whether a convolution is run together with the one behind it. Its output is never stored.
bool is_joined(const ChainPlan& plan, int i) {
  return i >= 0 && i + 1 < plan.count && can_join(plan.convs[i], plan.convs[i + 1]);
}

// The most rows of each output that a strip of `strip_rows` of the last needs.
void count_rows(ChainPlan& plan) {
  int rows = plan.strip_rows;
  for (int i = plan.count - 1; i >= 0; --i) {
    plan.rows[i] = rows;
    const ConvShape& s = plan.convs[i].desc.shape;
    rows = std::min(s.h, (rows - 1) * s.stride_y + (s.kh - 1) * s.dilation + 1);
  }
}

int64_t strip_bytes(const ChainPlan& plan) {
  int64_t floats = 0;
  for (int i = 0; i + 1 < plan.count; ++i)
    if (!is_joined(plan, i)) floats += plan.rows[i] * row_floats(plan.convs[i].desc.shape);
  return 4 * floats;
}

// Whether the rows that are computed twice, at the borders of threads, cost more than what need not
// go through the caches behind. Fitted to Zen 3: a float to write and read there costs 6
// multiply-adds.
bool is_waste(const ConvPlan* convs, int count, int threads) {
  double twice = 0, spared = 0;
  int64_t overlap = 0;  // rows that two threads make
  for (int i = count - 2; i >= 0; --i) {
    const ConvShape &s = convs[i].desc.shape, &reader = convs[i + 1].desc.shape;
    const int64_t reach = (reader.kh - 1) * reader.dilation + 1;
    overlap = std::clamp<int64_t>((overlap - 1) * reader.stride_y + reach, 0, s.oh);
    const double row = double(s.k) * s.ow * (s.c / s.groups) * s.kh * s.kw;
    const double price = convs[i].desc.algo == ConvAlgo::DirectInt16 ? 0.5 : 1;
    twice += price * row * double(overlap) * (threads - 1);
    spared += double(output_bytes(s)) / 4 * s.n;
  }
  return twice > 6 * spared;
}

// What the convolutions themselves need: it depends on the rows they make, in no simple way.
size_t conv_scratch(const ChainPlan& plan) {
  size_t bytes = 0;
  for (int i = 0; i < plan.count; ++i)
    for (int rows = 1; rows <= plan.rows[i]; ++rows) {
      const ConvShape& s = plan.convs[i].desc.shape;
      const int in_rows = (rows - 1) * s.stride_y + (s.kh - 1) * s.dilation + 1;
      for (int cut = 0; cut < s.kh * s.dilation && cut < in_rows; ++cut) {
        const Rows in = {0, in_rows - cut};  // less where rows lie outside the map
        const ConvPlan strip = strip_of(plan.convs[i], {0, rows}, in, 1, 1);
        bytes = std::max(bytes, is_joined(plan, i - 1) ? joined_scratch_bytes(strip)
                                                       : conv_scratch_bytes(strip, 1));
      }
    }
  return bytes;
}

struct Job {
  const ChainPlan& plan;
  const void* const* packed;
  Source src;
  Target dst;
  const Epilogue* epilogues;
};

// The memory of one thread: the strips of the outputs in between, then what convolutions need.
struct Scratch {
  float* strips[kMostChained];
  void* conv;
};

Scratch lay_out(const ChainPlan& plan, char* base) {
  Scratch scratch = {};
  for (int i = 0; i + 1 < plan.count; ++i) {
    if (is_joined(plan, i)) continue;
    scratch.strips[i] = reinterpret_cast<float*>(base);
    base += 4 * plan.rows[i] * row_floats(plan.convs[i].desc.shape);
  }
  scratch.conv = base;
  return scratch;
}

// Moves rows [keep.first, keep.end) to the front of a strip that begins with row `first`.
void move_rows(const ConvShape& s, int64_t plane, float* strip, int first, Rows keep) {
  const int64_t row = int64_t(s.ow) * kBlock;
  for (int64_t block = 0; block < round_up(s.k, kBlock) / kBlock; ++block) {
    float* to = strip + block * plane * kBlock;
    std::memmove(to, to + (keep.first - first) * row, size_t((keep.end - keep.first) * row * 4));
  }
}

// Output rows [y0, y1) of one image.
void run_rows(const Job& job, int image, int y0, int y1, const Scratch& scratch) {
  const ChainPlan& plan = job.plan;
  Rows have[kMostChained] = {};  // of each output in between
  for (int y = y0; y < y1; y += plan.strip_rows) {
    Rows need[kMostChained];
    need[plan.count - 1] = {y, std::min(y + plan.strip_rows, y1)};
    for (int i = plan.count - 1; i > 0; --i)
      need[i - 1] = input_rows(plan.convs[i].desc.shape, need[i]);
    for (int i = 0; i < plan.count; ++i) {
      if (is_joined(plan, i)) continue;
      const ConvShape& s = plan.convs[i].desc.shape;
      const bool last = i + 1 == plan.count;
      Rows make = need[i];
      const int64_t dst_plane = last ? int64_t(s.oh) * s.ow : int64_t(plan.rows[i]) * s.ow;
      if (!last) {
        const Rows keep = {make.first, std::max(make.first, have[i].end)};
        if (keep.end > keep.first && keep.first > have[i].first)
          move_rows(s, dst_plane, scratch.strips[i], have[i].first, keep);
        have[i] = make;
        make.first = keep.end;
        if (make.first >= make.end) continue;
      }
      const int reader = is_joined(plan, i - 1) ? i - 1 : i;  // who reads the strip before
      const ConvShape& r = plan.convs[reader].desc.shape;
      const Rows in = input_rows(r, make);
      Source src;
      int64_t src_plane;
      if (reader == 0) {
        const int lane = plan.convs[0].desc.plain_src ? 1 : kBlock;
        src_plane = int64_t(r.h) * r.w;
        src = {job.src.data + image * job.src.batch_stride + int64_t(in.first) * r.w * lane, 0};
      } else {
        const int before = reader - 1;
        src_plane = int64_t(plan.rows[before]) * r.w;
        src = {scratch.strips[before] + int64_t(in.first - have[before].first) * r.w * kBlock, 0};
      }
      Target dst;
      Epilogue epilogue = job.epilogues[i];
      if (last) {
        const int64_t row = int64_t(make.first) * s.ow * kBlock;
        dst = {job.dst.data + image * job.dst.batch_stride + row, 0};
        if (epilogue.residual) epilogue.residual += image * epilogue.residual_stride + row;
      } else {
        dst = {scratch.strips[i] + int64_t(make.first - have[i].first) * s.ow * kBlock, 0};
      }
      if (reader == i) {
        run_conv(strip_of(plan.convs[i], make, in, src_plane, dst_plane), job.packed[i], src, dst,
                 epilogue, scratch.conv, 1);
      } else {
        run_joined(strip_of(plan.convs[reader], make, in, src_plane, 0), job.packed[reader],
                   job.epilogues[reader].act, strip_of(plan.convs[i], make, make, 0, dst_plane),
                   job.packed[i], src, dst, epilogue, scratch.conv);
      }
    }
  }
}

}  // namespace

ChainPlan plan_chain(const ConvPlan* convs, int count, int threads) {
  if (count < 2 || count > kMostChained) return {};
  ChainPlan plan;
  int64_t weight_bytes = 0;
  for (int i = 0; i < count; ++i) {
    const ConvDesc& d = convs[i].desc;
    const bool can = d.algo == ConvAlgo::Direct || d.algo == ConvAlgo::DirectInt16 ||
                     d.algo == ConvAlgo::Depthwise || (d.algo == ConvAlgo::First && i == 0);
    if (!can || d.plain_dst || d.bf16) return {};
    plan.convs[plan.count++] = convs[i];
    weight_bytes += int64_t(convs[i].packed_bytes);
  }
  if (weight_bytes > weight_budget() || is_waste(convs, count, threads)) return {};
  // The larger outputs are those to keep in between: the last may not grow again.
  if (output_bytes(convs[count - 1].desc.shape) > output_bytes(convs[count - 2].desc.shape))
    return {};
  const ConvShape& last = convs[count - 1].desc.shape;
  const int own = std::max(1, (last.n * last.oh + threads - 1) / threads);
  // the most rows that fit, in strips of nearly one size
  plan.strip_rows = own;
  count_rows(plan);
  while (plan.strip_rows > 1 && strip_bytes(plan) > strip_budget()) {
    --plan.strip_rows;
    count_rows(plan);
  }
  const int strips = (own + plan.strip_rows - 1) / plan.strip_rows;
  plan.strip_rows = (own + strips - 1) / strips;
  count_rows(plan);
  plan.scratch_bytes = size_t(round_up(strip_bytes(plan) + int64_t(conv_scratch(plan)), 64));
  return plan;
}

void run_chain(const ChainPlan& plan, const void* const* packed, Source src, Target dst,
               const Epilogue* epilogues, void* scratch, int threads) {
  const Job job = {plan, packed, src, dst, epilogues};
  const ConvShape& last = plan.convs[plan.count - 1].desc.shape;
  const int64_t rows = int64_t(last.n) * last.oh;
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int id = 0; id < threads; ++id) {
    const Scratch own =
        lay_out(plan, static_cast<char*>(scratch) + size_t(id) * plan.scratch_bytes);
    const int64_t end = rows * (id + 1) / threads;
    for (int64_t row = rows * id / threads; row < end;) {
      const int image = int(row / last.oh), y = int(row % last.oh);
      const int count = int(std::min<int64_t>(last.oh - y, end - row));
      run_rows(job, image, y, y + count, own);
      row += count;
    }
  }
}

}  // namespace dn::cpu
