#include "core/error.h"

#include <cstdarg>
#include <cstdio>

namespace dn {

Error::Error(dn_status status_, std::string message_, Place place_)
    : status(status_), message(std::move(message_)), place(std::move(place_)) {
  compose();
}

void Error::locate(const Place& outer) {
  if (place.file.empty()) place.file = outer.file;
  if (place.line < 0) place.line = outer.line;
  if (place.section.empty()) place.section = outer.section;
  if (place.layer < 0) place.layer = outer.layer;
  compose();
}

void Error::compose() {
  line_.clear();
  if (!place.file.empty()) {
    line_ += place.file;
    if (place.line >= 0) line_ += ":" + std::to_string(place.line);
    line_ += ": ";
  } else if (place.line >= 0) {
    line_ += "line " + std::to_string(place.line) + ": ";
  }
  if (!place.section.empty()) line_ += "[" + place.section + "] ";
  line_ += message;
  // a file may hold anything; what is quoted from it must not break the line
  for (char& ch : line_)
    if (static_cast<unsigned char>(ch) < 32 || ch == 127) ch = '?';
}

static std::string vformat(const char* pattern, va_list args) {
  va_list copy;
  va_copy(copy, args);
  const int length = std::vsnprintf(nullptr, 0, pattern, copy);
  va_end(copy);
  if (length < 0) return pattern;
  std::string text(static_cast<size_t>(length), '\0');
  std::vsnprintf(text.data(), text.size() + 1, pattern, args);
  return text;
}

std::string format(const char* pattern, ...) {
  va_list args;
  va_start(args, pattern);
  std::string text = vformat(pattern, args);
  va_end(args);
  return text;
}

void fail(dn_status status, const char* pattern, ...) {
  va_list args;
  va_start(args, pattern);
  std::string text = vformat(pattern, args);
  va_end(args);
  throw Error(status, std::move(text));
}

}  // namespace dn
