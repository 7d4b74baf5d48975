#include "config/options.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>

#include "config/nearest.h"

namespace dn {

Options::Options(const Section& section, std::string file, int layer)
    : section_(&section), type_(section.type), file_(std::move(file)), layer_(layer) {}

Options::Options(std::string type) : type_(std::move(type)) {}

Place Options::place(const char* key) const {
  const Entry* entry = key && section_ ? section_->find(key) : nullptr;
  return {file_, entry ? entry->line : section_ ? section_->line : -1, type_, layer_};
}

void Options::wrong(const char* key, const std::string& message) const {
  throw Error(DN_ERROR_CFG, message, place(key));
}

void Options::require(const char* key) const {
  if (section_ && !section_->find(key)) wrong(key, format("%s is missing", key));
}

const Entry* Options::declare(const char* key, const char* type, std::string fallback,
                              const char* meaning) {
  for (const Declared& known : declared_)
    if (known.key == key) return section_ ? section_->find(key) : nullptr;
  const Entry* entry = section_ ? section_->find(key) : nullptr;
  declared_.push_back({key, type, fallback, entry ? entry->value : fallback, meaning});
  return entry;
}

static std::string short_text(double number) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%g", number);
  return digits;
}

// The number at the start of text; end is set behind it. Darknet reads with atof: text behind the
// number is ignored there, an error here.
static bool read_number(const char* text, double& number, const char** end) {
  char* stop = nullptr;
  errno = 0;
  number = std::strtod(text, &stop);
  *end = stop;
  return stop != text && errno == 0;
}

// False for NaN as well.
static bool fits_float(double number) {
  return std::fabs(number) <= double(std::numeric_limits<float>::max());
}

static bool whole(double number, int& out) {
  if (!(std::fabs(number) < 2147483647.0) || number != std::floor(number)) return false;
  out = static_cast<int>(number);
  return true;
}

int Options::integer(const char* key, int fallback, const char* meaning, int least, int most) {
  const Entry* entry = declare(key, "integer", std::to_string(fallback), meaning);
  if (!entry) return fallback;
  double number = 0;
  const char* end = nullptr;
  int value = 0;
  if (!read_number(entry->value.c_str(), number, &end) || *end || !whole(number, value))
    wrong(key, format("%s=%.60s, expected an integer", key, entry->value.c_str()));
  if (value < least || value > most) {
    if (most == std::numeric_limits<int>::max())
      wrong(key, format("%s=%d, expected at least %d", key, value, least));
    wrong(key, format("%s=%d, expected %d to %d", key, value, least, most));
  }
  return value;
}

float Options::real(const char* key, float fallback, const char* meaning) {
  const Entry* entry = declare(key, "real", short_text(fallback), meaning);
  if (!entry) return fallback;
  double number = 0;
  const char* end = nullptr;
  if (!read_number(entry->value.c_str(), number, &end) || *end || !fits_float(number))
    wrong(key, format("%s=%.60s, expected a number", key, entry->value.c_str()));
  return static_cast<float>(number);
}

bool Options::flag(const char* key, bool fallback, const char* meaning) {
  const Entry* entry = declare(key, "flag", fallback ? "1" : "0", meaning);
  if (!entry) return fallback;
  double number = 0;
  const char* end = nullptr;
  if (!read_number(entry->value.c_str(), number, &end) || *end)
    wrong(key, format("%s=%.60s, expected 0 or 1", key, entry->value.c_str()));
  return number != 0;
}

std::string Options::text(const char* key, const std::string& fallback, const char* meaning) {
  const Entry* entry = declare(key, "text", fallback, meaning);
  return entry ? entry->value : fallback;
}

std::vector<float> Options::reals(const char* key, const char* meaning) {
  const Entry* entry = declare(key, "list of reals", "", meaning);
  std::vector<float> values;
  if (!entry) return values;
  const char* at = entry->value.c_str();
  while (*at) {
    double number = 0;
    const char* end = nullptr;
    if (!read_number(at, number, &end) || (*end && *end != ',') || !fits_float(number))
      wrong(key, format("%s=%.60s, expected numbers with commas", key, entry->value.c_str()));
    values.push_back(static_cast<float>(number));
    at = *end ? end + 1 : end;  // compat: Darknet reads a comma at the end as one more 0
  }
  return values;
}

std::vector<int> Options::integers(const char* key, const char* meaning) {
  std::vector<int> values;
  for (const float number : reals(key, meaning)) {
    int value = 0;
    if (!whole(number, value))
      wrong(key, format("%s=%.60s, expected integers with commas", key,
                        section_->find(key)->value.c_str()));
    values.push_back(value);
  }
  declared_.back().type = "list of integers";
  return values;
}

size_t Options::pick(const char* key, const std::vector<const char*>& words, size_t initial,
                     const char* meaning) {
  std::string type = "one of";
  for (const char* word : words) type += std::string(" ") + word;
  const Entry* entry = declare(key, type.c_str(), words[initial], meaning);
  if (!entry) return initial;
  for (size_t i = 0; i < words.size(); ++i)
    if (entry->value == words[i]) return i;
  const std::vector<std::string> known(words.begin(), words.end());
  wrong(key, format("%s=%.60s is unknown%s, expected %s", key, entry->value.c_str(),
                    suggestion(entry->value, known).c_str(), type.c_str()));
}

void Options::finish() const {
  if (!section_) return;
  std::vector<std::string> known;
  for (const Declared& d : declared_) known.push_back(d.key);
  for (const Entry& entry : section_->entries) {
    bool declared = false;
    for (const std::string& key : known) declared = declared || key == entry.key;
    if (!declared)
      throw Error(
          DN_ERROR_CFG,
          format("unknown key %.60s%s", entry.key.c_str(), suggestion(entry.key, known).c_str()),
          {file_, entry.line, type_, layer_});
  }
}

void Options::describe(Json& json) const {
  json.begin_array();
  for (const Declared& d : declared_)
    json.begin_object()
        .field("key", d.key)
        .field("type", d.type)
        .field("default", d.fallback)
        .field("meaning", d.meaning)
        .end_object();
  json.end_array();
}

void Options::describe_values(Json& json) const {
  json.begin_object();
  for (const Declared& d : declared_) json.field(d.key.c_str(), d.value);
  json.end_object();
}

}  // namespace dn
