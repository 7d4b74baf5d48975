#include "backends/weight_cache.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace dn {

constexpr size_t kAlign = 64;
constexpr size_t kHugePage = 2 << 20;

// Asks for huge pages, where whole ones fit: looking up small pages, twice as dear in a virtual
// machine, was seen to double the time of a network.
static void use_huge_pages(void* data, size_t bytes) {
#if defined(MADV_HUGEPAGE)
  madvise(data, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);  // a kernel without them says no
#else
  (void)data, (void)bytes;
#endif
}

Buffer::Buffer(size_t bytes) : bytes_(bytes) {
  const size_t align = bytes >= kHugePage ? kHugePage : kAlign;
  const size_t rounded = (bytes + kAlign - 1) / kAlign * kAlign;
  // posix_memalign: the size need not be a multiple of the alignment
  if (posix_memalign(&data_, align, rounded ? rounded : kAlign))
    fail(DN_ERROR_MEMORY, "%zu bytes could not be allocated", bytes);
  if (bytes >= kHugePage) use_huge_pages(data_, bytes);
}

Buffer::~Buffer() { std::free(data_); }

std::shared_ptr<const Buffer> WeightCache::get(const Key& key, size_t bytes,
                                               const std::function<void(Buffer&)>& fill) {
  // held while filling, so that two plans compiled at once do not both pack
  const std::lock_guard<std::mutex> lock(mutex_);
  if (key.first) {
    const auto known = buffers_.find(key);
    if (known != buffers_.end())
      if (std::shared_ptr<const Buffer> alive = known->second.lock()) return alive;
  }
  auto made = std::make_shared<Buffer>(bytes);
  fill(*made);
  if (key.first) buffers_[key] = made;
  return made;
}

void WeightCache::clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  buffers_.clear();
}

}  // namespace dn
