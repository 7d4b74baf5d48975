// Packed weights, made once and shared by all plans of a network that use them.
#pragma once

#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/error.h"

namespace dn {

// Memory for numbers, aligned for every kernel.
class Buffer {
 public:
  explicit Buffer(size_t bytes);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  template <typename T = float>
  T* as() const {
    return static_cast<T*>(data_);
  }
  size_t bytes() const { return bytes_; }

 private:
  void* data_;
  size_t bytes_;
};

class WeightCache {
 public:
  using Key = std::pair<const void*, std::string>;  // Op::identity(), what was made of it

  // The buffer of that key; makes and fills it where no plan holds one. A key without identity is
  // never shared.
  std::shared_ptr<const Buffer> get(const Key& key, size_t bytes,
                                    const std::function<void(Buffer&)>& fill);
  void clear();

 private:
  std::mutex mutex_;
  std::map<Key, std::weak_ptr<const Buffer>> buffers_;
};

}  // namespace dn
