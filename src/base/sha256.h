// SHA-256 (FIPS 180-4) and HMAC with it (RFC 2104): names and seals of compiled code.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace zwasm {

using Digest = std::array<uint8_t, 32>;

class Sha256 {
 public:
  Sha256& update(std::span<const uint8_t> bytes);
  // Ends the computation.
  Digest finish();

 private:
  void blocks(const uint8_t* bytes, size_t count);

  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> pending_{};
  uint64_t length_ = 0;
};

Digest sha256(std::span<const uint8_t> bytes);
// The SHA-256 of the SHA-256 of each 1 MiB: what can be computed on several threads.
Digest tree_sha256(std::span<const uint8_t> bytes);
Digest hmac_sha256(std::span<const uint8_t> key, std::span<const uint8_t> bytes);
// In a time that does not depend on where they differ.
bool equal_digests(const Digest& a, const Digest& b);

}  // namespace zwasm
