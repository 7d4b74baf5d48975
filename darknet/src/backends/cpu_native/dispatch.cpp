// Picks the instruction set at run time, chooses the convolution algorithm, checks nothing else.
#include <initializer_list>

#include "isa_api.h"

namespace dn::cpu {

#if defined(__x86_64__)
namespace avx512 {
extern const IsaTable table;
}
namespace avx2 {
extern const IsaTable table;
}
#endif
#if defined(DN_AVX512VNNI)
namespace avx512vnni {
extern const ConvTable int16_table;
size_t depthwise_int16_scratch_bytes(const ConvDesc&);
void conv_depthwise_int16(const ConvDesc& depthwise, const float* depthwise_packed,
                          Act depthwise_act, const ConvDesc&, const float* packed, Source, Target,
                          const Epilogue&, float* scratch);
}  // namespace avx512vnni
#endif
#if defined(DN_AVX512BF16)
namespace avx512bf16 {
extern const ConvTable bf16_table;
}
#endif
namespace baseline {
extern const IsaTable table;
}

namespace {

const IsaTable& table_of(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::Avx512) return avx512::table;
  if (isa == Isa::Avx2) return avx2::table;
#endif
  return baseline::table;
}

const IsaTable& best_table() { return table_of(best_isa()); }

ConvTable conv_table_of(const ConvDesc& d) {
#if defined(DN_AVX512VNNI)
  if (d.algo == ConvAlgo::DirectInt16) return avx512vnni::int16_table;
#endif
#if defined(DN_AVX512BF16)
  if (d.bf16_products) return avx512bf16::bf16_table;
#endif
  const IsaTable& table = table_of(d.isa);
  return {table.packed_bytes, table.scratch_bytes, table.pack, table.conv};
}

// Channels that leave enough bits to the integers: see conv_int16.cpp.
constexpr int kMostSummed = 8192;

bool is_pointwise(const ConvShape& s) {
  return s.kh == 1 && s.kw == 1 && s.stride_y == 1 && s.stride_x == 1 && s.pad_top == 0 &&
         s.pad_left == 0 && s.oh == s.h && s.ow == s.w;
}

// Whether `algo` can compute the convolution.
bool can_do(const ConvDesc& d, ConvAlgo algo) {
  const ConvShape& s = d.shape;
  const bool dense = s.groups == 1;
  if (d.bf16 && (algo != ConvAlgo::Winograd2 || s.c % kBlock || s.k % kBlock)) return false;
  if (d.bf16 && !(has_bf16_products() && d.isa == Isa::Avx512)) return false;
  switch (algo) {
    case ConvAlgo::Direct:
      return !d.plain_src &&
             (dense || (s.c % s.groups == 0 && s.k % s.groups == 0 &&
                        s.c / s.groups % kBlock == 0 && s.k / s.groups % kBlock == 0));
    case ConvAlgo::DirectInt16:
      return has_int16_products() && d.isa == Isa::Avx512 && !d.plain_src && dense &&
             is_pointwise(s) && s.c <= kMostSummed;
    case ConvAlgo::First:
      return d.plain_src && !d.plain_dst && dense;
    case ConvAlgo::Depthwise:
      return !d.plain_src && !d.plain_dst && s.groups == s.c && s.groups == s.k;
    case ConvAlgo::Winograd2:
    case ConvAlgo::Winograd4:
      return !d.plain_src && !d.plain_dst && dense && s.kh == 3 && s.kw == 3 && s.stride_y == 1 &&
             s.stride_x == 1 && s.dilation == 1;
    case ConvAlgo::WinogradStride2:
      return !d.plain_src && !d.plain_dst && dense && s.kh == 3 && s.kw == 3 && s.stride_y == 2 &&
             s.stride_x == 2 && s.dilation == 1;
    default:
      return false;
  }
}

// Estimated run time of a dense 3x3 convolution, in units of a multiply-add of floats per input and
// output channel. The constants are fitted to measurements (2 cores of Zen 4 and 5, AVX-512):
// transforming a float of input or output costs as much as 17, a kernel as much as 65 for each
// block of tiles, which is a few dozen tiles where weights are many. Numbers of two bytes are
// multiplied, transformed and read in half of the time.
double cost_of(const ConvDesc& d, ConvAlgo algo) {
  const ConvShape& s = d.shape;
  const double width = d.bf16_products ? 0.5 : 1;
  if (algo == ConvAlgo::Direct) return width * (9.0 * s.n * s.oh * s.ow + d.weight_price * 9);
  const int m = algo == ConvAlgo::Winograd2 ? 2 : 4;
  const double frequencies = algo == ConvAlgo::WinogradStride2 ? 81 : (m + 2) * (m + 2);
  const double weights = algo == ConvAlgo::WinogradStride2 ? 36 : frequencies;
  const double tiles = (double)s.n * ((s.oh + m - 1) / m) * ((s.ow + m - 1) / m);
  const double multiply = width * frequencies * tiles * (1 + 17 * (1.0 / s.c + 1.0 / s.k));
  if (4 * width * weights * s.c * s.k <= double(kKeptTransformed))
    return multiply + width * d.weight_price * weights;
  const double blocks = 1 + 4 * width * frequencies * tiles * s.c / double(2 << 20);
  return multiply + width * d.weight_price * 9 + 65 * blocks;
}

ConvAlgo choose_algo(const ConvDesc& d) {
  if (d.plain_src) return ConvAlgo::First;
  if (d.shape.groups > 1 && can_do(d, ConvAlgo::Depthwise)) return ConvAlgo::Depthwise;
  if (d.int16_products && can_do(d, ConvAlgo::DirectInt16)) return ConvAlgo::DirectInt16;
  ConvAlgo best = ConvAlgo::Direct;
  double best_cost = cost_of(d, best);
  for (ConvAlgo algo : {ConvAlgo::Winograd2, ConvAlgo::Winograd4, ConvAlgo::WinogradStride2}) {
    if (!can_do(d, algo) || cost_of(d, algo) >= best_cost) continue;
    best = algo;
    best_cost = cost_of(d, algo);
  }
  return best;
}

}  // namespace

Isa best_isa() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) {
    return Isa::Avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Isa::Avx2;
#endif
  return Isa::Baseline;
}

const char* isa_name(Isa isa) {
  return isa == Isa::Avx512 ? "avx512" : isa == Isa::Avx2 ? "avx2" : "baseline";
}

bool has_int16_products() {
#if defined(DN_AVX512VNNI)
  return best_isa() == Isa::Avx512 && __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}

bool has_bf16_products() {
#if defined(DN_AVX512BF16)
  return best_isa() == Isa::Avx512 && __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

ConvPlan plan_conv(const ConvDesc& desc) {
  ConvPlan plan = {desc, 0};
  if (desc.bf16) plan.desc.bf16_products = true;
  ConvAlgo& algo = plan.desc.algo;
  if (algo == ConvAlgo::Auto) algo = choose_algo(plan.desc);
  if (!can_do(desc, algo)) algo = ConvAlgo::Unsupported;
  const bool other = algo == ConvAlgo::First || algo == ConvAlgo::Depthwise;
  if (other || desc.isa != Isa::Avx512 || !has_bf16_products()) plan.desc.bf16_products = false;
  if (algo != ConvAlgo::Unsupported)
    plan.packed_bytes = conv_table_of(plan.desc).packed_bytes(plan.desc);
  return plan;
}

size_t conv_scratch_bytes(const ConvPlan& plan, int threads) {
  return conv_table_of(plan.desc).scratch_bytes(plan.desc, threads);
}

void pack_conv(const ConvPlan& plan, const float* weights, const float* bias, void* packed,
               int threads) {
  conv_table_of(plan.desc).pack(plan.desc, weights, bias, (float*)packed, threads);
}

void run_conv(const ConvPlan& plan, const void* packed, Source src, Target dst,
              const Epilogue& epilogue, void* scratch, int threads) {
  conv_table_of(plan.desc).conv(plan.desc, (const float*)packed, src, dst, epilogue,
                                (float*)scratch, threads);
}

bool can_join(const ConvPlan& depthwise, const ConvPlan& plan) {
  return depthwise.desc.algo == ConvAlgo::Depthwise && plan.desc.algo == ConvAlgo::DirectInt16;
}

#if defined(DN_AVX512VNNI)
size_t joined_scratch_bytes(const ConvPlan& plan) {
  return avx512vnni::depthwise_int16_scratch_bytes(plan.desc);
}

void run_joined(const ConvPlan& depthwise, const void* depthwise_packed, Act depthwise_act,
                const ConvPlan& plan, const void* packed, Source src, Target dst,
                const Epilogue& epilogue, void* scratch) {
  avx512vnni::conv_depthwise_int16(depthwise.desc, (const float*)depthwise_packed, depthwise_act,
                                   plan.desc, (const float*)packed, src, dst, epilogue,
                                   (float*)scratch);
}
#else  // never called: nothing can join
size_t joined_scratch_bytes(const ConvPlan&) { return 0; }

void run_joined(const ConvPlan&, const void*, Act, const ConvPlan&, const void*, Source, Target,
                const Epilogue&, void*) {}
#endif

size_t max_pool_scratch_bytes(const PoolShape& shape, int threads) {
  return best_table().max_pool_scratch(shape, threads);
}

void max_pool(const PoolShape& shape, Source src, Target dst, void* scratch, int threads) {
  best_table().max_pool(shape, src, dst, (float*)scratch, threads);
}

void upsample(int n, int c, int h, int w, int stride, float scale, Source src, Target dst,
              int threads) {
  best_table().upsample(n, c, h, w, stride, scale, src, dst, threads);
}

void add(int n, int c, int h, int w, Source a, Source b, Act act, Target dst, int threads) {
  best_table().add(n, c, h, w, a, b, act, dst, threads);
}

void activate(int n, int c, int h, int w, Source a, Act act, Target dst, int threads) {
  best_table().activate(n, c, h, w, a, act, dst, threads);
}

void copy_channels(const ChannelCopy& copy, Source src, Target dst, int threads) {
  best_table().copy_channels(copy, src, dst, threads);
}

void to_blocked(int n, int c, int h, int w, Source plain, Target blocked, int threads) {
  best_table().to_blocked(n, c, h, w, plain, blocked, threads);
}

void to_plain(int n, int c, int h, int w, Source blocked, Target plain, int threads) {
  best_table().to_plain(n, c, h, w, blocked, plain, threads);
}

size_t connected_scratch_bytes(const ConnectedShape& shape, int threads) {
  return best_table().connected_scratch(shape) * size_t(threads);
}

void connected(const ConnectedShape& shape, Source src, const float* weights, const float* biases,
               Target dst, void* scratch, int threads) {
  best_table().connected(shape, src, weights, biases, dst, (float*)scratch, threads);
}

}  // namespace dn::cpu
