#include "core/json.h"

#include <cmath>
#include <cstdio>

namespace dn {

void Json::comma() {
  if (!first_) text_ += ',';
  first_ = false;
}

Json& Json::open(char bracket) {
  comma();
  text_ += bracket;
  first_ = true;
  return *this;
}

Json& Json::close(char bracket) {
  text_ += bracket;
  first_ = false;
  return *this;
}

Json& Json::key(const char* name) {
  value(name);
  text_ += ':';
  first_ = true;
  return *this;
}

Json& Json::value(int64_t number) {
  comma();
  text_ += std::to_string(number);
  return *this;
}

Json& Json::value(double number) {
  if (!std::isfinite(number)) return null();
  comma();
  char digits[40];
  std::snprintf(digits, sizeof digits, "%.17g", number);
  text_ += digits;
  return *this;
}

Json& Json::value(bool truth) {
  comma();
  text_ += truth ? "true" : "false";
  return *this;
}

Json& Json::value(const std::string& text) {
  comma();
  text_ += '"';
  for (const char ch : text) {
    const unsigned char byte = static_cast<unsigned char>(ch);
    if (byte == '"' || byte == '\\') {
      text_ += '\\';
      text_ += ch;
    } else if (byte < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      text_ += escape;
    } else {
      text_ += ch;
    }
  }
  text_ += '"';
  return *this;
}

Json& Json::null() {
  comma();
  text_ += "null";
  return *this;
}

Json& Json::raw(const std::string& json) {
  comma();
  text_ += json;
  return *this;
}

}  // namespace dn
