#include "ops/concat.h"

namespace dn {

Shape Concat::shape(const std::vector<Shape>& in) const {
  Shape out = in[0];
  for (size_t i = 1; i < in.size(); ++i) {
    if (in[i].h != out.h || in[i].w != out.w)
      fail(DN_ERROR_CFG, "inputs of %s and %s do not meet, expected the same width and height",
           in[0].text().c_str(), in[i].text().c_str());
    out.c += in[i].c;
  }
  return out;
}

namespace {

struct CopyBlock {  // size numbers of each image, into images of stride numbers
  const float* in;
  float* out;
  int64_t size, stride;
  DN_HD void operator()(int64_t i) const { out[i / size * stride + i % size] = in[i]; }
};

struct AddBlock {  // the way back
  const float* out_delta;
  float* in_delta;
  int64_t size, stride;
  DN_HD void operator()(int64_t i) const { in_delta[i] += out_delta[i / size * stride + i % size]; }
};

}  // namespace

void Concat::forward(const Context& context, const Args& args) const {
  int64_t offset = 0;
  for (size_t k = 0; k < args.inputs; ++k) {
    const int64_t size = args.in_shapes[k].size();
    context.each(args.batch * size,
                 CopyBlock{args.in[k], args.out + offset, size, args.out_shape.size()});
    offset += size;
  }
}

void Concat::backward(const Context& context, const BackwardArgs& args) const {
  int64_t offset = 0;
  for (size_t k = 0; k < args.inputs; ++k) {
    const int64_t size = args.in_shapes[k].size();
    if (args.in_delta[k])
      context.each(args.batch * size, AddBlock{args.out_delta + offset, args.in_delta[k], size,
                                               args.out_shape.size()});
    offset += size;
  }
}

}  // namespace dn
