// Everything that can be observed of a module: it runs each exported function with a fixed series
// of arguments, then looks at memories and globals. compare.py makes another runtime observe the
// same in the same words.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "zwasm/zwasm.h"

namespace differential {

struct ObserveOptions {
  // Leave out what not every peer's API can show: vectors.
  bool for_peer = false;
};

// A line for each call, memory and global; one line if the module is refused.
std::vector<std::string> observe(const zwasm::Engine& engine, std::span<const uint8_t> bytes,
                                 const ObserveOptions& options = {});

}  // namespace differential
