#include "core/forked.h"

#include <exception>
#include <thread>

#ifdef __unix__
#include <pthread.h>
#endif

namespace dn {

namespace {

// Only the thread that called fork lives on in the child; those born there begin with false.
thread_local bool forked = false;

#ifdef __unix__
[[maybe_unused]] const int watching = pthread_atfork(nullptr, nullptr, [] { forked = true; });
#endif

}  // namespace

bool came_from_fork() { return forked; }

void in_new_thread(const std::function<void()>& work) {
  std::exception_ptr failure;
  std::thread thread([&] {
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  });
  thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace dn
