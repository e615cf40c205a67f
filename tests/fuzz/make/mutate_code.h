// Mutations of function bodies after which most modules are still valid: what is behind decoder
// and validator is reached by these only. An instruction becomes another of the same signature,
// constants, offsets, lanes and indices change within their types, random code is put in that
// leaves the stack as it was.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "fuzz/make/random.h"

namespace fuzz {

// The module, which must be valid with every proposal on, with one to four changes in its code;
// nothing if it is no binary, or has no code.
std::optional<std::vector<uint8_t>> mutate_code(std::span<const uint8_t> bytes, Random& random);

}  // namespace fuzz
