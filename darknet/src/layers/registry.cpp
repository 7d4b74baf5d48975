#include "layers/registry.h"

#include "layers/sections.h"

namespace dn {

namespace {

struct Row {
  const char* type;
  std::unique_ptr<Layer> (*make)();
};

const Row kRows[] = {
    {"convolutional", make_convolutional},
    {"deconvolutional", make_deconvolutional},
    {"local", make_local},
    {"connected", make_connected},
    {"maxpool", make_maxpool},
    {"local_avgpool", make_local_avgpool},
    {"avgpool", make_avgpool},
    {"crop", make_crop},
    {"dropout", make_dropout},
    {"normalization", make_normalization},
    {"batchnorm", make_batchnorm},
    {"activation", make_activation},
    {"logistic", make_logistic},
    {"l2norm", make_l2norm},
    {"softmax", make_softmax},
    {"contrastive", make_contrastive},
    {"cost", make_cost},
    {"route", make_route},
    {"shortcut", make_shortcut},
    {"scale_channels", make_scale_channels},
    {"sam", make_sam},
    {"upsample", make_upsample},
    {"reorg", make_reorg},
    {"reorg3d", make_reorg3d},
    {"implicit", make_implicit},
    {"empty", make_empty},
    {"detection", make_detection},
    {"region", make_region},
    {"yolo", make_yolo},
    {"Gaussian_yolo", make_gaussian_yolo},
    {"iseg", make_iseg},
    {"rnn", make_rnn},
    {"crnn", make_crnn},
    {"gru", make_gru},
    {"lstm", make_lstm},
    {"conv_lstm", make_conv_lstm},
    {"history", make_history},
    // the short spellings
    {"conv", make_convolutional},
    {"deconv", make_deconvolutional},
    {"conn", make_connected},
    {"max", make_maxpool},
    {"local_avg", make_local_avgpool},
    {"avg", make_avgpool},
    {"lrn", make_normalization},
    {"soft", make_softmax},
    {"silence", make_empty},
};

}  // namespace

std::unique_ptr<Layer> make_layer(const std::string& type) {
  for (const Row& row : kRows)
    if (type == row.type) return row.make();
  return nullptr;
}

std::vector<std::string> section_types() {
  std::vector<std::string> types;
  for (const Row& row : kRows) types.push_back(row.type);
  return types;
}

}  // namespace dn
