// Whole modules by chance: valid, without imports, every function exported, with an end to
// everything they do. What is observed of them must be the same on every engine.
#pragma once
#include <cstdint>
#include <vector>

#include "fuzz/make/random.h"

namespace fuzz {

struct GenerateOptions {
  bool relaxed_simd = true;
  // What a peer may lack.
  bool threads = true;
  bool custom_page_sizes = true;
};

// The first export is the function `refill`, which gives the others another so many rounds of
// loops and calls; when these are used up they trap as unreachable.
std::vector<uint8_t> generate(Random& random, const GenerateOptions& options = {});

}  // namespace fuzz
