// Hand-made CPU kernels for batch-1 f32 inference: the whole interface of this folder.
//
// Plain structs and free functions; no other engine header is needed. Nothing here allocates,
// prints, throws or keeps state: every function may be called from several threads at once, on
// different buffers. Results are bitwise the same for every `threads` value, but for chains with
// DirectInt16.
//
// Layouts
//   blocked  NChw16c: [n][ceil(c / 16)][h][w][16]. The padded lanes of the last block hold finite
//            values nobody may read anything into (the weights that meet them are zero).
//   plain    NCHW: [n][c][h][w].
// A Tensor's `batch_stride` (floats from one image to the next) may exceed the dense size, so a
// tensor can be a slice of a larger concatenation: point `data` at its first channel block.
// Blocked data, packed weights and scratch are 64-byte aligned. Buffers of one call do not overlap,
// except where a function says so.
//
// How this folder is compiled (Makefile fragment):
//   once, with the engine's ordinary flags:        dispatch.cpp, conv_chain.cpp
//   once, with the flags of avx512 and -mavx512vnni -DDN_ISA=avx512vnni (x86-64 only, where the
//     compiler knows them; dispatch.cpp then with -DDN_AVX512VNNI=1):   conv_int16.cpp
//   once with the flags of avx512 and -mavx512bf16 -DDN_ISA=avx512bf16 (as above; the dispatchers
//     then with -DDN_AVX512BF16=1):   table_bf16.cpp, and the files it refers to once more
//   once per ISA, every other .cpp file, with -O3 -ffp-contract=fast -fopenmp -DDN_ISA=<isa> and
//     avx512 (x86-64 only)   -mavx512f -mavx512bw -mavx512vl -mavx512dq -mfma
//     avx2   (x86-64 only)   -mavx2 -mfma
//     baseline               nothing: SSE2 on x86-64, NEON on aarch64
//   Never -ffast-math. The per-ISA files use no std:: templates and include no engine header, so
//   that the linker cannot pick an AVX-512 copy of a shared inline function for an old CPU.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dn::cpu {

constexpr int kBlock = 16;  // channels in a block of the blocked layout

enum class Isa : int { Baseline, Avx2, Avx512 };

// The best ISA of this machine. The environment is not read; a test can ask for a lower one
// through `ConvDesc::isa`.
Isa best_isa();
const char* isa_name(Isa isa);

// Whether this machine sums products of 16-bit integers and the build can make use of it.
bool has_int16_products();

// Whether this machine sums products of bfloat16 pairs and the build can make use of it.
bool has_bf16_products();

// The activations that can be fused. Formulas are Darknet's (src/activations.c).
enum class Act : int {
  Linear,
  Leaky,     // x > 0 ? x : 0.1 x
  Relu,      // max(x, 0)
  Relie,     // x > 0 ? x : 0.01 x
  Relu6,     // min(max(x, 0), 6)
  Logistic,  // 1 / (1 + e^-x)
  Tanh,
  Swish,     // x / (1 + e^-x)
  Mish,      // x tanh(log(1 + e^x))
  HardMish,  // x > 0 ? x : x > -2 ? x^2 / 2 + x : 0
  HardTan,   // clamp(x, -1, 1)
  Elu,       // x >= 0 ? x : e^x - 1
};

struct Source {
  const float* data;
  int64_t batch_stride;
};

struct Target {
  float* data;
  int64_t batch_stride;
};

// ---- convolution ---------------------------------------------------------------------------

enum class ConvAlgo : int {
  Unsupported,
  Auto,             // only as a request: choose by shape
  Direct,           // any kernel, stride, padding; groups whose channel counts are multiples of 16
  DirectInt16,      // 1x1 stride 1, products of integers: see ConvDesc::int16_products
  First,            // plain source with few channels (the image)
  Depthwise,        // groups == c == k
  Winograd2,        // 3x3 stride 1, 2x2 outputs per tile: 2.25x fewer multiplications
  Winograd4,        // 3x3 stride 1, 4x4 outputs per tile: 4x fewer multiplications
  WinogradStride2,  // 3x3 stride 2, 4x4 outputs per tile: 1.8x fewer multiplications
};

struct ConvShape {
  int n, c, h, w;  // input
  int k, oh, ow;   // output
  int kh, kw;
  int stride_y, stride_x;
  int dilation;
  int pad_top, pad_left;  // bottom and right follow from oh, ow; reads outside the input are 0
  int groups;
  // Pixels from one channel block (of a plain source: channel) to the next, where input and output
  // are some rows of larger maps; 0: h * w and oh * ow. Not for Winograd and plain outputs.
  int64_t src_plane = 0, dst_plane = 0;
};

static inline int64_t src_plane(const ConvShape& s) {
  return s.src_plane ? s.src_plane : (int64_t)s.h * s.w;
}
static inline int64_t dst_plane(const ConvShape& s) {
  return s.dst_plane ? s.dst_plane : (int64_t)s.oh * s.ow;
}

struct ConvDesc {
  ConvShape shape;
  bool plain_src = false;  // the source is NCHW (only ConvAlgo::First)
  bool plain_dst = false;  // the output is NCHW (only ConvAlgo::Direct and DirectInt16)
  // For Auto: inputs and weights may be rounded to 16-bit integers, scaled by powers of two, before
  // they are multiplied, where that is faster. Tensors stay float32; sums are exact.
  bool int16_products = false;
  // Inputs and weights (of Winograd: transformed) are rounded to bfloat16 before they are
  // multiplied. Tensors and sums stay float32. Direct and the Winograds; others stay as they are.
  bool bf16_products = false;
  // Source, output and residual are bf16 NHWC, dense: `data` points at 16-bit numbers, strides
  // count them, and c and k are multiples of 16. Only Winograd2, with bf16_products: its error
  // is 1.7 times that of a direct convolution of bf16 numbers, Winograd4's would be 4.4 times. Auto
  // takes it where it is faster than the direct one.
  bool bf16 = false;
  // For Auto: the multiply-adds that a float of packed weights is worth. Reading it from memory
  // costs about 25; more says that memory is short, and keeps the weights small.
  double weight_price = 25;
  // Winograd transforms kernels in float: a little less exact and much faster, for weights that
  // change in every run.
  bool quick_pack = false;
  ConvAlgo algo = ConvAlgo::Auto;
  Isa isa = best_isa();
};

// A convolution ready to be packed and run. `packed_bytes` and the packed contents depend on the
// algorithm, the ISA, k, c, kh, kw and groups: not on the map size, batch or thread count.
struct ConvPlan {
  ConvDesc desc;  // desc.algo is the chosen algorithm, Unsupported if there is none
  size_t packed_bytes;
};

// What follows the sum over the taps and the bias: activation, then an optional residual of the
// output's layout and shape is added, then a second activation.
struct Epilogue {
  Act act = Act::Linear;
  const float* residual = nullptr;  // not the destination itself
  int64_t residual_stride = 0;      // batch stride in floats
  Act act_after_residual = Act::Linear;
  // The sum is added to what the destination holds; no bias then, nor anything else of the above
  // (Direct with a blocked destination, and the Winograds with f32 tensors).
  bool accumulate = false;
};

// Chooses the algorithm. A requested algorithm that cannot do the shape gives Unsupported.
ConvPlan plan_conv(const ConvDesc& desc);

// Scratch that one run needs; a buffer may serve any number of convolutions, one after another.
size_t conv_scratch_bytes(const ConvPlan& plan, int threads);

// `weights` in Darknet's order [k][c / groups][kh][kw]; `bias` has k entries or is null.
void pack_conv(const ConvPlan& plan, const float* weights, const float* bias, void* packed,
               int threads);

void run_conv(const ConvPlan& plan, const void* packed, Source src, Target dst,
              const Epilogue& epilogue, void* scratch, int threads);

// A depthwise convolution whose results only `plan` reads, a DirectInt16: the two as one, run
// by run of pixels, on one thread. Its destination is never written.
bool can_join(const ConvPlan& depthwise, const ConvPlan& plan);
size_t joined_scratch_bytes(const ConvPlan& plan);
void run_joined(const ConvPlan& depthwise, const void* depthwise_packed, Act depthwise_act,
                const ConvPlan& plan, const void* packed, Source src, Target dst,
                const Epilogue& epilogue, void* scratch);

// ---- chains ----------------------------------------------------------------------------------

constexpr int kMostChained = 4;

// Convolutions that each read the one before, run strip by strip of output rows, so that what lies
// between them stays in cache. Each gives what it does alone, but for DirectInt16, whose scales go
// by runs of pixels, which are others here and depend on the threads.
struct ChainPlan {
  int count = 0;
  ConvPlan convs[kMostChained];  // Direct, DirectInt16, Depthwise, at the beginning First
  int strip_rows = 0;            // output rows of the last that are made at a time
  int rows[kMostChained] = {};   // the most rows of each output that lie in a strip
  size_t scratch_bytes = 0;      // of one thread
};

// Chooses the strips. count == 0 where the convolutions cannot be chained, or where it is not worth
// it, because each output stays in cache as a whole.
ChainPlan plan_chain(const ConvPlan* convs, int count, int threads);

// packed, epilogues: of each convolution. Only the last may have a residual.
void run_chain(const ChainPlan& plan, const void* const* packed, Source src, Target dst,
               const Epilogue* epilogues, void* scratch, int threads);

// ---- pooling, resampling, elementwise; all on the blocked layout ------------------------------

// Maximum over windows that start at (oy * stride_y - offset_y, ox * stride_x - offset_x); what
// lies outside the input counts as -FLT_MAX.
struct PoolShape {
  int n, c, h, w, oh, ow;
  int size_y, size_x, stride_y, stride_x, offset_y, offset_x;
};

size_t max_pool_scratch_bytes(const PoolShape& shape, int threads);
void max_pool(const PoolShape& shape, Source src, Target dst, void* scratch, int threads);

// Nearest neighbour: out[y][x] = scale * in[y / stride][x / stride].
void upsample(int n, int c, int h, int w, int stride, float scale, Source src, Target dst,
              int threads);

// out = act(a + b); `dst` may be `a` or `b`.
void add(int n, int c, int h, int w, Source a, Source b, Act act, Target dst, int threads);

// out = act(a); `dst` may be `a`.
void activate(int n, int c, int h, int w, Source a, Act act, Target dst, int threads);

// Copies `c` channels, from channel `src_first` of one tensor to channel `dst_first` of another
// (`src_c`, `dst_c`: all their channels). Any channel numbers; fast where both are multiples of 16.
// Padded lanes of the destination's last block are zeroed when the copy ends with its last channel.
struct ChannelCopy {
  int n, c, h, w;
  int src_c, src_first, dst_c, dst_first;
};
void copy_channels(const ChannelCopy& copy, Source src, Target dst, int threads);

// Layout changes. The padded lanes of a blocked destination become 0.
void to_blocked(int n, int c, int h, int w, Source plain, Target blocked, int threads);
void to_plain(int n, int c, int h, int w, Source blocked, Target plain, int threads);

// ---- fully connected -------------------------------------------------------------------------

// Weights are dense rows, [outputs][inputs]. Images are rows of numbers at a distance of
// batch_stride, which both a blocked tensor of one pixel and a plain one are.
struct ConnectedShape {
  int n, inputs, outputs;
};

size_t connected_scratch_bytes(const ConnectedShape& shape, int threads);
// out[n][o] = biases[o] + sum_i weights[o][i] * in[n][i]. `biases` may be null.
void connected(const ConnectedShape& shape, Source src, const float* weights, const float* biases,
               Target dst, void* scratch, int threads);

}  // namespace dn::cpu
