// A small generator with a state per case (xorshift64*): the same seed gives the same case.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fuzz {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 0x1234567) {
    if (state_ == 0) state_ = 1;
    next();
  }
  uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1d;
  }
  // From 0 to n - 1; n is not 0.
  size_t below(size_t n) { return static_cast<size_t>((next() >> 11) % n); }
  uint32_t below32(uint32_t n) { return static_cast<uint32_t>(below(n)); }
  // True once in n times.
  bool one_in(size_t n) { return below(n) == 0; }
  template <class List>
  decltype(auto) pick(const List& list) {
    return list[below(list.size())];
  }

 private:
  uint64_t state_;
};

}  // namespace fuzz
