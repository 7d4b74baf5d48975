#include "backends/cpu_onednn/channel_means.h"

#include "ops/activate.h"
#include "ops/concat.h"
#include "ops/conv.h"
#include "ops/pool.h"
#include "ops/slice.h"
#include "ops/upsample.h"

namespace dn::onednn {

namespace {

using Means = std::vector<float>;

constexpr float kImageMean = 0.45f;  // of photographs, 0 to 1

// The mean of an activation of normally distributed numbers, by a sum over the bell.
float mean_of(Activation activation, float mean, float deviation) {
  double sum = 0, weights = 0;
  for (int i = -12; i <= 12; ++i) {
    const float z = float(i) / 3;
    const double weight = std::exp(-0.5 * double(z) * double(z));
    sum += weight * double(activate(activation, mean + z * deviation));
    weights += weight;
  }
  return float(sum / weights);
}

Means after_conv(const Conv& conv, const std::vector<const Means*>& in) {
  if (!conv.folded || !conv.biases) return {};
  Means means = conv.biases->values();
  Means deviations = conv.folded.scales->values();
  size_t extra = 1;
  for (const Post& post : conv.post) {
    if (post.kind == Post::Kind::add) {
      const Means& other = *in[extra++];
      if (other.size() != means.size()) return {};
      for (size_t c = 0; c < means.size(); ++c) means[c] += other[c];
    } else if (!over_channels(post.activation)) {
      for (size_t c = 0; c < means.size(); ++c)
        means[c] = mean_of(post.activation, means[c], std::abs(deviations[c]));
    } else {
      return {};
    }
  }
  return means;
}

Means after(const Op& op, const std::vector<Shape>& shapes, const std::vector<const Means*>& in) {
  if (const auto* conv = dynamic_cast<const Conv*>(&op)) return after_conv(*conv, in);
  for (const Means* means : in)
    if (means->empty()) return {};
  if (!op.post.empty()) return {};
  if (dynamic_cast<const Concat*>(&op)) {
    Means all;
    for (const Means* means : in) all.insert(all.end(), means->begin(), means->end());
    return all;
  }
  if (const auto* slice = dynamic_cast<const Slice*>(&op))
    return Means(in[0]->begin() + slice->first, in[0]->begin() + slice->first + slice->channels);
  if (op.is_plain_sum(shapes)) {
    Means sum = *in[0];
    for (size_t i = 1; i < in.size(); ++i)
      for (size_t c = 0; c < sum.size(); ++c) sum[c] += (*in[i])[c];
    return sum;
  }
  if (dynamic_cast<const Pool*>(&op) || dynamic_cast<const Upsample*>(&op)) return *in[0];
  return {};
}

}  // namespace

std::vector<std::vector<float>> channel_means(const Graph& graph) {
  std::vector<Means> means(graph.values.size());
  means[0].assign(size_t(graph.values[0].c), kImageMean);
  for (const Node& node : graph.nodes) {
    std::vector<const Means*> in;
    for (const int value : node.inputs) in.push_back(&means[size_t(value)]);
    means[size_t(node.output)] = after(*node.op, graph.shapes(node.inputs), in);
  }
  return means;
}

}  // namespace dn::onednn
