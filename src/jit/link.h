// Functions one behind the other, with their calls of each other filled in: position independent.
#pragma once
#include <cstdint>
#include <optional>
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

// A direct call does not reach over everything that a large module is compiled to. So the code is
// cut into sections within which all calls reach; a call of a function in another section goes
// through a jump, as one of a function that is not there at all.
class Linker {
 public:
  // `section`: at most so many bytes of code in one; by default as many as calls reach over.
  Linker(const runtime::LoadedModule& module, codegen::Arch arch, uint64_t section = ~uint64_t{0});

  void reserve(size_t bytes) { code_.reserve(bytes); }
  // Puts code, which may have been linked before, behind the rest. Other code reaches it if it is
  // the function's `entry`, not a version that is entered at a loop. `calls` are read until
  // finish(). Returns where it begins; nothing if it is too large to be called directly.
  enum class Reached : uint8_t { entry, never };
  std::optional<uint32_t> add(uint32_t func, Reached reached, std::span<const uint8_t> code,
                              std::span<const runtime::NativeRelocation> calls);
  std::vector<uint8_t> finish();

 private:
  struct Pending {
    uint32_t begin;
    std::span<const runtime::NativeRelocation> calls;
  };
  void pad();
  void end_section();

  const runtime::LoadedModule& module_;
  const codegen::Linkage& linkage_;
  const uint64_t most_;       // bytes of code in a section
  const uint32_t own_funcs_;  // the first FuncRef, from the instance
  codegen::CodeBuffer code_;
  // Of the current section.
  uint32_t section_ = 0;  // where it begins
  std::vector<Pending> pending_;
  std::unordered_map<uint32_t, uint32_t> entries_;  // by function: its own, or a jump to it
};

}  // namespace zwasm::jit
