// The inputs that are mutated, and the mutations: a case is a number, and the same number with the
// same seed and inputs is the same bytes, so a failure is repeated by its number.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/make/random.h"

namespace fuzz {

struct Input {
  std::string name;
  std::vector<uint8_t> bytes;  // a binary, or text
  bool valid = false;          // a binary that validates
};

// The modules of a file: of a script its modules, of anything else the file itself. Folders are
// searched through.
void add_inputs(const std::string& path, std::vector<Input>& inputs);

// Adds modules made by chance (make/generate.h).
void add_generated(size_t count, std::vector<Input>& inputs);

// Knows nothing of what the bytes mean.
std::vector<uint8_t> mutate_bytes(const std::vector<uint8_t>& bytes, Random& random);

}  // namespace fuzz
