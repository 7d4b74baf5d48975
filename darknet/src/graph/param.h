// One trained array of a network. Its numbers lie in memory or still in the weights file, so that
// a network which only runs does not hold them twice: a plan reads, folds and packs them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dn {

// Where numbers can be read again; implemented by the weights file.
class NumberSource {
 public:
  virtual ~NumberSource() = default;
  // Copies count float32 numbers from byte offset on. Throws DN_ERROR_WEIGHTS or DN_ERROR_FILE.
  virtual void read(uint64_t offset, float* out, int64_t count) const = 0;
};

// What an array holds before anything is loaded: uniform in [mean - range, mean + range], or normal
// with the standard deviation range.
struct Initial {
  float mean = 0;
  float range = 0;
  int64_t filled = -1;  // only that many first elements are drawn, the rest is 0; -1: all
  bool normal = false;
};

// How an array takes part in training.
enum class ParamRole {
  weights,     // trained, and drawn towards 0 by decay
  offsets,     // biases and scales: trained without decay
  statistics,  // running mean and variance: follow the mini-batches
};

class Param {
 public:
  Param(std::string name, std::vector<int64_t> dims, Initial initial, uint64_t seed);

  const std::string& name() const { return name_; }
  const std::vector<int64_t>& dims() const { return dims_; }
  int64_t size() const;
  ParamRole role() const { return role_; }
  // Draws the initial numbers anew from a seed, as long as nothing was loaded or set.
  void reseed(uint64_t seed) { seed_ = seed; }

  std::vector<float> values() const;
  void set(std::vector<float> values);
  // From now on the numbers are those at offset of the source; transposed: the file holds
  // (size / rows, rows) where the network holds (rows, size / rows).
  void bind(std::shared_ptr<const NumberSource> source, uint64_t offset, int64_t transposed_rows);
  // The numbers as a weights file of the same kind holds them.
  std::vector<float> stored_values() const;

 private:
  std::string name_;
  std::vector<int64_t> dims_;
  Initial initial_;
  uint64_t seed_;
  ParamRole role_;
  std::vector<float> resident_;  // empty: read from source_, or drawn where there is none
  std::shared_ptr<const NumberSource> source_;
  uint64_t offset_ = 0;
  int64_t transposed_rows_ = 0;
};

}  // namespace dn
