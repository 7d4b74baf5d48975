// Convolutions by the hand-made kernels.
#pragma once

#include "backends/kernel.h"
#include "ops/conv.h"

namespace dn {

// Whether the convolution reads a blocked input; false for the first one, which reads the image.
bool conv_reads_blocked(const Conv& conv, const Shape& in);

// What the packed weights take where a float of them is worth that many multiply-adds.
size_t packed_bytes(const Conv& conv, const Shape& in, int64_t batch, double weight_price);

// nullptr for other ops and for shapes without a kernel. int16_products: as ConvDesc has it.
std::unique_ptr<Kernel> make_conv_kernel(const KernelRequest& request, double weight_price,
                                         bool int16_products);

// Convolutions that each read the one before, as one kernel; nullptr where that is not better.
std::unique_ptr<Kernel> make_conv_chain(const std::vector<KernelRequest>& requests,
                                        double weight_price, bool int16_products);

// A convolution of bf16 NHWC tensors by Winograd; nullptr where a direct one is faster.
std::unique_ptr<Kernel> make_bf16_winograd(const KernelRequest& request);

// An activation without a fused form, on a blocked tensor.
void activate_blocked(const Context& context, const View& in, const View& out, const Shape& shape,
                      int64_t batch, Activation activation);

}  // namespace dn
