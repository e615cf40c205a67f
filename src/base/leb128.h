// LEB128, as the binary format uses it: at most ceil(N / 7) bytes, and the unused bits of the last
// one must be zero (unsigned) or the sign (signed).
#pragma once
#include <cstdint>
#include <vector>

namespace zwasm {

enum class LebStatus : uint8_t { ok, truncated, too_long, too_large };

template <class T>
struct Leb {
  T value = 0;
  uint32_t length = 0;  // bytes consumed when ok
  LebStatus status = LebStatus::ok;
};

// `Bits` is the width of the number in the format (32, 33 or 64), `T` an integer that holds it.
template <class T, unsigned Bits>
constexpr Leb<T> read_leb(const uint8_t* p, const uint8_t* end) {
  constexpr bool kSigned = static_cast<T>(-1) < T{0};
  constexpr unsigned kMax = (Bits + 6) / 7;
  using U = uint64_t;
  U result = 0;
  for (unsigned i = 0; i < kMax; ++i) {
    if (p + i >= end) return {0, i, LebStatus::truncated};
    uint8_t byte = p[i];
    result |= static_cast<U>(byte & 0x7F) << (7 * i);
    if (i == kMax - 1) {
      if (byte & 0x80) return {0, i + 1, LebStatus::too_long};
      constexpr unsigned kUsed = Bits - 7 * (kMax - 1);  // value bits in the last byte
      if constexpr (kSigned) {
        constexpr uint8_t kTop = static_cast<uint8_t>(0x7F & ~((1u << (kUsed - 1)) - 1));
        if ((byte & kTop) != 0 && (byte & kTop) != kTop) return {0, i + 1, LebStatus::too_large};
      } else {
        if ((byte >> kUsed) != 0) return {0, i + 1, LebStatus::too_large};
      }
    }
    if (!(byte & 0x80)) {
      if constexpr (kSigned) {
        unsigned shift = 7 * (i + 1);
        if (shift < 64 && (byte & 0x40)) result |= ~U{0} << shift;
      }
      return {static_cast<T>(result), i + 1, LebStatus::ok};
    }
  }
  return {0, kMax, LebStatus::too_long};
}

void write_uleb(std::vector<uint8_t>& out, uint64_t value);
void write_sleb(std::vector<uint8_t>& out, int64_t value);

}  // namespace zwasm
