// The inputs that are mutated, and the mutations: a case is a number, and the same number with the
// same seed and inputs is the same bytes, so a failure is repeated by its number.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace fuzz {

struct Input {
  std::string name;
  std::vector<uint8_t> bytes;  // a binary, or text
};

// The modules of a file: of a script its modules, of anything else the file itself. Folders are
// searched through.
void add_inputs(const std::string& path, std::vector<Input>& inputs);

// A small generator with a state per case (xorshift64*).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 0x1234567) {}
  uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1d;
  }
  // From 0 to n - 1; n is not 0.
  size_t below(size_t n) { return static_cast<size_t>(next() % n); }

 private:
  uint64_t state_;
};

std::vector<uint8_t> mutate(const std::vector<uint8_t>& bytes, Random& random);

}  // namespace fuzz
