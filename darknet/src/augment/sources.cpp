#include "augment/sources.h"

#include "augment/mixing.h"
#include "core/error.h"

namespace dn {

void check_sources(const dn_augment& a, int64_t image, const dn_source* sources, int tiles,
                   const Shape& shape) {
  check(a);
  const int expected = tiles_of(mix_of(a, image));
  if (tiles != expected)
    fail(DN_ERROR_ARGUMENT, "tiles=%d, image %lld is made of %d", tiles,
         static_cast<long long>(image), expected);
  for (int i = 0; i < tiles; ++i) {
    const dn_image& source = sources[i].image;
    if (!source.data || source.width < 1 || source.height < 1)
      fail(DN_ERROR_DATA, "the image is empty");
    if (source.channels != shape.c || source.channels > 4)
      fail(DN_ERROR_DATA, "the image has %d channels, the network takes %lld", source.channels,
           static_cast<long long>(shape.c));
  }
}

}  // namespace dn
