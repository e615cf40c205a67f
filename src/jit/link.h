// Functions one behind the other, with their calls of each other filled in: position independent.
#pragma once
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "codegen/compile.h"
#include "runtime/loaded_module.h"
#include "runtime/native_code.h"

namespace zwasm::jit {

// Every function of the module may be called directly: of those that are not linked with it, the
// caller reaches a jump through the instance, behind the code.
codegen::Batch whole_module(const runtime::LoadedModule& module);

class Linker {
 public:
  Linker(const runtime::LoadedModule& module, codegen::Arch arch);

  void reserve(size_t bytes) { bytes_.reserve(bytes); }
  // Where the code begins. Other code reaches it if it is the function's `entry`, not a version
  // that is entered at a loop.
  enum class Reached : uint8_t { entry, never };
  uint32_t add(uint32_t func, Reached reached, std::span<const uint8_t> code);
  // When all have been added: fills in the calls of what begins there. The code may have been
  // linked before, with others.
  void connect(uint32_t begin, std::span<const runtime::NativeRelocation> calls);
  std::vector<uint8_t> finish();

 private:
  void pad();
  void put32(uint32_t word);
  void put_thunk(uint32_t func_ref);
  void fill_in(uint32_t place, uint32_t target);

  const runtime::LoadedModule& module_;
  const codegen::Arch arch_;
  const uint32_t own_funcs_;       // the first FuncRef, from the instance
  std::vector<uint8_t> bytes_;
  std::unordered_map<uint32_t, uint32_t> entries_;  // by function: its own, or a jump to it
};

}  // namespace zwasm::jit
