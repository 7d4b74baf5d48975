// The makers of all layers; each is defined in the file of its section.
#pragma once

#include <memory>

#include "layers/layer.h"

namespace dn {

std::unique_ptr<Layer> make_activation();
std::unique_ptr<Layer> make_avgpool();
std::unique_ptr<Layer> make_batchnorm();
std::unique_ptr<Layer> make_connected();
std::unique_ptr<Layer> make_contrastive();
std::unique_ptr<Layer> make_conv_lstm();
std::unique_ptr<Layer> make_convolutional();
std::unique_ptr<Layer> make_cost();
std::unique_ptr<Layer> make_crnn();
std::unique_ptr<Layer> make_crop();
std::unique_ptr<Layer> make_deconvolutional();
std::unique_ptr<Layer> make_detection();
std::unique_ptr<Layer> make_dropout();
std::unique_ptr<Layer> make_empty();
std::unique_ptr<Layer> make_gaussian_yolo();
std::unique_ptr<Layer> make_gru();
std::unique_ptr<Layer> make_history();
std::unique_ptr<Layer> make_implicit();
std::unique_ptr<Layer> make_iseg();
std::unique_ptr<Layer> make_l2norm();
std::unique_ptr<Layer> make_local();
std::unique_ptr<Layer> make_local_avgpool();
std::unique_ptr<Layer> make_logistic();
std::unique_ptr<Layer> make_lstm();
std::unique_ptr<Layer> make_maxpool();
std::unique_ptr<Layer> make_normalization();
std::unique_ptr<Layer> make_region();
std::unique_ptr<Layer> make_reorg();
std::unique_ptr<Layer> make_reorg3d();
std::unique_ptr<Layer> make_rnn();
std::unique_ptr<Layer> make_route();
std::unique_ptr<Layer> make_sam();
std::unique_ptr<Layer> make_scale_channels();
std::unique_ptr<Layer> make_shortcut();
std::unique_ptr<Layer> make_softmax();
std::unique_ptr<Layer> make_upsample();
std::unique_ptr<Layer> make_yolo();

}  // namespace dn
