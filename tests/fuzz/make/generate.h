// Whole modules by chance: valid, without imports, every function exported, with an end to
// everything they do. What is observed of them must be the same on every engine.
#pragma once
#include <cstdint>
#include <vector>

#include "fuzz/make/random.h"

namespace fuzz {

struct GenerateOptions {
  // Exports only what every peer's API can show: functions and globals of numbers, and memories
  // that are not shared.
  bool for_peer = false;
};

// The first export is the function `refill`, which gives the others another so many rounds of
// loops and calls; when these are used up they trap as unreachable.
std::vector<uint8_t> generate(Random& random, const GenerateOptions& options = {});

}  // namespace fuzz
