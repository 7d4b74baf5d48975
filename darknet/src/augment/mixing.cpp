#include "augment/mixing.h"

#include <cmath>

#include "augment/draws.h"
#include "core/error.h"

namespace dn {

namespace {

void in_range(const char* name, float value, float low, float high) {
  if (!(value >= low && value <= high))
    fail(DN_ERROR_ARGUMENT, "%s=%g, expected %g to %g", name, double(value), double(low),
         double(high));
}

}  // namespace

void check(const dn_augment& a) {
  if (a.batch < 1) fail(DN_ERROR_ARGUMENT, "batch=%d, expected at least 1", a.batch);
  if (a.loads < 1) fail(DN_ERROR_ARGUMENT, "loads=%d, expected at least 1", a.loads);
  in_range("jitter", a.jitter, 0, 10);
  in_range("resize", a.resize, 0.01f, 100);
  in_range("hue", a.hue, 0, 10);
  in_range("saturation", a.saturation, 0.001f, 1000);
  in_range("exposure", a.exposure, 0.001f, 1000);
  in_range("aspect", a.aspect, 0.001f, 1000);
  in_range("angle", a.angle, 0, 360);
  in_range("blur", float(a.blur), 0, 1000);
  in_range("gaussian_noise", float(a.gaussian_noise), 0, 1000);
  if (a.track && (a.time_lines < 1 || a.augment_speed < 1))
    fail(DN_ERROR_ARGUMENT, "time_lines=%d, augment_speed=%d, expected at least 1", a.time_lines,
         a.augment_speed);
}

int64_t first_of_load(const dn_augment& a, int64_t image) {
  // part t holds the places trunc(t n / T) to trunc((t + 1) n / T) of an update of n images
  const int64_t place = image % a.batch, part = ((place + 1) * a.loads - 1) / a.batch;
  return image - place + part * a.batch / a.loads;
}

dn_mix mix_of(const dn_augment& a, int64_t image) {
  if (a.mix == DN_MIX_NONE) return DN_MIX_NONE;
  if (!Draws(a.seed, first_of_load(a, image), Stream::mix).coin()) return DN_MIX_NONE;
  if (a.mix != DN_MIX_CUTMIX_OR_MOSAIC) return a.mix;
  return Draws(a.seed, image, Stream::mix_kind).coin() ? DN_MIX_CUTMIX : DN_MIX_MOSAIC;
}

int tiles_of(dn_mix mix) { return mix == DN_MIX_NONE ? 1 : mix == DN_MIX_MOSAIC ? 4 : 2; }

int64_t source_of(const dn_augment& a, int64_t image, int tile, int attempt, int64_t images) {
  const int64_t pair = a.contrastive ? image - image % 2 : image;
  Draws draws(a.seed, pair, Stream::source, tile);
  for (int i = 0; i < attempt; ++i) draws.next(), draws.next();
  const auto any = [&](Draws& from) {
    const uint64_t high = from.next(), low = from.next();
    return int64_t((high << 32 | low) % uint64_t(images));
  };
  if (!a.track || attempt > 0) return any(draws);
  // a sequence: every time line begins somewhere and goes on in steps of the same length
  const int64_t first = first_of_load(a, image), place = pair - first;
  Draws line(a.seed, first + place % a.time_lines, Stream::source, tile);
  const int64_t start = any(line);
  const int speed = Draws(a.seed, first, Stream::speed, tile).integer(1, a.augment_speed);
  return (start + place / a.time_lines * speed) % images;
}

Cut draw_cut(const dn_augment& a, int64_t image, const Size& net) {
  Draws draws(a.seed, image, Stream::cut);
  const auto place = [&](int length) {
    return draws.integer(int(float(length) * 0.2f), int(float(length) * 0.8f));
  };
  const int x = place(net.width), y = place(net.height);
  return {x, y};
}

Window draw_patch(const dn_augment& a, int64_t image, const Size& net) {
  Draws draws(a.seed, image, Stream::cut);
  const auto side = [&](int length) {
    return draws.integer(int(float(length) * 0.3f), int(float(length) * 0.8f));
  };
  const int width = side(net.width), height = side(net.height);
  const int left = draws.integer(0, net.width - width - 1);
  const int top = draws.integer(0, net.height - height - 1);
  return {left, top, left + width, top + height};
}

}  // namespace dn
