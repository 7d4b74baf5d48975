// Which images of the list become one image of the batch.
#pragma once

#include "augment/planes.h"
#include "darknet/engine.h"

namespace dn {

// Throws DN_ERROR_ARGUMENT where a setting is out of its range.
void check(const dn_augment& settings);

// Darknet's loader threads each make a part of an update's images; whether images are combined is
// decided once for each part. The first image of the part that an image belongs to:
int64_t first_of_load(const dn_augment& settings, int64_t image);

// How the images of this one's part are combined: none, mixup, cutmix or mosaic.
dn_mix mix_of(const dn_augment& settings, int64_t image);

// Images of the list that become one: 1, 2 or 4.
int tiles_of(dn_mix mix);

// The number in a list of `images` of a tile's source. attempt > 0 is what stands in where the
// one before cannot be read.
int64_t source_of(const dn_augment& settings, int64_t image, int tile, int attempt, int64_t images);

// Where the four tiles of a mosaic meet: 0.2 to 0.8 of the width and height.
struct Cut {
  int x, y;
};
Cut draw_cut(const dn_augment& settings, int64_t image, const Size& net);

// cutmix: the part that is taken from the second image, 0.3 to 0.8 of the width and height.
Window draw_patch(const dn_augment& settings, int64_t image, const Size& net);

}  // namespace dn
