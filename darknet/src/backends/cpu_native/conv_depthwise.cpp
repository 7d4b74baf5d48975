// Depthwise convolution (ConvAlgo::Depthwise), row by row.
#include "depthwise_row.h"

namespace dn::cpu::DN_ISA {

size_t depthwise_packed_bytes(const ConvDesc& d) {
  const ConvShape& s = d.shape;
  return 4LL * round_up(s.c, kBlock) * (1 + s.kh * s.kw);
}

size_t depthwise_scratch_bytes(const ConvDesc&, int) { return 0; }

// packed: see depthwise_of.
void pack_depthwise(const ConvDesc& d, const float* weights, const float* bias, float* packed,
                    int) {
  const ConvShape& s = d.shape;
  const int c_padded = round_up(s.c, kBlock), taps = s.kh * s.kw;
  for (int c = 0; c < c_padded; ++c) {
    packed[c] = bias && c < s.c ? bias[c] : 0.f;
    float* out = packed + c_padded + c / kBlock * taps * kBlock + c % kBlock;
    for (int tap = 0; tap < taps; ++tap) {
      out[tap * kBlock] = c < s.c ? weights[c * taps + tap] : 0.f;
    }
  }
}

void conv_depthwise(const ConvDesc& d, const float* packed, Source src, Target dst,
                    const Epilogue& e, float*, int threads) {
  const ConvShape& s = d.shape;
  const Depthwise depthwise = depthwise_of(s, packed, e.act);
  const int blocks = depthwise.blocks, all_rows = s.n * blocks * s.oh;
  const int64_t dst_block = dst_plane(s) * kBlock;
#pragma omp parallel for num_threads(threads) schedule(static, 1) if (threads > 1)
  for (int id = 0; id < threads; ++id) {
    for (int i = part(all_rows, id, threads); i < part(all_rows, id + 1, threads); ++i) {
      const int oy = i % s.oh, block = i / s.oh % blocks, image = i / s.oh / blocks;
      const int64_t offset = block * dst_block + (int64_t)oy * s.ow * kBlock;
      float* to = dst.data + image * dst.batch_stride + offset;
      depthwise_span(depthwise, src.data + image * src.batch_stride, block, block + 1, oy, 0, s.ow,
                     to, dst_block);
      if (e.residual) {
        apply(e.act_after_residual, to, e.residual + image * e.residual_stride + offset, to,
              s.ow * kBlock);
      }
    }
  }
}

}  // namespace dn::cpu::DN_ISA
