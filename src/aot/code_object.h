// Compiled code of a module as bytes: a .cwasm file, what Module::serialize makes, or an entry of
// the cache (which leaves the module itself out).
//
//   | header | module | functions | traps | calls | roots | relocations | code | check sum 32 |
//   seal 32 |
//
// The check sum (tree_sha256 of all before it) finds damage. The seal is an HMAC of the check sum
// with a key that only the user's own processes can read (seal_key.h): nobody else, and no guest,
// can make bytes that we take for ours. The header tells which sources of zwasm made the code, for
// which machine, by which settings; format.h has the layout. Code is position independent and the
// tables are used where they stand, so that loading is reading, checking and one copy of the code.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/sha256.h"
#include "base/shared_bytes.h"
#include "runtime/loaded_module.h"
#include "runtime/native_code.h"

namespace zwasm::aot {

// What the code was made for, in numbers that the compiler's driver gives a meaning
// (jit/targets.h): here they are only kept.
struct Stamp {
  static constexpr uint8_t kNoCode = 0xFF;
  uint8_t arch = kNoCode;
  uint8_t opt_level = 0;
  uint16_t settings = 0;  // bits: what changes the meaning of code, or what it relies on
  uint32_t cpu = 0;       // bits: extensions that the code uses
  uint64_t features = 0;  // proposals with which the module was validated
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

// Of the sources of zwasm that shape machine code and what it relies on: the same for every
// program made of them. Only objects of the same sources are loaded.
const Digest& source_id();

struct ObjectParts {
  Stamp stamp;
  Digest module_hash;
  std::span<const uint8_t> module;  // empty in the cache
  std::span<const uint8_t> code;
  std::span<const runtime::NativeFunction> functions;
};
// Not sealed when `key` is empty.
std::vector<uint8_t> write_object(const ObjectParts& parts, std::span<const uint8_t> key);

// Whether the bytes claim to be an object, of any version.
bool is_object(std::span<const uint8_t> bytes);

// An object that is whole, and of this version.
class Object {
 public:
  struct Problem {
    std::string text;
    bool other_version = false;
  };
  static BasicResult<Object, Problem> open(SharedBytes bytes, std::span<const uint8_t> key);

  const Stamp& stamp() const { return stamp_; }
  const Digest& module_hash() const { return module_hash_; }
  // By `key`. If not, only whoever knows where the bytes come from may run them.
  bool sealed() const { return sealed_; }
  SharedBytes module() const { return module_; }
  std::span<const uint8_t> code() const { return code_; }
  size_t function_count() const { return function_count_; }

  // The functions for NativeCode::publish, with tables that stand in our bytes. Nothing: they
  // contradict each other or the module.
  struct Functions {
    std::vector<runtime::NativeFunction> functions;
    runtime::NativeTables tables;
  };
  std::optional<Functions> functions(runtime::LoadedModule& module) const;
  // The same without a module that is loaded: functions and code for a disassembler.
  struct Extent {
    uint32_t func, begin, end;
    std::span<const runtime::NativeTrap> traps;
    std::span<const runtime::NativeCallSite> calls;
  };
  std::vector<Extent> extents() const;

 private:
  Stamp stamp_;
  Digest module_hash_{};
  bool sealed_ = false;
  size_t function_count_ = 0;
  SharedBytes bytes_, module_;
  std::span<const uint8_t> code_;
};

// What zwasm wrote an object, though it may be another version. Nothing: it is none.
std::optional<std::string> object_version(std::span<const uint8_t> bytes);

}  // namespace zwasm::aot
