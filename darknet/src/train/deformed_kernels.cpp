#include "train/deformed_kernels.h"

#include <cmath>

#include "core/device_code.h"

namespace dn {

namespace {

// One kernel of size x size; entry (to, from) of the map that makes it.
struct Map {
  float* numbers;
  int64_t size;

  float& at(int64_t x, int64_t y, int64_t from_x, int64_t from_y) const {
    return numbers[(y * size + x) * size * size + from_y * size + from_x];
  }

  void same() const {
    for (int64_t i = 0; i < size * size; ++i) numbers[i * size * size + i] = 1;
  }
  void mirror() const {
    for (int64_t y = 0; y < size; ++y)
      for (int64_t x = 0; x < size; ++x) at(size - 1 - x, y, x, y) = 1;
  }
  void quarter_turns(int turns) const {  // clockwise
    for (int64_t y = 0; y < size; ++y)
      for (int64_t x = 0; x < size; ++x) {
        int64_t to_x = x, to_y = y;
        for (int i = 0; i < turns; ++i) {
          const int64_t before = to_x;
          to_x = size - 1 - to_y;
          to_y = before;
        }
        at(to_x, to_y, x, y) = 1;
      }
  }

  // Bilinear: number (x, y) comes from the middle plus (ax * dx + ay * dy, bx * dx + by * dy); what
  // would come from outside is 0. Returns how much of all weights lies inside.
  float sample(float ax, float ay, float bx, float by) const {
    const float middle = float(size - 1) / 2;  // compat: Darknet's is a half too far in even sizes
    float inside = 0;
    for (int64_t y = 0; y < size; ++y)
      for (int64_t x = 0; x < size; ++x) {
        const float dx = float(x) - middle, dy = float(y) - middle;
        const float sx = middle + ax * dx + ay * dy, sy = middle + bx * dx + by * dy;
        const int64_t left = int64_t(std::floor(sx)), top = int64_t(std::floor(sy));
        for (int64_t v = top; v <= top + 1; ++v)
          for (int64_t u = left; u <= left + 1; ++u) {
            const float share = (1 - std::fabs(sx - float(u))) * (1 - std::fabs(sy - float(v)));
            if (u < 0 || u >= size || v < 0 || v >= size) continue;
            at(x, y, u, v) += share;
            inside += share;
          }
      }
    return inside / float(size * size);
  }
  void scale_by(float factor) const {
    for (int64_t i = 0; i < size * size * size * size; ++i) numbers[i] *= factor;
  }
  void sway(float degrees) const {
    const float angle = degrees * 3.14159265f / 180;
    const float c = std::cos(angle), s = std::sin(angle);
    scale_by(1 / sample(c, s, -s, c));  // what fell outside is made up for
  }
  void stretch(float scale) const {
    sample(1 / scale, 0, 0, 1 / scale);
    scale_by(1 / scale);
  }
};

void fill(const LayerTraining& layer, int64_t group, const Map& map) {
  constexpr float kStretches[] = {0.65f, 0.8f, 1.3f}, kMoreStretches[] = {0.65f, 0.8f, 1.2f, 1.4f};
  if (group == 0) return map.same();
  switch (layer.deform) {
    case Deform::none:
      break;
    case Deform::rotate:
      return map.quarter_turns(int(group));
    case Deform::sway:
      return group == 3 ? map.mirror() : map.sway(group == 1 ? layer.angle : -layer.angle);
    case Deform::stretch:
      return map.stretch(kStretches[group - 1]);
    case Deform::stretch_sway:
      if (group <= 4) return map.stretch(kMoreStretches[group - 1]);
      return group == 7 ? map.mirror() : map.sway(group == 5 ? layer.angle : -layer.angle);
  }
}

struct DeformGroups {  // all but the first
  const float* maps;
  float* numbers;
  int64_t area, part;
  DN_HD void operator()(int64_t index) const {
    const int64_t i = part + index, group = i / part;
    const float* kernel = numbers + i % part / area * area;
    const float* row = maps + (group * area + i % area) * area;
    float sum = 0;
    for (int64_t e = 0; e < area; ++e) sum += row[e] * kernel[e];
    numbers[i] = sum;
  }
};

struct LeadBack {  // the groups' mean, into the first
  const float* maps;
  float* gradient;
  int64_t groups, area, part;
  DN_HD void operator()(int64_t i) const {
    float sum = gradient[i];
    for (int64_t g = 1; g < groups; ++g) {
      const float* kernel = gradient + g * part + i / area * area;
      for (int64_t e = 0; e < area; ++e) sum += maps[(g * area + e) * area + i % area] * kernel[e];
    }
    gradient[i] = sum / float(groups);
  }
};

struct CopyFirst {
  float* numbers;
  int64_t part;
  DN_HD void operator()(int64_t index) const { numbers[part + index] = numbers[index % part]; }
};

struct KeepFirst {  // times factor; the rest becomes 0
  float* numbers;
  int64_t part;
  float factor;
  DN_HD void operator()(int64_t i) const { numbers[i] = i < part ? factor * numbers[i] : 0.f; }
};

}  // namespace

bool DeformedKernels::tied(const LayerTraining& layer, int64_t max_batches, int64_t number) {
  return layer.deform != Deform::none && (max_batches <= 0 || 2 * number <= max_batches);
}

DeformedKernels::DeformedKernels(const LayerTraining& layer, const Param& weights)
    : groups_(deform_groups(layer.deform)),
      area_(weights.dims()[2] * weights.dims()[3]),
      part_(weights.size() / groups_),
      maps_(size_t(groups_ * area_ * area_)) {
  for (int64_t g = 0; g < groups_; ++g)
    fill(layer, g, {maps_.data() + g * area_ * area_, weights.dims()[2]});
}

void DeformedKernels::deform(const Context& context, float* numbers) const {
  context.each((groups_ - 1) * part_, DeformGroups{maps_.data(), numbers, area_, part_});
}

void DeformedKernels::gather(const Context& context, TrainedArray& weights) const {
  float* gradient = weights.gradient->as<>();
  context.each(part_, LeadBack{maps_.data(), gradient, groups_, area_, part_});
  context.each((groups_ - 1) * part_, CopyFirst{gradient, part_});
  context.each((groups_ - 1) * part_, CopyFirst{weights.value->as<>(), part_});
}

void DeformedKernels::scatter(const Context& context, TrainedArray& weights, bool last) const {
  deform(context, weights.value->as<>());
  if (!last)  // the mean of the next update brings it back
    return context.each(groups_ * part_,
                        KeepFirst{weights.gradient->as<>(), part_, float(groups_)});
  for (Buffer* memory : {weights.gradient.get(), weights.mean.get(), weights.square.get()})
    if (memory) deform(context, memory->as<>());
}

}  // namespace dn
