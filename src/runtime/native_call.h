// Calls between code of the internal convention (docs/abi.md: compiled code) and everything that
// takes its arguments as slots: the interpreter and host functions. The registers and the stack
// area of a call are assigned here, from its signature, once for both instruction sets.
#pragma once
#include <atomic>
#include <cstdint>
#include <span>

#include "isa/traps.h"
#include "isa/types.h"
#include "runtime/layout.h"

namespace zwasm::runtime {

inline constexpr uint32_t kIntRegs = 8;    // per call: integers and references
inline constexpr uint32_t kFloatRegs = 8;  // floats and vectors

// Argument or result registers, in the order of the convention.
struct NativeRegs {
  uint64_t ints[kIntRegs];
  alignas(16) uint8_t floats[kFloatRegs][16];
};

// What a call pushes and pops: slots of eight bytes, each count even, so that the stack pointer
// stays 16-byte aligned.
struct StackArea {
  uint32_t arguments = 0;
  uint32_t results = 0;
  uint32_t size() const { return arguments > results ? arguments : results; }
};
StackArea stack_area(std::span<const isa::ValType> params, std::span<const isa::ValType> results);

// FuncRef::code of a host function with a target, whose arguments must all be in registers, and
// that has one result at most: then the conventions differ only in which registers they are.
const void* typed_host_stub(std::span<const isa::ValType> params);

// Between slots and the registers and stack slots of a call.
void to_native(std::span<const isa::ValType> types, const Slot* slots, NativeRegs& regs,
               uint64_t* stack);
void from_native(std::span<const isa::ValType> types, Slot* slots, const NativeRegs& regs,
                 const uint64_t* stack);

// An entry into native code that stands on the guest stack: where an unwinding that finds no
// handler ends. Newest first.
struct NativeBoundary {
  NativeBoundary* previous;
  void* fp;
  uintptr_t outer_native_fp;  // StoreContext::native_fp of the native code outside
  void* activation;           // of the interpreter, the innermost one outside
  CallStatus status;          // of the call, when an unwinding has ended here
};

// The frame of zwasm_enter_native; the stubs know these offsets (runtime/offsets.h).
struct NativeCall {
  NativeBoundary boundary;
  StoreContext* context;
  FuncRef* callee;
  Instance* caller;
  uint64_t* stack;        // the stack area, in and out
  uint64_t stack_bytes;   // of the whole area
  uint64_t result_bytes;  // its last bytes, after the call
  uint64_t reserved = 0;
  NativeRegs regs;
};

// What the stub needs to begin a typed call at the outermost level by itself, when nothing has
// changed since the store's last call: the context has the limits of a stack that this thread
// keeps.
struct StoreEntry {
  static constexpr uint64_t kNoStack = ~uint64_t{0};
  StoreContext* context = nullptr;
  uint64_t stack = kNoStack;  // sys::GuestStack::id; while another kind of call uses it: kNoStack
  void* guest_sp = nullptr;   // where its native frames begin
  uintptr_t host_limit = 0;   // the host must have left so much of its stack
  // The thread that is inside a call of this store: its sys::HostThread; null: none.
  std::atomic<const void*> user{nullptr};
};
// Where handles find it: null when the store is gone, or when calls are to take slots.
struct StoreDoor {
  StoreEntry* entry = nullptr;
};

// A call from the host whose arguments and result are in registers (zwasm_enter_typed).
struct TypedCall {
  // Besides what a CallStatus says, in boundary.status:
  static constexpr CallStatus kRefused{3};  // by the stub: begin_typed may be able to
  static constexpr CallStatus kBegun{4};    // returned, end_typed is to follow
  NativeBoundary boundary;
  StoreContext* context;
  FuncRef* callee;
  void* guest_sp;  // where it begins, after begin_typed; null: the stub begins the call
  StoreDoor* door;
  void* outer_guest_sp;  // of the context
  void* outer_host_sp;
  bool outermost;
};

// Where to go on after an unwinding.
struct NativeTarget {
  void* pc;
  void* fp;
  uint64_t value;  // in the first result register
};

}  // namespace zwasm::runtime
