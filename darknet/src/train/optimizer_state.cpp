// The file a training goes on from: a header (with the size of the mini-batch, which the states of
// recurrent layers follow), then of every parameter its value, gradient (with
// the momentum), Adam's memories and the moving average, each where there is one; then of every
// state of a recurrent layer how many numbers it has, and these numbers; what the bad-label
// filters remember is one more.
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "train/trainer.h"

namespace dn {

namespace {

constexpr char kMagic[8] = {'d', 'n', 's', 't', 'a', 't', 'e', '3'};

struct StateHeader {
  char magic[8];
  int64_t iteration;
  int64_t arrays;
  int64_t floats;        // of the arrays, all together
  int64_t states;        // of recurrent layers
  int64_t state_floats;  // all together
  uint64_t seed;
  int32_t size[3];  // of the last mini-batch: width, height, images (times time steps)
  int32_t averaging;
  uint32_t reserved;
  uint32_t check;  // of the size and all floats
};

using States = std::vector<std::vector<float>*>;

// Fletcher, "An arithmetic checksum for serial transmissions", 1982, over words.
class Checksum {
 public:
  template <typename T>
  void add(const T* numbers, int64_t count) {
    static_assert(sizeof(T) == sizeof(uint32_t));
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

StateHeader header_of(const LiveArrays& arrays, const States& states, const TrainingPlan& plan) {
  StateHeader header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  const Shape& in = plan.input_shape();
  const int64_t size[] = {in.w, in.h, plan.batch()};
  std::copy_n(size, 3, header.size);
  Checksum checksum;
  checksum.add(header.size, 3);
  for (const TrainedArray& array : arrays.arrays())
    for (const Buffer* buffer : buffers_of(array)) {
      ++header.arrays;
      header.floats += array.size;
      checksum.add(buffer->as<>(), array.size);
    }
  for (const std::vector<float>* state : states) {
    ++header.states;
    header.state_floats += int64_t(state->size());
    checksum.add(state->data(), int64_t(state->size()));
  }
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
    // a vector without elements has no address
    if (bytes && std::fwrite(data, 1, bytes, file_) != bytes) broken();
  }
  bool read(void* data, size_t bytes) {
    return bytes == 0 || std::fread(data, 1, bytes, file_) == bytes;
  }
  int64_t size() const {
    struct stat about;
    return fstat(fileno(file_), &about) == 0 ? int64_t(about.st_size) : 0;
  }
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

States Trainer::lasting_states() const {
  States states = plan().lasting_states();
  if (rejects_labels(network_.training)) states.push_back(&bad_labels_.numbers);
  return states;
}

void Trainer::save_state(const std::string& path) const {
  if (subdivision_ != 0)
    fail(DN_ERROR_ARGUMENT, "a state is saved behind an update, %d mini-batches are open",
         subdivision_);
  const States states = lasting_states();
  StateHeader header = header_of(arrays_, states, plan());
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
    for (const std::vector<float>* state : states) {
      const int64_t size = int64_t(state->size());
      file.write(&size, sizeof size);
    }
    for (const std::vector<float>* state : states)
      file.write(state->data(), state->size() * sizeof(float));
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
  States states = lasting_states();
  const StateHeader expected = header_of(arrays_, states, plan());
  if (header.arrays != expected.arrays || header.floats != expected.floats ||
      header.states != expected.states)
    throw Error(
        DN_ERROR_DATA,
        format("holds %lld arrays of %lld numbers, expected %lld of %lld for this cfg",
               static_cast<long long>(header.arrays), static_cast<long long>(header.floats),
               static_cast<long long>(expected.arrays), static_cast<long long>(expected.floats)),
        place);
  // everything is read and checked before anything is changed
  std::vector<float> numbers(size_t(header.floats));
  std::vector<int64_t> sizes(size_t(header.states));
  bool whole = file.read(numbers.data(), numbers.size() * sizeof(float)) &&
               file.read(sizes.data(), sizes.size() * sizeof(int64_t));
  whole = whole && header.state_floats <= file.size() / int64_t(sizeof(float));
  int64_t state_floats = 0;
  for (const int64_t size : sizes) {
    whole = whole && size >= 0 && size <= header.state_floats - state_floats;
    if (whole) state_floats += size;
  }
  std::vector<std::vector<float>> remembered;
  for (size_t i = 0; whole && i < sizes.size(); ++i) {
    remembered.emplace_back(size_t(sizes[i]));
    whole = file.read(remembered[i].data(), remembered[i].size() * sizeof(float));
  }
  if (!whole || state_floats != header.state_floats || !file.at_end())
    throw Error(DN_ERROR_DATA, "is cut short or too long", place);
  Checksum checksum;
  checksum.add(header.size, 3);
  checksum.add(numbers.data(), header.floats);
  for (const std::vector<float>& state : remembered)
    checksum.add(state.data(), int64_t(state.size()));
  if (checksum.value() != header.check)
    throw Error(DN_ERROR_DATA, "is damaged: its checksum is wrong", place);
  if (rejects_labels(network_.training) && remembered.back().size() != bad_labels_.numbers.size())
    throw Error(DN_ERROR_DATA, "is damaged: what is remembered of labels has another size", place);
  if (!std::equal(header.size, header.size + 3, expected.size)) {
    resize(header.size[0], header.size[1], header.size[2]);
    states = lasting_states();
  }
  const float* from = numbers.data();
  for (const TrainedArray& array : arrays_.arrays())
    for (const Buffer* buffer : buffers_of(array)) {
      std::memcpy(buffer->as<>(), from, size_t(array.size) * sizeof(float));
      from += array.size;
    }
  for (size_t i = 0; i < states.size(); ++i) *states[i] = std::move(remembered[i]);
  iteration_ = header.iteration;
  options_.seed = header.seed;
  averaging_ = header.averaging != 0;
  subdivision_ = 0;
  cost_ = 0;
}

}  // namespace dn
