// Work in a process that a fork made.
#pragma once

#include <functional>

namespace dn {

// Whether the calling thread came out of a fork. OpenMP's workers did not: GNU's runtime would wait
// for them in its next parallel region, for ever.
bool came_from_fork();

// Runs work in a thread of its own, which gets workers of its own, and waits for it.
// Throws what work throws.
void in_new_thread(const std::function<void()>& work);

}  // namespace dn
