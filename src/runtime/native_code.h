// Published machine code and what is known about its addresses: which instructions trap and how,
// what stands behind each call (place in the source, landing pad, roots).
//
// A NativeCode is what one compilation published at once: one function, or a whole module. Its
// functions keep their own tables, with offsets from their own beginning. Looking up an address
// takes no lock and is allowed in signal handlers; the code found is alive as long as a frame of
// it is, since its module is.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "isa/traps.h"
#include "runtime/function.h"

namespace zwasm::runtime {

// An instruction that traps when it faults.
struct NativeTrap {
  uint32_t offset;
  uint32_t position;  // of the wasm instruction, from NativeFunction::body_offset
  isa::Trap trap;
};
// Where a reference of the collected heap stands during a call: at the frame pointer plus `where`,
// or, during a poll, in the integer register `where`.
struct NativeRoot {
  int32_t where;
  bool is_reg;
};
struct NativeCallSite {
  static constexpr uint32_t kNoPad = ~0u;
  uint32_t return_offset;
  uint32_t position;
  uint32_t landing_pad = kNoPad;  // offset of the handler of exceptions
  uint32_t first_root = 0, root_count = 0;
};
// A direct call of a function of the module: the place in the code where the distance stands.
struct NativeRelocation {
  uint32_t offset;
  uint32_t func;
};

// From `offset` on the code belongs to the wasm instruction at `position`.
struct NativeLine {
  uint32_t offset;
  uint32_t position;
};

// One version of one function. The tables belong to the NativeCode, or to whoever publishes it.
struct NativeFunction {
  static constexpr uint32_t kNoOsr = ~0u;
  Function* function = nullptr;
  uint64_t body_offset = 0;           // in the module
  uint32_t begin = 0, end = 0;        // bytes from the beginning of the NativeCode
  uint32_t osr_position = kNoOsr;     // the loop at which it is entered, if not at its beginning
  bool frameless = false;             // never has a frame of its own, and calls nothing
  std::span<const NativeTrap> traps;  // by offset
  std::span<const NativeCallSite> calls;  // by return_offset
  std::span<const NativeRoot> roots;
  std::span<const NativeLine> lines;  // for debuggers, when they are wanted; by offset
  std::span<const NativeRelocation> relocations;

  const NativeTrap* trap_at(uint32_t offset) const;
  const NativeCallSite* call_at(uint32_t return_offset) const;
  std::span<const NativeRoot> roots_of(const NativeCallSite& site) const {
    return roots.subspan(site.first_root, site.root_count);
  }
};

// What the functions' tables are parts of.
struct NativeTables {
  std::vector<NativeTrap> traps;
  std::vector<NativeCallSite> calls;
  std::vector<NativeRoot> roots;
  std::vector<NativeLine> lines;
  std::vector<NativeRelocation> relocations;
  std::shared_ptr<const void> elsewhere;  // the owner of tables that stand in none of these
};

class NativeCode {
 public:
  // Makes the bytes runnable. `functions` are sorted and do not overlap. Null: no memory for code.
  static std::unique_ptr<NativeCode> publish(std::span<const uint8_t> bytes,
                                             std::vector<NativeFunction> functions,
                                             NativeTables tables);
  ~NativeCode();
  NativeCode(const NativeCode&) = delete;
  NativeCode& operator=(const NativeCode&) = delete;

  // The code that an address belongs to, or null.
  static const NativeCode* find(const void* pc);

  const uint8_t* begin() const { return begin_; }
  size_t size() const { return size_; }
  std::span<const NativeFunction> functions() const { return functions_; }
  const uint8_t* entry(const NativeFunction& function) const { return begin_ + function.begin; }
  // The function that an address of this code belongs to, or null.
  const NativeFunction* function_at(const void* pc) const;
  // What is to live as long as the code, and to go before it.
  void keep(std::shared_ptr<void> thing) { kept_ = std::move(thing); }

 private:
  NativeCode() = default;
  const uint8_t* begin_ = nullptr;
  size_t size_ = 0;
  std::vector<NativeFunction> functions_;
  NativeTables tables_;
  std::shared_ptr<void> kept_;
};

// A return address in native code, looked up. `site` is null where code calls without a row.
struct NativePlace {
  const NativeCode* code = nullptr;
  const NativeFunction* function = nullptr;
  const NativeCallSite* site = nullptr;
};
NativePlace find_call(const void* return_address);

// True: the process may run code of its own, and its faults are handled.
bool native_code_available();

// The address by which compiled code reaches one of the stubs zwasm_typed_host_*. In a shared
// library far away from the region for code (sys/code_pages.h), this is a copy of it in the region.
const void* near_stub(void (*stub)());

}  // namespace zwasm::runtime
