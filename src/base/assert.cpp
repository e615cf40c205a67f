#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace zwasm {

void assertion_failed(const char* what) {
  std::fprintf(stderr, "zwasm: %s: does not hold\n", what);
  std::abort();
}

}  // namespace zwasm
