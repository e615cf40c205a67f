#include "jit/link.h"

#include <cstring>

#include "runtime/offsets.h"

namespace zwasm::jit {

using codegen::Arch;
using runtime::InstanceOffsets;

namespace {
constexpr size_t kAlign = 16;
}

codegen::Batch whole_module(const runtime::LoadedModule& module) {
  return {[](void* env, uint32_t func) {
            return func >= static_cast<const runtime::LoadedModule*>(env)->module().imported_funcs;
          },
          const_cast<runtime::LoadedModule*>(&module)};
}

Linker::Linker(const runtime::LoadedModule& module, Arch arch)
    : module_(module),
      arch_(arch),
      own_funcs_(runtime::instance_offsets(module.module()).own_funcs) {}

uint32_t Linker::add(uint32_t func, Reached reached, std::span<const uint8_t> code) {
  pad();
  const auto begin = static_cast<uint32_t>(bytes_.size());
  bytes_.insert(bytes_.end(), code.begin(), code.end());
  if (reached == Reached::entry) entries_[func] = begin;
  return begin;
}

void Linker::connect(uint32_t begin, std::span<const runtime::NativeRelocation> calls) {
  for (const runtime::NativeRelocation& call : calls) {
    auto [target, missing] = entries_.try_emplace(call.func, 0);
    if (missing) {
      pad();
      target->second = static_cast<uint32_t>(bytes_.size());
      put_thunk(own_funcs_ +
                (call.func - module_.module().imported_funcs) * InstanceOffsets::kFuncStride);
    }
    fill_in(begin + call.offset, target->second);
  }
}

std::vector<uint8_t> Linker::finish() {
  pad();
  return std::move(bytes_);
}

// With int3 or udf: nothing falls through to it.
void Linker::pad() {
  bytes_.resize((bytes_.size() + kAlign - 1) & ~(kAlign - 1), arch_ == Arch::x64 ? 0xCC : 0);
}

void Linker::put32(uint32_t word) {
  size_t at = bytes_.size();
  bytes_.resize(at + sizeof word);
  std::memcpy(bytes_.data() + at, &word, sizeof word);
}

// A call of a function that is elsewhere: through its FuncRef, which stands in the instance at a
// constant distance.
void Linker::put_thunk(uint32_t func_ref) {
  switch (arch_) {
    case Arch::x64:
      bytes_.insert(bytes_.end(), {0x4D, 0x8D, 0x97});  // lea r10, [r15 + func_ref]
      put32(func_ref);
      bytes_.insert(bytes_.end(), {0x41, 0xFF, 0x22});  // jmp [r10]
      break;
    case Arch::arm64:
      put32(0xD2800010 | (func_ref & 0xFFFF) << 5);  // mov  x16, low
      put32(0xF2A00010 | (func_ref >> 16) << 5);     // movk x16, high, lsl 16
      put32(0x8B100390);                             // add  x16, x28, x16
      put32(0xF9400211);                             // ldr  x17, [x16]
      put32(0xD61F0220);                             // br   x17
      break;
  }
}

void Linker::fill_in(uint32_t place, uint32_t target) {
  uint32_t word;
  std::memcpy(&word, bytes_.data() + place, sizeof word);
  switch (arch_) {
    case Arch::x64: word = target - (place + 4); break;
    case Arch::arm64: word = (word & 0xFC000000) | (((target - place) >> 2) & 0x03FFFFFF); break;
  }
  std::memcpy(bytes_.data() + place, &word, sizeof word);
}

}  // namespace zwasm::jit
