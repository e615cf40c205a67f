// Compiled code of a module as bytes: what a cache entry and a .cwasm file hold.
//
//   | magic, version | fingerprint 32 | module's SHA-256 32 | sizes | functions' tables | code |
//   | HMAC-SHA-256 of everything before 32 |
//
// The fingerprint stands for everything else that the code depends on: the build of zwasm, the
// code-generation settings, the processor. The seal is made with a key that only the user's own
// processes can read: nobody else, and no guest, can make bytes that we would run. Code is
// position independent, so that loading is copying.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/sha256.h"
#include "runtime/loaded_module.h"
#include "runtime/native_code.h"

namespace zwasm::aot {

struct CodeObject {
  std::vector<uint8_t> code;
  std::vector<runtime::NativeFunction> functions;
};

// `fingerprint` and `module_hash` are repeated when it is read.
std::vector<uint8_t> write_object(std::span<const uint8_t> code,
                                  std::span<const runtime::NativeFunction> functions,
                                  const Digest& fingerprint, const Digest& module_hash,
                                  std::span<const uint8_t> key);

// Nothing: not sealed by `key`, not for this module and fingerprint, or damaged. The functions
// belong to `module`.
std::optional<CodeObject> read_object(std::span<const uint8_t> bytes,
                                      runtime::LoadedModule& module, const Digest& fingerprint,
                                      const Digest& module_hash, std::span<const uint8_t> key);

}  // namespace zwasm::aot
