// The one exception of the native library. It is turned into a dn_status at the C ABI.
#pragma once

#include <exception>
#include <string>

#include "darknet/engine.h"

namespace dn {

// Where an error was found; -1 or empty where unknown.
struct Place {
  std::string file;
  int line = -1;
  std::string section;
  int layer = -1;
};

class Error : public std::exception {
 public:
  Error(dn_status status, std::string message, Place place = {});
  const char* what() const noexcept override { return line_.c_str(); }

  dn_status status;
  std::string message;  // what is wrong and what was expected, without the place
  Place place;

  // Adds what is not known yet, so that a helper can throw without knowing the section it serves.
  void locate(const Place& outer);

 private:
  void compose();
  std::string line_;  // "file:line: [section] message"
};

// printf into a std::string.
std::string format(const char* pattern, ...) __attribute__((format(printf, 1, 2)));

// Throws Error with a printf message.
[[noreturn]] void fail(dn_status status, const char* pattern, ...)
    __attribute__((format(printf, 2, 3)));

}  // namespace dn
