#include "weights.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "core/error.h"
#include "layers/layer.h"
#include "ops/conv.h"

namespace dn {

namespace {

class WeightsFile final : public NumberSource {
 public:
  explicit WeightsFile(const std::string& path) : path_(path) {
    fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) wrong(DN_ERROR_FILE, std::strerror(errno));
    struct stat status;
    if (fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) {
      close(fd_);
      wrong(DN_ERROR_FILE, "is not a file");
    }
    size_ = static_cast<uint64_t>(status.st_size);
    changed_ = status.st_mtim;
  }
  ~WeightsFile() override { close(fd_); }

  uint64_t size() const { return size_; }

  void read(uint64_t offset, float* out, int64_t count) const override {
    struct stat status;
    if (fstat(fd_, &status) != 0 || static_cast<uint64_t>(status.st_size) != size_ ||
        status.st_mtim.tv_sec != changed_.tv_sec || status.st_mtim.tv_nsec != changed_.tv_nsec)
      wrong(DN_ERROR_WEIGHTS, "was changed after it was loaded, load it again");
    read_bytes(offset, out, static_cast<size_t>(count) * sizeof(float));
  }

  void read_bytes(uint64_t offset, void* out, size_t bytes) const {
    char* to = static_cast<char*>(out);
    while (bytes > 0) {
      const ssize_t got = pread(fd_, to, bytes, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) wrong(DN_ERROR_FILE, got < 0 ? std::strerror(errno) : "ends early");
      to += got;
      offset += static_cast<uint64_t>(got);
      bytes -= static_cast<size_t>(got);
    }
  }

 private:
  [[noreturn]] void wrong(dn_status status, const char* message) const {
    throw Error(status, message, {path_, -1, "", -1});
  }

  std::string path_;
  int fd_;
  uint64_t size_;
  struct timespec changed_;
};

bool is_called(const Param& param, const char* tail) {
  const std::string& name = param.name();
  const size_t n = std::strlen(tail);
  return name.size() >= n && name.compare(name.size() - n, n, tail) == 0;
}

bool is_batchnorm_array(const Param& param) {
  return is_called(param, "scales") || is_called(param, "rolling_mean") ||
         is_called(param, "rolling_variance");
}

struct Stored {
  Layer* layer;
  Param* param;
  int64_t count;  // numbers that the file holds of it
  uint64_t bytes() const { return static_cast<uint64_t>(count) * 4; }
};

int64_t loaded_numbers(const Layer& layer, const Param& param) {
  if (layer.loaded_filters <= 0) return param.size();
  return param.size() / param.dims()[0] * layer.loaded_filters;
}

// What a file holds that these layers read, in order.
std::vector<Stored> read_params(const std::vector<std::unique_ptr<Layer>>& layers, int up_to,
                                bool batchnorm_biases) {
  std::vector<Stored> list;
  for (const auto& layer : layers) {
    if (up_to >= 0 && layer->index >= up_to) break;
    if (layer->dontload) continue;
    for (const auto& param : layer->params) {
      if (layer->dontloadscales && is_batchnorm_array(*param)) continue;
      if (!batchnorm_biases && layer->type == "batchnorm" && param->name() == "biases") continue;
      list.push_back({layer.get(), param.get(), loaded_numbers(*layer, *param)});
    }
  }
  return list;
}

// What is written of them. compat: what was not loaded is saved all the same, as it was trained.
std::vector<Stored> written_params(const std::vector<std::unique_ptr<Layer>>& layers, int up_to) {
  std::vector<Stored> list;
  for (const auto& layer : layers) {
    if (up_to >= 0 && layer->index >= up_to) break;
    if (layer->dontsave) continue;
    for (const auto& param : layer->params)
      list.push_back({layer.get(), param.get(), param->size()});
  }
  return list;
}

uint64_t payload_bytes(const std::vector<Stored>& list) {
  uint64_t bytes = 0;
  for (const Stored& stored : list) bytes += stored.bytes();
  return bytes;
}

// What a file that cannot be weights is, for the message; "" where it may be.
std::string foreign_kind(const char* head, size_t size) {
  std::string text(head, size);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char ch) { return static_cast<char>(std::tolower(ch)); });
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && text[first] == '<' &&
      (text.find("html") != std::string::npos || text.find("xml") != std::string::npos))
    return "an HTML or XML page";
  if (text.compare(0, 19, "version https://git") == 0) return "a Git LFS pointer";
  if (text.compare(0, 2, "pk") == 0 && size > 3 && head[2] == 3) return "a ZIP archive";
  return "";
}

// Throws where a number is not finite, or a variance has no root.
void check_numbers(const WeightsFile& file, uint64_t offset, const Stored& stored) {
  static constexpr int64_t kChunk = 1 << 18;
  const Place place{"", -1, stored.layer->type, stored.layer->index};
  const bool variances = is_called(*stored.param, "rolling_variance");
  std::vector<float> chunk(size_t(std::min<int64_t>(kChunk, stored.count)));
  for (int64_t done = 0; done < stored.count;) {
    const int64_t count = std::min<int64_t>(kChunk, stored.count - done);
    file.read(offset + static_cast<uint64_t>(done) * 4, chunk.data(), count);
    // x - x is 0 for finite numbers, else NaN: a sum the compiler can vectorise
    float wrong = 0;
    for (int64_t i = 0; i < count; ++i) wrong += chunk[size_t(i)] - chunk[size_t(i)];
    if (wrong != 0 || std::isnan(wrong))
      for (int64_t i = 0; i < count; ++i)
        if (!std::isfinite(chunk[size_t(i)]))
          throw Error(DN_ERROR_WEIGHTS,
                      format("layer %d: number %lld of %s is %g, expected finite numbers",
                             stored.layer->index, static_cast<long long>(done + i),
                             stored.param->name().c_str(), double(chunk[size_t(i)])),
                      place);
    for (int64_t i = 0; variances && i < count; ++i)
      if (double(chunk[size_t(i)]) + kBatchnormEpsilon <= 0)
        throw Error(DN_ERROR_WEIGHTS,
                    format("layer %d: number %lld of %s is %g, expected a variance",
                           stored.layer->index, static_cast<long long>(done + i),
                           stored.param->name().c_str(), double(chunk[size_t(i)])),
                    place);
    done += count;
  }
}

// Some filters; the others stay as they are.
void read_first(const WeightsFile& file, uint64_t offset, int64_t count, int64_t transposed_rows,
                Param& param) {
  std::vector<float> numbers = param.values(), part(static_cast<size_t>(count));
  file.read(offset, part.data(), count);
  const int64_t rows = std::max<int64_t>(1, transposed_rows), columns = count / rows;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t k = 0; k < columns; ++k)
      numbers[static_cast<size_t>(row * columns + k)] = part[static_cast<size_t>(k * rows + row)];
  param.set(std::move(numbers));
}

// compat: the width of the image counter follows from the version, but files of before 2017 with
// versions above 1000 have 4 bytes, which AlexeyAB's reader gets wrong: there the size decides.
// Never for an ordinary version: a file that lacks its last 4 bytes must not pass.
int seen_width(const WeightsHeader& header, uint64_t file_bytes, uint64_t payload) {
  const bool odd = header.major >= 1000 || header.minor >= 1000;
  if (odd) return file_bytes == 20 + payload ? 8 : 4;
  return int64_t(header.major) * 10 + header.minor >= 2 ? 8 : 4;
}

}  // namespace

void load_weights(const std::vector<std::unique_ptr<Layer>>& layers, const std::string& path,
                  int up_to, bool strict, WeightsHeader& header_out,
                  dn_weights_report& report) try {
  const auto file = std::make_shared<WeightsFile>(path);
  std::vector<Stored> list = read_params(layers, up_to, true);
  uint64_t payload = payload_bytes(list);
  char head[512] = {0};
  const size_t head_bytes = static_cast<size_t>(std::min<uint64_t>(sizeof head, file->size()));
  file->read_bytes(0, head, head_bytes);
  const std::string foreign = foreign_kind(head, head_bytes);
  if (!foreign.empty())
    fail(DN_ERROR_WEIGHTS, "is %s, expected a weights file of %llu bytes", foreign.c_str(),
         static_cast<unsigned long long>(20 + payload));
  if (file->size() < 16)
    fail(DN_ERROR_WEIGHTS, "has %llu bytes, expected %llu",
         static_cast<unsigned long long>(file->size()),
         static_cast<unsigned long long>(20 + payload));
  WeightsHeader header;
  std::memcpy(&header.major, head, 4);
  std::memcpy(&header.minor, head + 4, 4);
  std::memcpy(&header.revision, head + 8, 4);
  // compat: pjreddie's files hold no biases of [batchnorm]
  const std::vector<Stored> without = read_params(layers, up_to, false);
  if (without.size() != list.size() && file->size() != 20 + payload &&
      file->size() != 16 + payload &&
      (file->size() == 20 + payload_bytes(without) ||
       file->size() == 16 + payload_bytes(without))) {
    list = without;
    payload = payload_bytes(list);
  }
  header.seen_bytes = seen_width(header, file->size(), payload);
  if (header.seen_bytes == 8) {
    std::memcpy(&header.seen, head + 12, 8);
  } else {
    uint32_t narrow = 0;
    std::memcpy(&narrow, head + 12, 4);
    header.seen = narrow;
  }
  const uint64_t start = 12 + static_cast<uint64_t>(header.seen_bytes);
  const uint64_t expected = start + payload;
  if (file->size() != expected && (strict || file->size() < start)) {
    // where a cut file ends exactly behind a layer, say so
    uint64_t end = start;
    int whole = -1;
    for (size_t i = 0; i < list.size(); ++i) {
      end += list[i].bytes();
      const bool last = i + 1 == list.size() || list[i + 1].layer != list[i].layer;
      if (last && end == file->size()) whole = list[i].layer->index + 1;
    }
    std::string hint;
    if (file->size() == start + payload_bytes(written_params(layers, up_to)))
      hint = "; it holds all layers, expected the cfg without dontload, dontloadscales and numload";
    else if (whole > 0)
      hint = format("; it ends behind layer %d, as a file cut there", whole - 1);
    fail(DN_ERROR_WEIGHTS, "has %llu bytes, expected %llu for this cfg%s",
         static_cast<unsigned long long>(file->size()), static_cast<unsigned long long>(expected),
         hint.c_str());
  }

  // Nothing is changed before the whole file is known to be good.
  uint64_t offset = start;
  size_t whole = 0;
  for (; whole < list.size(); ++whole) {
    const uint64_t bytes = list[whole].bytes();
    if (offset + bytes > file->size()) break;
    check_numbers(*file, offset, list[whole]);
    offset += bytes;
  }
  std::vector<float> part;  // compat: a file that ends inside an array fills its first numbers
  if (whole < list.size() && file->size() > offset + 3) {
    part = list[whole].param->values();
    file->read(offset, part.data(), static_cast<int64_t>((file->size() - offset) / 4));
  }

  report = {};
  offset = start;
  for (size_t i = 0; i < whole; ++i) {
    Layer& layer = *list[i].layer;
    Param& param = *list[i].param;
    int64_t transposed_rows = 0;
    const bool weights = param.role() == ParamRole::weights;
    if (weights && layer.fully_connected && header.transposed()) transposed_rows = param.dims()[0];
    if (weights && layer.flipped_filters > 0) transposed_rows = layer.flipped_filters;
    if (list[i].count == param.size())
      param.bind(file, offset, transposed_rows);
    else
      read_first(*file, offset, list[i].count, transposed_rows, param);
    offset += list[i].bytes();
    const bool last = i + 1 == list.size() || list[i + 1].layer != list[i].layer;
    if (last) ++report.layers_loaded;
  }
  if (!part.empty()) {
    list[whole].param->set(std::move(part));
    offset = file->size();
  }
  for (const auto& layer : layers) report.layers += layer->params.empty() ? 0 : 1;
  report.major = header.major;
  report.minor = header.minor;
  report.revision = header.revision;
  report.seen_bytes = header.seen_bytes;
  report.seen = header.seen;
  report.bytes_expected = expected;
  report.bytes_found = file->size();
  report.bytes_left = file->size() - offset;
  header_out = header;
} catch (Error& error) {
  error.locate({path, -1, "", -1});
  throw;
}

void save_weights(const std::vector<std::unique_ptr<Layer>>& layers, const std::string& path,
                  int up_to, const WeightsHeader& header) {
  // A link is followed, as by fopen. A device or pipe is written to as it is: what is renamed over
  // /dev/null is a file that the whole machine then misses.
  std::error_code ignored;
  std::filesystem::path target = path;
  for (int links = 0; links < 40 && std::filesystem::is_symlink(target, ignored); ++links)
    target = target.parent_path() / std::filesystem::read_symlink(target, ignored);
  struct stat status;
  const bool device = stat(target.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
  static std::atomic<unsigned> number{0};  // two threads may write the same file
  const std::string suffix = format(".part%ld.%u", static_cast<long>(getpid()), number++);
  const std::string temporary = device ? target.string() : target.string() + suffix;
  FILE* file = std::fopen(temporary.c_str(), "wb");
  if (!file) fail(DN_ERROR_FILE, "%s: %s", path.c_str(), std::strerror(errno));
  bool good = true;
  try {
    const auto write = [&](const void* data, size_t bytes) {
      good = good && std::fwrite(data, 1, bytes, file) == bytes;
    };
    write(&header.major, 4);
    write(&header.minor, 4);
    write(&header.revision, 4);
    if (header.seen_bytes == 8) {
      write(&header.seen, 8);
    } else {
      const uint32_t narrow = static_cast<uint32_t>(header.seen);
      write(&narrow, 4);
    }
    for (const Stored& stored : written_params(layers, up_to)) {
      const std::vector<float> numbers = stored.param->stored_values();
      write(numbers.data(), numbers.size() * sizeof(float));
    }
    good = good && std::fflush(file) == 0 && (device || fsync(fileno(file)) == 0);
  } catch (...) {
    std::fclose(file);
    if (!device) std::remove(temporary.c_str());
    throw;
  }
  const int problem = errno;
  good = std::fclose(file) == 0 && good;
  if (!good || (!device && std::rename(temporary.c_str(), target.c_str()) != 0)) {
    const std::string reason = std::strerror(good ? errno : problem);
    if (!device) std::remove(temporary.c_str());
    fail(DN_ERROR_FILE, "%s: could not be written: %s", path.c_str(), reason.c_str());
  }
}

}  // namespace dn
