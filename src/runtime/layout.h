// The one layout of running state that every tier and the library share: value slots, function
// references, instances, memories, tables, globals, and the hot part of a store. The interpreter
// reads these structs directly; generated code will use the offsets that runtime/offsets.h
// exports with a static_assert each. Nothing here owns anything: owners are the classes in
// store.h, memory.h, table.h, extern.h, which derive from these structs.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "isa/traps.h"
#include "module/type_registry.h"

namespace zwasm::runtime {

class Store;
class GcHeap;  // gc/heap.h
class Memory;
class Table;
struct Global;
struct Tag;
class LoadedModule;  // a validated module with its translated code, shared by its instances
struct Function;     // a function of a LoadedModule, or a host function
struct Instance;
struct FuncRef;
struct NativeBoundary;
namespace gc {
struct Shape;
}

// A reference to the collected heap: offset from the heap's base, or an i31 (lowest bit set, value
// in the upper 31), or null. externref, anyref and exnref hierarchies share this representation,
// which makes any.convert_extern and extern.convert_any the identity: a host value is a heap
// object of kind `host`. Heap objects are 8-byte aligned.
using GcRef = uint32_t;
inline constexpr GcRef kNullRef = 0;
constexpr bool is_i31(GcRef ref) { return (ref & 1) != 0; }

// One slot of a frame, a global, an argument list. A v128 takes two slots, low half first.
// Narrow values are zero-extended: bits above the type's width are zero (so a 64-bit move of an
// i32, f32 or GcRef slot is exact, and compares of whole slots are meaningful).
union Slot {
  uint64_t u64;
  int64_t i64;
  uint32_t u32;
  int32_t i32;
  float f32;
  double f64;
  GcRef ref;
  FuncRef* func;  // funcref hierarchy; nullptr is null
};
static_assert(sizeof(Slot) == 8);

// What a funcref points to. Lives as long as its store; its address is the function's identity.
struct FuncRef {
  // Native entry by the internal convention (docs/abi.md): compiled code, the stub that opens an
  // interpreter activation, or the stub that leaves for the host. Tier-up is a release store here.
  std::atomic<void*> code;
  module::CanonId type;  // canonical function type
  uint32_t reserved = 0;
  Instance* instance;  // callee's instance; for host functions the store's host instance
  Function* function;
};

// A host function. One whose arguments compiled code passes in registers, without slots, has a
// target: a C++ function that takes them after `site`, by the platform's convention.
struct HostFuncRef {
  FuncRef ref;
  void (*target)() = nullptr;
  const void* site = nullptr;
};

// The hot part of a memory.
struct MemoryView {
  uint8_t* base;
  std::atomic<uint64_t> byte_length;  // grows only
};

// The hot part of a table. Function tables have FuncEntry elements, all others GcRef elements.
struct FuncEntry {
  FuncRef* ref;  // nullptr: null
  // ref->type, or kNoCanon for null: the signature check needs no further load. A null element is
  // all zeros, so that large fresh tables cost no memory.
  module::CanonId type;
  uint32_t reserved;
};
struct TableView {
  union {
    FuncEntry* funcs;
    GcRef* refs;
  };
  uint64_t size;  // elements; both change together under table.grow
};

// The cell of a global: 16 bytes so that a v128 fits. Imported globals share the cell.
struct alignas(16) GlobalCell {
  Slot slots[2];
};

// A tag's identity is its address.
struct TagCell {
  module::CanonId type;  // canonical function type of its payload
};

// Reasons to leave the fast path at a poll (loop header, function entry). Bits of
// StoreContext::poll.
enum PollReason : uint32_t {
  kPollInterrupt = 1,  // InterruptHandle::interrupt
  kPollTimeout = 2,
  kPollCollect = 4,  // the collector wants a safepoint (--gc-stress keeps it set)
  kPollTier = 8,     // interpreted loops should look for machine code (runtime/tiers.h)
  kPollSample = 16,  // note the frames (runtime/guest_profile.h)
};
inline constexpr uint32_t kPollEnds = kPollInterrupt | kPollTimeout;
inline constexpr uintptr_t kEndedLimit = UINTPTR_MAX / 2;

// The part of a store that running code touches. At a fixed address for the store's life.
struct StoreContext {
  std::atomic<uint32_t> poll{0};  // nonzero: call Store::on_poll at the next poll
  // How a typed host function has failed, until it leaves: a CallStatus.
  uint32_t host_status = 0;
  Slot* value_limit = nullptr;  // interpreter frames must end below this
  // Native frames on the guest stack must stay above this; kEndedLimit, above them all, when the
  // call is to end: so the compare at a function's entry is a poll too.
  std::atomic<uintptr_t> native_limit{0};
  int64_t fuel = 0;                 // remaining; meaningful when the store meters fuel
  uint8_t* heap_base = nullptr;     // GcRef r is the object at heap_base + r
  uint8_t* nursery_next = nullptr;  // bump allocation: object fits iff next + size <= end
  uint8_t* nursery_end = nullptr;
  const void* const* helpers = nullptr;  // for native code: runtime/native_helpers.def
  Slot* value_top = nullptr;             // first free slot of the value stack, set when leaving an
                                         // activation (host call, helper that may collect)
  void* activation = nullptr;            // innermost interp::Activation, newest first
  GcHeap* heap = nullptr;                // owned by the store
  Store* store = nullptr;
  // Where the guest stack continues, while host code runs; null when compiled code has called it
  // without slots: then there stands the frame at native_fp.
  void* guest_sp = nullptr;
  void* host_sp = nullptr;  // where the host thread's stack continues, while guest code runs
  NativeBoundary* boundary = nullptr;  // innermost call into native code (runtime/native_call.h)
  // The frame by which native code was left last: of a stub, linked to those of native code. The
  // lowest bit is set when it was left by a fault: its return address is the place itself.
  uintptr_t native_fp = 0;
};

// How a call of a function ended, for every kind of caller and callee.
enum class CallStatus : uint32_t {
  returned = 0,
  threw,    // a wasm exception: Store::pending_exception; handlers of callers may catch it
  trapped,  // nothing in the guest may catch it: a trap, an error of the host, an exit; the
            // store's pending failure says which, with the backtrace of the place
};

// An instance as running code sees it. The arrays are allocated with it and never move.
struct Instance {
  StoreContext* context;
  MemoryView** memories;  // by memory index
  TableView** tables;     // by table index
  GlobalCell** globals;   // by global index
  FuncRef** funcs;        // by function index: own FuncRefs, or the imported ones
  TagCell** tags;         // by tag index
  LoadedModule* module;
  const module::CanonId* types;    // module type index -> canonical id
  const gc::Shape* const* shapes;  // by module type index: structs, arrays, types of tags
  uint8_t* dropped_elems;          // by segment index: 1 once dropped
  uint8_t* dropped_datas;
  // Base of memory 0 when that is reserved, so that it never moves; else null.
  uint8_t* memory_base;
  // Elements of table 0 when the module's type of it is of one size only, so that they never move.
  void* table_elements;
};

}  // namespace zwasm::runtime
