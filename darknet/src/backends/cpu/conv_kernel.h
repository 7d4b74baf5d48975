// Convolutions by the hand-made kernels.
#pragma once

#include "backends/kernel.h"
#include "ops/conv.h"

namespace dn {

// Whether the convolution reads a blocked input; false for the first one, which reads the image.
bool conv_reads_blocked(const Conv& conv, const Shape& in);

// What the packed weights take where a float of them is worth that many multiply-adds.
size_t packed_bytes(const Conv& conv, const Shape& in, int64_t batch, double weight_price);

// nullptr for other ops and for shapes without a kernel. `input_means`, of the channels of the
// input (see channel_means.h): of a convolution that may multiply bf16, else null.
std::unique_ptr<Kernel> make_conv_kernel(const KernelRequest& request, double weight_price,
                                         const std::vector<float>* input_means);

// Whether the outputs of a convolution of float32 tensors stay good enough where its inputs and
// weights are rounded to bf16.
bool bears_bf16_products(const Conv& conv, const Shape& in);

// A convolution of bf16 NHWC tensors by an f32 Winograd; nullptr where one that multiplies bf16 is
// faster.
std::unique_ptr<Kernel> make_bf16_winograd(const KernelRequest& request);

// An activation without a fused form, on a blocked tensor.
void activate_blocked(const Context& context, const View& in, const View& out, const Shape& shape,
                      int64_t batch, Activation activation);

}  // namespace dn
