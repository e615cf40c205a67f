// The layout of a code object (code_object.h), little-endian. Every part begins at a multiple of
// 16 bytes from the beginning; what is between parts is zero.
//
// The first fields, up to `source`, stay where they are in every version of the format.
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "aot/code_object.h"

namespace zwasm::aot {

// Neither text nor a WebAssembly binary begins with a zero and a z.
inline constexpr uint8_t kMagic[8] = {0, 'z', 'w', 'a', 's', 'm', 'C', 'O'};
inline constexpr uint32_t kFormat = 2;
inline constexpr size_t kPartAlign = 16;

// Bytes from the beginning of the object.
struct Part {
  uint64_t offset, size;
};

struct Header {
  uint8_t magic[8];
  uint32_t format;
  uint32_t header_bytes;
  uint64_t total_bytes;  // with check sum and seal
  char version[24];      // of zwasm, as text, zeros behind
  Digest source;
  Stamp stamp;
  Digest module_hash;
  Part module, functions, traps, calls, roots, relocations, code;
};
static_assert(sizeof(Stamp) == 16 && sizeof(Header) == 240);
static_assert(std::is_trivially_copyable_v<Header>);

struct Trailer {
  Digest check_sum, seal;
};
static_assert(sizeof(Trailer) == 64);

// A function: where its code is, and its rows of each table.
struct FunctionRow {
  uint32_t func;
  uint32_t begin, end;  // in the code
  uint32_t first_trap, trap_count;
  uint32_t first_call, call_count;
  uint32_t first_root, root_count;
  uint32_t first_relocation, relocation_count;
  uint32_t frameless;  // 0 or 1
};
static_assert(sizeof(FunctionRow) == 48);

// Rows of the tables stand in the object as they stand in memory.
static_assert(sizeof(runtime::NativeTrap) == 12 && alignof(runtime::NativeTrap) == 4 &&
              offsetof(runtime::NativeTrap, position) == 4 &&
              offsetof(runtime::NativeTrap, trap) == 8);
static_assert(sizeof(runtime::NativeCallSite) == 20);
static_assert(sizeof(runtime::NativeRelocation) == 8);
static_assert(sizeof(runtime::NativeRoot) == 8 && offsetof(runtime::NativeRoot, is_reg) == 4);

}  // namespace zwasm::aot
