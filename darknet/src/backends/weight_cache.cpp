#include "backends/weight_cache.h"

namespace dn {

constexpr size_t kAlign = 64;

Buffer::Buffer(size_t bytes) : bytes_(bytes) {
  const size_t rounded = (bytes + kAlign - 1) / kAlign * kAlign;
  data_ = std::aligned_alloc(kAlign, rounded ? rounded : kAlign);
  if (!data_) fail(DN_ERROR_MEMORY, "%zu bytes could not be allocated", bytes);
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
