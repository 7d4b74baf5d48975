// Writes JSON text: what the engine knows of a network, handed to Python in one piece.
#pragma once

#include <cstdint>
#include <string>

namespace dn {

class Json {
 public:
  Json& begin_object() { return open('{'); }
  Json& end_object() { return close('}'); }
  Json& begin_array() { return open('['); }
  Json& end_array() { return close(']'); }
  Json& key(const char* name);
  Json& value(int64_t number);
  Json& value(int number) { return value(int64_t(number)); }
  Json& value(double number);  // non-finite numbers are written as null
  Json& value(bool truth);
  Json& value(const std::string& text);
  Json& value(const char* text) { return value(std::string(text)); }
  Json& null();
  Json& raw(const std::string& json);  // a finished value
  template <typename T>
  Json& field(const char* name, const T& v) {
    key(name);
    return value(v);
  }
  template <typename List>
  Json& list(const char* name, const List& values) {
    key(name);
    begin_array();
    for (const auto& v : values) value(v);
    return end_array();
  }
  const std::string& text() const { return text_; }

 private:
  Json& open(char bracket);
  Json& close(char bracket);
  void comma();
  std::string text_;
  bool first_ = true;
};

}  // namespace dn
