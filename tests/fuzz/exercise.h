// Everything a stranger's file may make us do, by the public headers: load, validate, print,
// convert back, instantiate and run with little fuel and memory and nothing granted.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace fuzz {

struct Verdict {
  bool loaded = false;
  bool ran = false;
  std::string problem;  // what must not be; empty if all is well
};

Verdict exercise(const std::vector<uint8_t>& bytes);

}  // namespace fuzz
