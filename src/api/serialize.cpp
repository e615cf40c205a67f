// Serialized modules: a header that says what wrote them, and the binary.
//
//     magic (8)  version (8)  check sum (8)  wasm …
//
// The check sum (FNV-1a of the binary) finds accidents; against malice the binary is validated
// anew, as any other.
#include <algorithm>
#include <array>
#include <cstring>

#include "zwasm/module.h"
#include "zwasm/version.h"

namespace zwasm {
namespace {

constexpr std::array<uint8_t, 8> kMagic = {0, 'z', 'w', 'a', 's', 'm', 'M', '1'};
constexpr size_t kHeader = 24;

std::array<uint8_t, 8> version_bytes() {
  std::array<uint8_t, 8> bytes{};
  std::string_view text = version();
  std::copy_n(text.begin(), std::min(text.size(), bytes.size()), bytes.begin());
  return bytes;
}

std::array<uint8_t, 8> checksum(std::span<const uint8_t> bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  std::array<uint8_t, 8> out;
  for (size_t i = 0; i < 8; ++i) out[i] = static_cast<uint8_t>(hash >> (8 * i));
  return out;
}

Error refused(const char* why) {
  Error error;
  error.kind = ErrorKind::malformed;
  error.message = why;
  return error;
}

}  // namespace

std::vector<uint8_t> Module::serialize() const {
  std::span<const uint8_t> wasm = bytes();
  std::vector<uint8_t> out;
  out.reserve(kHeader + wasm.size());
  for (const auto& part : {kMagic, version_bytes(), checksum(wasm)})
    out.insert(out.end(), part.begin(), part.end());
  out.insert(out.end(), wasm.begin(), wasm.end());
  return out;
}

Result<Module> Module::deserialize(const Engine& engine, std::span<const uint8_t> bytes) {
  auto is = [&](size_t at, const std::array<uint8_t, 8>& what) {
    return std::memcmp(bytes.data() + at, what.data(), what.size()) == 0;
  };
  if (bytes.size() < kHeader || !is(0, kMagic)) return refused("not a serialized module of zwasm");
  if (!is(8, version_bytes()))
    return refused("the module was serialized by another version of zwasm; serialize it again");
  std::span<const uint8_t> wasm = bytes.subspan(kHeader);
  if (!is(16, checksum(wasm))) return refused("the serialized module is damaged");
  return compile(engine, wasm);
}

}  // namespace zwasm
