// [deconvolutional] (pjreddie): transposed convolution.
#include "layers/sections.h"
#include "ops/batchnorm.h"
#include "ops/deconv.h"

namespace dn {

namespace {

class Deconvolutional final : public Layer {
 public:
  void read(Options& o) override {
    filters_ = o.integer("filters", 1, "output channels", 1);
    size_ = o.integer("size", 1, "width and height of the kernel", 1);
    stride_ = o.integer("stride", 1, "enlargement", 1);
    activation_ = o.choice("activation", Activation::logistic, activation_names(), "activation");
    batch_normalize_ = o.integer("batch_normalize", 0, "batch normalisation") != 0;
    const bool pad = o.flag("pad", false, "pads by size/2, whatever padding says");
    padding_ = o.integer("padding", 0, "cells cut off each side of the output", 0);
    if (pad) padding_ = size_ / 2;
  }

  int lower(Lowering& g) override {
    auto op = std::make_unique<Deconv>();
    op->filters = filters_;
    op->size = size_;
    op->stride = stride_;
    op->pad = padding_;
    const Param& biases = param("biases", {filters_});
    auto batchnorm = std::make_unique<Batchnorm>();
    if (batch_normalize_) {
      batchnorm->biases = &biases;
      batchnorm->norm.scales = &param("scales", {filters_}, {1, 0, -1});
      batchnorm->norm.mean = &param("rolling_mean", {filters_});
      batchnorm->norm.variance = &param("rolling_variance", {filters_});
    }
    op->weights =
        &param("weights", {g.shape(g.input()).c, filters_, size_, size_}, {0, 0.02f, -1, true});
    op->biases = &biases;
    if (batch_normalize_) {
      op->biases = nullptr;
      const int value = g.add(std::move(op), {g.input()});
      return g.activate(g.add(std::move(batchnorm), {value}), activation_);
    }
    return g.activate(g.add(std::move(op), {g.input()}), activation_);
  }

 private:
  int filters_ = 1, size_ = 1, stride_ = 1, padding_ = 0;
  Activation activation_ = Activation::logistic;
  bool batch_normalize_ = false;
};

}  // namespace

std::unique_ptr<Layer> make_deconvolutional() { return std::make_unique<Deconvolutional>(); }

}  // namespace dn
