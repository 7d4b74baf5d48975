// What the files of the C ABI share: the handles, and exceptions turned into a status.
#pragma once

#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>

#include "core/c_locale.h"
#include "core/error.h"
#include "core/forked.h"
#include "darknet/engine.h"
#include "network.h"

struct dn_network {
  dn::Network network;
};

namespace dn {

// Leaves the error for dn_last_error().
dn_status remember(dn_status status, const std::string& message, const Place& place);

// Runs f; nothing it throws leaves.
template <typename F>
dn_status guarded(const F& f) {
  const auto work = [&f] {
    const CLocale locale;
    f();
  };
  try {
    if (came_from_fork())
      in_new_thread(work);
    else
      work();
    return DN_OK;
  } catch (const Error& error) {
    return remember(error.status, error.what(), error.place);
  } catch (const std::bad_alloc&) {
    return remember(DN_ERROR_MEMORY, "out of memory", {});
  } catch (const std::exception& error) {
    return remember(DN_ERROR_INTERNAL, error.what(), {});
  } catch (...) {
    return remember(DN_ERROR_INTERNAL, "unknown failure", {});
  }
}

inline void need(const void* pointer, const char* name) {
  if (!pointer) fail(DN_ERROR_ARGUMENT, "%s is NULL", name);
}

inline char* text_of(const std::string& text) {
  char* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (!copy) throw std::bad_alloc();
  std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

}  // namespace dn
