// Numbers in descriptions, JSON and messages are written with a point, whatever locale the program
// has chosen: a German one would read learning_rate=0.001 as 0 followed by text.
#pragma once

#include <locale.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

namespace dn {

// Gives this thread the "C" locale while it lives.
class CLocale {
 public:
  CLocale() {
    static const locale_t c = newlocale(LC_ALL_MASK, "C", nullptr);
    if (c) before_ = uselocale(c);
  }
  ~CLocale() {
    if (before_) uselocale(before_);
  }
  CLocale(const CLocale&) = delete;
  CLocale& operator=(const CLocale&) = delete;

 private:
  locale_t before_ = nullptr;
};

}  // namespace dn
