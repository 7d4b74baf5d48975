// The file a training goes on from: a header, then of every parameter its value, gradient (with
// the momentum), Adam's memories and the moving average, each where there is one; then what
// Trainer::memories() holds.
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "train/trainer.h"

namespace dn {

namespace {

constexpr char kMagic[8] = {'d', 'n', 's', 't', 'a', 't', 'e', '1'};

struct StateHeader {
  char magic[8];
  int64_t iteration;
  int64_t arrays;
  int64_t floats;  // in the file, all together
  uint64_t seed;
  int32_t averaging;
  uint32_t check;  // of the floats
};

// Fletcher, "An arithmetic checksum for serial transmissions", 1982, over the words of the floats.
class Checksum {
 public:
  void add(const float* numbers, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      uint32_t word;
      std::memcpy(&word, numbers + i, sizeof word);
      low_ = (low_ + word) % 0xFFFFFFFFu;
      high_ = (high_ + low_) % 0xFFFFFFFFu;
    }
  }
  uint32_t value() const { return uint32_t(low_ ^ high_); }

 private:
  uint64_t low_ = 1, high_ = 0;
};

std::vector<Buffer*> buffers_of(const TrainedArray& array) {
  std::vector<Buffer*> list;
  for (Buffer* buffer : {array.value.get(), array.gradient.get(), array.mean.get(),
                         array.square.get(), array.average.get()})
    if (buffer) list.push_back(buffer);
  return list;
}

StateHeader header_of(const LiveArrays& arrays, const std::vector<float>& memories) {
  StateHeader header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  Checksum checksum;
  for (const TrainedArray& array : arrays.arrays())
    for (const Buffer* buffer : buffers_of(array)) {
      ++header.arrays;
      header.floats += array.size;
      checksum.add(buffer->as<>(), array.size);
    }
  header.floats += int64_t(memories.size());
  checksum.add(memories.data(), int64_t(memories.size()));
  header.check = checksum.value();
  return header;
}

// A file that closes itself.
class File {
 public:
  File(const std::string& path, const char* mode)
      : path_(path), file_(std::fopen(path.c_str(), mode)) {
    if (!file_) throw Error(DN_ERROR_FILE, path + ": " + std::strerror(errno), {path, -1, "", -1});
  }
  ~File() { close(); }
  void write(const void* data, size_t bytes) {
    if (std::fwrite(data, 1, bytes, file_) != bytes) broken();
  }
  bool read(void* data, size_t bytes) { return std::fread(data, 1, bytes, file_) == bytes; }
  bool at_end() { return std::fgetc(file_) == EOF; }
  void finish() {
    if (std::fflush(file_) != 0 || fsync(fileno(file_)) != 0 || !close()) broken();
  }

 private:
  bool close() {
    FILE* file = file_;
    file_ = nullptr;
    return !file || std::fclose(file) == 0;
  }
  [[noreturn]] void broken() {
    fail(DN_ERROR_FILE, "%s: could not be written: %s", path_.c_str(), std::strerror(errno));
  }
  std::string path_;
  FILE* file_;
};

}  // namespace

std::vector<float> Trainer::memories() const {
  if (!rejects_labels(network_.training)) return {};
  const BadLabels& m = bad_labels_;
  return {m.largest, m.mean, m.deviation, m.threshold};
}

void Trainer::save_state(const std::string& path) const {
  if (subdivision_ != 0)
    fail(DN_ERROR_ARGUMENT, "a state is saved behind an update, %d mini-batches are open",
         subdivision_);
  const std::vector<float> more = memories();
  StateHeader header = header_of(arrays_, more);
  header.iteration = iteration_;
  header.seed = options_.seed;
  header.averaging = averaging_;
  const std::string temporary = path + ".part" + std::to_string(getpid());
  try {
    File file(temporary, "wb");
    file.write(&header, sizeof header);
    for (const TrainedArray& array : arrays_.arrays())
      for (const Buffer* buffer : buffers_of(array))
        file.write(buffer->as<void>(), size_t(array.size) * sizeof(float));
    file.write(more.data(), more.size() * sizeof(float));
    file.finish();
    if (std::rename(temporary.c_str(), path.c_str()) != 0)
      fail(DN_ERROR_FILE, "%s: could not be written: %s", path.c_str(), std::strerror(errno));
  } catch (...) {
    std::remove(temporary.c_str());
    throw;
  }
}

void Trainer::load_state(const std::string& path) {
  File file(path, "rb");
  const Place place = {path, -1, "", -1};
  StateHeader header{};
  if (!file.read(&header, sizeof header) || std::memcmp(header.magic, kMagic, sizeof kMagic) != 0)
    throw Error(DN_ERROR_DATA, "is no saved state of a training", place);
  const StateHeader expected = header_of(arrays_, memories());
  if (header.arrays != expected.arrays || header.floats != expected.floats)
    throw Error(
        DN_ERROR_DATA,
        format("holds %lld arrays of %lld numbers, expected %lld of %lld for this cfg",
               static_cast<long long>(header.arrays), static_cast<long long>(header.floats),
               static_cast<long long>(expected.arrays), static_cast<long long>(expected.floats)),
        place);
  // everything is read and checked before anything is changed
  std::vector<float> numbers(size_t(header.floats));
  if (!file.read(numbers.data(), numbers.size() * sizeof(float)) || !file.at_end())
    throw Error(DN_ERROR_DATA, "is cut short or too long", place);
  Checksum checksum;
  checksum.add(numbers.data(), header.floats);
  if (checksum.value() != header.check)
    throw Error(DN_ERROR_DATA, "is damaged: its checksum is wrong", place);
  const float* from = numbers.data();
  for (const TrainedArray& array : arrays_.arrays())
    for (const Buffer* buffer : buffers_of(array)) {
      std::memcpy(buffer->as<>(), from, size_t(array.size) * sizeof(float));
      from += array.size;
    }
  if (!memories().empty()) bad_labels_ = {from[0], from[1], from[2], from[3]};
  iteration_ = header.iteration;
  options_.seed = header.seed;
  averaging_ = header.averaging != 0;
  subdivision_ = 0;
  cost_ = 0;
}

}  // namespace dn
