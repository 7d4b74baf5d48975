#include "graph/param.h"

#include "core/error.h"
#include "core/random.h"

namespace dn {

static ParamRole role_of(const std::string& name) {
  const auto ends = [&](const std::string& tail) {
    return name.size() >= tail.size() &&
           name.compare(name.size() - tail.size(), tail.size(), tail) == 0;
  };
  if (ends("weights")) return ParamRole::weights;
  return ends("rolling_mean") || ends("rolling_variance") ? ParamRole::statistics
                                                          : ParamRole::offsets;
}

Param::Param(std::string name, std::vector<int64_t> dims, Initial initial, uint64_t seed)
    : name_(std::move(name)),
      dims_(std::move(dims)),
      initial_(initial),
      seed_(seed),
      role_(role_of(name_)) {}

int64_t Param::size() const {
  int64_t size = 1;
  for (const int64_t d : dims_) size *= d;
  return size;
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
    const int64_t drawn = initial_.filled < 0 ? count : initial_.filled;
    for (int64_t i = 0; i < count; ++i) {
      const auto index = static_cast<uint64_t>(i);
      const float unit = initial_.normal
                             ? random_normal(seed_, index)
                             : 2.f * float(double(random_bits(seed_, index) >> 11) * 0x1p-53) - 1.f;
      out[size_t(i)] = i < drawn ? initial_.mean + initial_.range * unit : 0.f;
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
