#include "heads/iseg_loss.h"

#include "core/device_code.h"
#include "heads/square_sums.h"

namespace dn {

namespace {

struct IsegMap {
  const float *output, *truth;
  float *delta, *means;  // means: of each image's instances, pixels and then the mean embedding
  int64_t classes, ids, plane;

  DN_HD const float* instance(int64_t b, int64_t i) const {
    return truth + (b * IsegLoss::kInstances + i) * (1 + plane);
  }
  DN_HD float* mean(int64_t b, int64_t i) const {
    return means + (b * IsegLoss::kInstances + i) * (1 + ids);
  }
  DN_HD int64_t image(int64_t b) const { return b * (classes + ids) * plane; }
};

struct MeanEmbedding : IsegMap {  // of one instance
  DN_HD void operator()(int64_t i) const {
    const int64_t b = i / IsegLoss::kInstances, number = i % IsegLoss::kInstances;
    float* m = mean(b, number);
    for (int64_t z = 0; z <= ids; ++z) m[z] = 0;
    for (int64_t j = 0; j <= number; ++j)
      if (instance(b, j)[0] < 0) return;  // the list ended before
    const float* mask = instance(b, number) + 1;
    const float* e = output + image(b) + classes * plane;
    for (int64_t p = 0; p < plane; ++p) {
      if (mask[p] == 0) continue;
      m[0] += 1;
      for (int64_t z = 0; z < ids; ++z) m[1 + z] += e[z * plane + p];
    }
    for (int64_t z = 0; z < ids && m[0] > 0; ++z) m[1 + z] /= m[0];
  }
};

struct IsegPixel : IsegMap {  // one pixel of one image
  DN_HD void operator()(int64_t i) const {
    const int64_t b = i / plane, p = i % plane;
    const float* v = output + image(b) + p;
    float* d = delta + image(b) + p;
    for (int64_t k = 0; k < classes; ++k) d[k * plane] = 0.f - v[k * plane];
    for (int64_t z = 0; z < ids; ++z) d[(classes + z) * plane] = -0.1f * v[(classes + z) * plane];
    for (int64_t n = 0; n < IsegLoss::kInstances; ++n) {
      const float* told = instance(b, n);
      if (told[0] < 0) break;
      if (told[1 + p] == 0) continue;
      const int64_t k = int64_t(told[0]);
      if (k < classes) d[k * plane] = told[1 + p] - v[k * plane];
      for (int64_t other = 0; other < IsegLoss::kInstances; ++other) {
        const float* m = mean(b, other);
        if (m[0] == 0) continue;
        for (int64_t z = 0; z < ids; ++z) {
          const float step = m[1 + z] - v[(classes + z) * plane] < 0 ? -0.1f : 0.1f;
          d[(classes + z) * plane] += other == n ? step : -step;
        }
      }
    }
    for (int64_t z = 0; z < ids; ++z) d[(classes + z) * plane] *= 0.01f;
  }
};

}  // namespace

double IsegLoss::run(const Context& context, const LossArgs& args,
                     std::vector<LossPart>& parts) const {
  const IsegMap map{args.output, args.truth, args.delta,        args.scratch,
                    classes,     ids,        args.shape.plane()};
  float* squares = args.scratch + args.batch * kInstances * (1 + ids);
  context.each(args.batch * kInstances, MeanEmbedding{map});
  context.each(args.batch * map.plane, IsegPixel{map});
  context.each(args.batch, SquareSums{args.delta, squares, 1, classes + ids, classes, map.plane});
  double all = 0, embedding = 0;
  for (int64_t b = 0; b < args.batch; ++b) {
    all += double(squares[2 * b]);
    embedding += double(squares[2 * b + 1]);
  }
  const double images = double(args.batch);
  parts = {{"class_loss", (all - embedding) / images}, {"embedding_loss", embedding / images}};
  return all;
}

}  // namespace dn
