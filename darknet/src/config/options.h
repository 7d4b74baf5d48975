// Reads one section's options. A layer declares each key once, here: type, default and meaning;
// parsing, the diagnosis of unknown keys and the documentation all come from that declaration.
#pragma once

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "config/section.h"
#include "core/error.h"
#include "core/json.h"

namespace dn {

class Options {
 public:
  // Reads a section; file stands in messages.
  Options(const Section& section, std::string file, int layer);
  // Describes only: every key has its default, nothing is required.
  explicit Options(std::string type);

  int integer(const char* key, int fallback, const char* meaning,
              int least = std::numeric_limits<int>::min(),
              int most = std::numeric_limits<int>::max());
  float real(const char* key, float fallback, const char* meaning);
  bool flag(const char* key, bool fallback, const char* meaning);
  std::string text(const char* key, const std::string& fallback, const char* meaning);
  std::vector<int> integers(const char* key, const char* meaning);  // empty where missing
  std::vector<float> reals(const char* key, const char* meaning);

  // One of the names; returns its value.
  template <typename T>
  T choice(const char* key, T fallback, const std::vector<std::pair<const char*, T>>& names,
           const char* meaning) {
    std::vector<const char*> words;
    size_t initial = 0;
    for (size_t i = 0; i < names.size(); ++i) {
      words.push_back(names[i].first);
      if (names[i].second == fallback) initial = i;
    }
    return names[pick(key, words, initial, meaning)].second;
  }

  bool has(const char* key) const { return section_ && section_->find(key); }
  bool describing() const { return section_ == nullptr; }
  // Throws DN_ERROR_CFG at the key's line (or the section's).
  [[noreturn]] void wrong(const char* key, const std::string& message) const;
  // Throws where has(key) is false.
  void require(const char* key) const;
  // Throws for the first key that was never declared.
  void finish() const;

  const std::string& file() const { return file_; }
  Place place(const char* key = nullptr) const;
  void describe(Json& json) const;         // array of {key, type, default, meaning}
  void describe_values(Json& json) const;  // object of key: value

 private:
  struct Declared {
    std::string key, type, fallback, value, meaning;
  };
  const Entry* declare(const char* key, const char* type, std::string fallback,
                       const char* meaning);
  size_t pick(const char* key, const std::vector<const char*>& words, size_t initial,
              const char* meaning);

  const Section* section_ = nullptr;
  std::string type_, file_;
  int layer_ = -1;
  std::vector<Declared> declared_;
};

}  // namespace dn
