// [crop]: at inference the centre of the image, moved to -1..1.
#include "ops/crop.h"
#include "layers/sections.h"

namespace dn {

namespace {

class CropLayer final : public Layer {
 public:
  void read(Options& o) override {
    crop_height_ = o.integer("crop_height", 1, "output height", 1);
    crop_width_ = o.integer("crop_width", 1, "output width", 1);
    noadjust_ = o.flag("noadjust", false, "keeps 0..1");
    flip_ = o.flag("flip", false, "training: mirrors half of the images");
    angle_ = o.real("angle", 0, "training: degrees of rotation");
    saturation_ = o.real("saturation", 1, "training: factor on the saturation");
    exposure_ = o.real("exposure", 1, "training: factor on the value");
    shift_ = o.real("shift", 0, "training: colour shift");
  }

  int lower(Lowering& g) override {
    auto op = std::make_unique<Crop>();
    op->crop_height = crop_height_;
    op->crop_width = crop_width_;
    op->noadjust = noadjust_;
    op->flip = flip_;
    op->angle = angle_;
    op->saturation = saturation_;
    op->exposure = exposure_;
    op->shift = shift_;
    return g.add(std::move(op), {g.input()});
  }

 private:
  int crop_height_ = 1, crop_width_ = 1;
  bool noadjust_ = false, flip_ = false;
  float angle_ = 0, saturation_ = 1, exposure_ = 1, shift_ = 0;
};

}  // namespace

std::unique_ptr<Layer> make_crop() { return std::make_unique<CropLayer>(); }

}  // namespace dn
