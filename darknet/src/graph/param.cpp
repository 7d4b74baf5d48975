#include "graph/param.h"

#include "core/error.h"

namespace dn {

Param::Param(std::string name, std::vector<int64_t> dims, Initial initial, uint64_t seed)
    : name_(std::move(name)), dims_(std::move(dims)), initial_(initial), seed_(seed) {}

int64_t Param::size() const {
  int64_t size = 1;
  for (const int64_t d : dims_) size *= d;
  return size;
}

// splitmix64 (Steele, Lea, Flood 2014): a good enough stream from any seed.
static uint64_t next_random(uint64_t& state) {
  uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static std::vector<float> transpose(const std::vector<float>& in, int64_t rows) {
  const int64_t columns = static_cast<int64_t>(in.size()) / rows;
  std::vector<float> out(in.size());
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) out[size_t(c * rows + r)] = in[size_t(r * columns + c)];
  return out;
}

std::vector<float> Param::values() const {
  if (!resident_.empty()) return resident_;
  const int64_t count = size();
  std::vector<float> out(static_cast<size_t>(count), initial_.mean);
  if (source_) {
    source_->read(offset_, out.data(), count);
    // the file holds size / rows rows of rows numbers
    if (transposed_rows_ > 0) out = transpose(out, count / transposed_rows_);
  } else if (initial_.range != 0) {
    uint64_t state = seed_;
    const int64_t drawn = initial_.filled < 0 ? count : initial_.filled;
    for (int64_t i = 0; i < count; ++i) {
      const double unit = double(next_random(state) >> 11) * 0x1p-53;  // [0, 1)
      out[size_t(i)] =
          i < drawn ? initial_.mean + initial_.range * static_cast<float>(2 * unit - 1) : 0.f;
    }
  }
  return out;
}

void Param::set(std::vector<float> values) {
  if (static_cast<int64_t>(values.size()) != size())
    fail(DN_ERROR_ARGUMENT, "%s has %lld numbers, %lld were given", name_.c_str(),
         static_cast<long long>(size()), static_cast<long long>(values.size()));
  resident_ = std::move(values);
  source_.reset();
}

void Param::bind(std::shared_ptr<const NumberSource> source, uint64_t offset,
                 int64_t transposed_rows) {
  resident_.clear();
  source_ = std::move(source);
  offset_ = offset;
  transposed_rows_ = transposed_rows;
}

std::vector<float> Param::stored_values() const {
  std::vector<float> numbers = values();
  return transposed_rows_ > 0 ? transpose(numbers, transposed_rows_) : numbers;
}

}  // namespace dn
