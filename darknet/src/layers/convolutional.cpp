// [convolutional]: correlation, batch normalisation or bias, activation.
#include <cmath>

#include "layers/blocks.h"
#include "layers/sections.h"
#include "ops/excitation.h"
#include "ops/sign.h"

namespace dn {

namespace {

class Convolutional final : public Layer {
 public:
  void read(Options& o) override {
    filters_ = o.integer("filters", 1, "output channels", 1);
    if (numload > filters_)
      o.wrong("numload", format("numload=%d, expected at most filters=%d", numload, filters_));
    loaded_filters = numload > 0 ? numload : filters_;
    size_ = o.integer("size", 1, "width and height of the kernel", 1);
    stride_ = o.integer("stride", 1, "step of the kernel", 1);
    stride_x_ = o.integer("stride_x", stride_, "horizontal step; below 1: stride");
    stride_y_ = o.integer("stride_y", stride_, "vertical step; below 1: stride");
    if (stride_x_ < 1) stride_x_ = stride_;
    if (stride_y_ < 1) stride_y_ = stride_;
    dilation_ = o.integer("dilation", 1, "distance of the kernel's taps", 1);
    if (size_ == 1) dilation_ = 1;
    const bool pad = o.flag("pad", false, "pads by size/2, whatever padding says");
    padding_ = o.integer("padding", 0, "zeros around the input, each side", 0);
    if (pad) padding_ = size_ / 2;
    groups_ = o.integer("groups", 1, "groups of channels that do not see each other", 1);
    activation_ = o.choice("activation", Activation::logistic, activation_names(), "activation");
    batch_normalize_ = o.integer("batch_normalize", 0, "batch normalisation") != 0;
    cross_iteration_ =
        o.flag("cbn", false, "batch normalisation, in training over the mini-batches of an update");
    batch_normalize_ |= cross_iteration_;
    binary_ = o.flag("binary", false, "weights are signs times their mean");
    xnor_ = o.flag("xnor", false, "binary weights on a binary input");
    if (xnor_) groups_ = 1;
    o.flag("bin_output", false, "bit-packed output; no effect on the numbers");
    flipped_ = o.flag("flipped", false, "the weights file holds the weights transposed");
    o.real("dot", 0, "training: orthogonality penalty");
    antialiasing_ = o.integer("antialiasing", 0, "blurs instead of striding: 1 3x3, 2 2x2", 0, 2);
    excitation_ = o.real("assisted_excitation", 0,
                         "training: raises what lies in truth boxes, above 1 until that iteration");
    share_index_ = o.integer("share_index", kNone, "uses the weights of that layer");
    read_deform(o);
    training.grad_centr = o.flag("grad_centr", false, "training: gradient centralisation");
    training.reverse = o.real("reverse", 0, "training: exponent on gradients");
    training.rejects_filters = activation_ != Activation::linear;
    o.flag("coordconv", false, "no defined effect");
    o.integer("stream", -1, "no effect on the numbers");
    o.integer("wait_stream", -1, "no effect on the numbers");
  }

  int lower(Lowering& g) override {
    if (g.training()) check_deform();
    int input = g.input();
    const Shape in = g.shape(input);
    if (xnor_) input = g.add(std::make_unique<Sign>(), {input});
    ConvBlock block;
    block.conv.filters = filters_;
    block.conv.size_y = block.conv.size_x = size_;
    const bool blur = antialiasing_ > 0 && (stride_x_ > 1 || stride_y_ > 1);
    block.conv.stride_x = blur ? 1 : stride_x_;
    block.conv.stride_y = blur ? 1 : stride_y_;
    block.conv.dilation = dilation_;
    block.conv.groups = groups_;
    block.conv.binary = binary_ || xnor_;
    block.conv.pad_top = block.conv.pad_left = int64_t(padding_) * dilation_;
    // compat: dilation does not enter the output size
    block.conv.out_h = conv_size(in.h, size_, padding_, block.conv.stride_y);
    block.conv.out_w = conv_size(in.w, size_, padding_, block.conv.stride_x);
    block.batch_normalize = batch_normalize_;
    block.cross_iteration = cross_iteration_ && g.training();
    block.activation = activation_;
    Layer* owner = this;
    if (share_index_ != kNone) {
      owner = &g.layer(g.resolve(share_index_));
      if (owner->find_param("weights") == nullptr)
        fail(DN_ERROR_CFG, "share_index=%d names [%s], expected a [convolutional]", share_index_,
             owner->type.c_str());
      check_shared(owner->find_param("weights")->dims(), in.c);
    } else if (flipped_) {
      flipped_filters = loaded_filters;
    }
    int value = lower_conv(g, *owner, block, input, "");
    if (excitation_ > 0 && g.training()) {
      auto op = std::make_unique<Excitation>();
      op->until = excitation_;
      value = g.add(std::move(op), {value});
    }
    if (blur) value = lower_blur(g, value, antialiasing_, stride_x_, stride_y_);
    return value;
  }

 private:
  void check_shared(const std::vector<int64_t>& shared, int64_t c) const {
    const std::vector<int64_t> own = {filters_, c / groups_, size_, size_};
    if (shared == own) return;
    const auto words = [](const std::vector<int64_t>& dims) {
      std::string text;
      for (const int64_t dim : dims) text += (text.empty() ? "" : "x") + std::to_string(dim);
      return text;
    };
    fail(DN_ERROR_CFG, "share_index=%d has weights of %s, expected %s as this layer needs",
         share_index_, words(shared).c_str(), words(own).c_str());
  }

  void read_deform(Options& o) {
    const auto read = [&](const char* key, Deform deform, const char* about) {
      if (!o.flag(key, false, about)) return;
      training.deform = deform;
      ++deforms_;
    };
    read("sway", Deform::sway, "training: 4 groups of filters are one, turned and mirrored");
    read("rotate", Deform::rotate, "training: 4 groups of filters are one, in quarter turns");
    read("stretch", Deform::stretch, "training: 4 groups of filters are one, stretched");
    read("stretch_sway", Deform::stretch_sway,
         "training: 8 groups of filters are one, stretched, turned and mirrored");
    training.angle = o.real("angle", 15, "training: degrees of sway and stretch_sway");
  }

  void check_deform() const {
    const int groups = deform_groups(training.deform);
    if (deforms_ > 1)
      fail(DN_ERROR_CFG, "rotate, sway, stretch and stretch_sway: expected one of them, found %d",
           deforms_);
    if (groups > 1 && size_ < 2)
      fail(DN_ERROR_CFG, "size=%d, expected more than 1 for kernels that are deformed", size_);
    if (filters_ % groups)
      fail(DN_ERROR_CFG, "filters=%d, expected a multiple of %d for kernels that are deformed",
           filters_, groups);
  }

  static constexpr int kNone = -1000000000;
  int filters_ = 1, size_ = 1, stride_ = 1, stride_x_ = 1, stride_y_ = 1, dilation_ = 1;
  int deforms_ = 0, padding_ = 0, groups_ = 1, antialiasing_ = 0, share_index_ = kNone;
  Activation activation_ = Activation::logistic;
  float excitation_ = 0;
  bool batch_normalize_ = false, cross_iteration_ = false;
  bool binary_ = false, xnor_ = false, flipped_ = false;
};

}  // namespace

std::unique_ptr<Layer> make_convolutional() { return std::make_unique<Convolutional>(); }

}  // namespace dn
