// The one translation unit that carries doctest's main().
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// Its handlers would replace ours, which turn faults of compiled code into traps.
#define DOCTEST_CONFIG_NO_POSIX_SIGNALS
#include <doctest/doctest.h>
