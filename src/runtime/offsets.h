// Offsets of fields that assembly and generated code rely on: plain macros, so that the assembler
// can include this file too. Each is checked against the real struct below.
#pragma once

#define ZWASM_FUNC_REF_CODE 0
#define ZWASM_FUNC_REF_TYPE 8
#define ZWASM_FUNC_REF_INSTANCE 16
#define ZWASM_FUNC_REF_FUNCTION 24
#define ZWASM_HOST_FUNC_TARGET 32
#define ZWASM_HOST_FUNC_SITE 40

#define ZWASM_INSTANCE_FUNCS 32
#define ZWASM_INSTANCE_MEMORY_BASE 88
#define ZWASM_INSTANCE_TABLE_ELEMENTS 96

#define ZWASM_MEMORY_BASE 0
#define ZWASM_MEMORY_LENGTH 8

#define ZWASM_TABLE_ELEMENTS 0
#define ZWASM_TABLE_SIZE 8
#define ZWASM_FUNC_ENTRY_REF 0
#define ZWASM_FUNC_ENTRY_TYPE 8
#define ZWASM_FUNC_ENTRY_SIZE 16

// Objects of the collected heap; the lower 48 bits of a header are the shape's address.
#define ZWASM_OBJECT_HEADER 0
#define ZWASM_ARRAY_LENGTH 8
#define ZWASM_EXCEPTION_TAG 8
#define ZWASM_EXCEPTION_ARGS 16
#define ZWASM_SHAPE_KIND 0
#define ZWASM_SHAPE_SIZE 4
#define ZWASM_SHAPE_TYPE 8
#define ZWASM_SHAPE_DISPLAY 16
#define ZWASM_SHAPE_DISPLAY_SIZE 24
#define ZWASM_YOUNG_LIMIT 0x400000

#define ZWASM_CONTEXT_POLL 0
#define ZWASM_CONTEXT_VALUE_LIMIT 8
#define ZWASM_CONTEXT_NATIVE_LIMIT 16
#define ZWASM_CONTEXT_FUEL 24
#define ZWASM_CONTEXT_HEAP_BASE 32
#define ZWASM_CONTEXT_NURSERY_NEXT 40
#define ZWASM_CONTEXT_NURSERY_END 48
#define ZWASM_CONTEXT_HELPERS 56
#define ZWASM_CONTEXT_HOST_SP 104
#define ZWASM_CONTEXT_BOUNDARY 112
#define ZWASM_CONTEXT_NATIVE_FP 120

#define ZWASM_ENTRY_CONTEXT 0
#define ZWASM_ENTRY_STACK 8
#define ZWASM_ENTRY_GUEST_SP 16
#define ZWASM_ENTRY_HOST_LIMIT 24
#define ZWASM_ENTRY_USER 32
#define ZWASM_THREAD_IDLE 16

#define ZWASM_BOUNDARY_PREVIOUS 0
#define ZWASM_BOUNDARY_FP 8
#define ZWASM_BOUNDARY_OUTER_NATIVE_FP 16
#define ZWASM_BOUNDARY_ACTIVATION 24
#define ZWASM_BOUNDARY_STATUS 32
#define ZWASM_TYPED_CALL_GUEST_SP 56
#define ZWASM_TYPED_CALL_DOOR 64
#define ZWASM_TYPED_CALL_REFUSED 3
#define ZWASM_NATIVE_CALL_CONTEXT 40
#define ZWASM_NATIVE_CALL_CALLEE 48
#define ZWASM_NATIVE_CALL_CALLER 56
#define ZWASM_NATIVE_CALL_STACK 64
#define ZWASM_NATIVE_CALL_STACK_BYTES 72
#define ZWASM_NATIVE_CALL_RESULT_BYTES 80
#define ZWASM_NATIVE_CALL_REGS 96
#define ZWASM_NATIVE_REGS_SIZE 192
#define ZWASM_NATIVE_REGS_FLOATS 64

#define ZWASM_TARGET_PC 0
#define ZWASM_TARGET_FP 8
#define ZWASM_TARGET_VALUE 16

// Positions in StoreContext::helpers, in bytes, of what hand-written code calls.
#define ZWASM_HELPER_RAISE 0
#define ZWASM_HELPER_THROW 8
#define ZWASM_HELPER_POLL 16

// Where the stub `poll` saves the registers of its caller, below its frame pointer: integer
// register n (as instructions encode it) at fp - ZWASM_POLL_SAVED + 8 * n.
#if defined(__aarch64__)
#define ZWASM_POLL_SAVED 768
#define ZWASM_POLL_SAVED_FLOATS 256
#else
#define ZWASM_POLL_SAVED 384
#define ZWASM_POLL_SAVED_FLOATS 128
#endif

#if !defined(__ASSEMBLER__)
#include <cstddef>

#include "runtime/gc/heap.h"
#include "runtime/layout.h"
#include "runtime/native_call.h"
#include "runtime/native_helpers.h"
#include "sys/stacks.h"

namespace zwasm::module {
struct Module;
}

namespace zwasm::runtime {

static_assert(helper_offset(NativeHelper::raise) == ZWASM_HELPER_RAISE);
static_assert(helper_offset(NativeHelper::throw_) == ZWASM_HELPER_THROW);
static_assert(helper_offset(NativeHelper::poll) == ZWASM_HELPER_POLL);

#define ZWASM_CHECK_OFFSET(type, field, offset) static_assert(offsetof(type, field) == (offset))
ZWASM_CHECK_OFFSET(FuncRef, code, ZWASM_FUNC_REF_CODE);
ZWASM_CHECK_OFFSET(FuncRef, type, ZWASM_FUNC_REF_TYPE);
ZWASM_CHECK_OFFSET(FuncRef, instance, ZWASM_FUNC_REF_INSTANCE);
ZWASM_CHECK_OFFSET(FuncRef, function, ZWASM_FUNC_REF_FUNCTION);
ZWASM_CHECK_OFFSET(Instance, funcs, ZWASM_INSTANCE_FUNCS);
ZWASM_CHECK_OFFSET(Instance, memory_base, ZWASM_INSTANCE_MEMORY_BASE);
ZWASM_CHECK_OFFSET(Instance, table_elements, ZWASM_INSTANCE_TABLE_ELEMENTS);
ZWASM_CHECK_OFFSET(TableView, funcs, ZWASM_TABLE_ELEMENTS);
ZWASM_CHECK_OFFSET(TableView, size, ZWASM_TABLE_SIZE);
ZWASM_CHECK_OFFSET(FuncEntry, ref, ZWASM_FUNC_ENTRY_REF);
ZWASM_CHECK_OFFSET(FuncEntry, type, ZWASM_FUNC_ENTRY_TYPE);
static_assert(sizeof(FuncEntry) == ZWASM_FUNC_ENTRY_SIZE);
static_assert(gc::kArrayLengthOffset == ZWASM_ARRAY_LENGTH);
static_assert(gc::kExceptionTagOffset == ZWASM_EXCEPTION_TAG);
static_assert(gc::kExceptionArgsOffset == ZWASM_EXCEPTION_ARGS);
ZWASM_CHECK_OFFSET(gc::Shape, kind, ZWASM_SHAPE_KIND);
ZWASM_CHECK_OFFSET(gc::Shape, size, ZWASM_SHAPE_SIZE);
ZWASM_CHECK_OFFSET(gc::Shape, type, ZWASM_SHAPE_TYPE);
// A span is its pointer, then its size: a unit test looks.
ZWASM_CHECK_OFFSET(gc::Shape, display, ZWASM_SHAPE_DISPLAY);
static_assert(sizeof(gc::Shape::display) == 16);
static_assert(kYoungLimit == ZWASM_YOUNG_LIMIT);
ZWASM_CHECK_OFFSET(HostFuncRef, target, ZWASM_HOST_FUNC_TARGET);
ZWASM_CHECK_OFFSET(HostFuncRef, site, ZWASM_HOST_FUNC_SITE);
ZWASM_CHECK_OFFSET(MemoryView, base, ZWASM_MEMORY_BASE);
ZWASM_CHECK_OFFSET(MemoryView, byte_length, ZWASM_MEMORY_LENGTH);
ZWASM_CHECK_OFFSET(StoreContext, poll, ZWASM_CONTEXT_POLL);
ZWASM_CHECK_OFFSET(StoreContext, value_limit, ZWASM_CONTEXT_VALUE_LIMIT);
ZWASM_CHECK_OFFSET(StoreContext, native_limit, ZWASM_CONTEXT_NATIVE_LIMIT);
ZWASM_CHECK_OFFSET(StoreContext, fuel, ZWASM_CONTEXT_FUEL);
ZWASM_CHECK_OFFSET(StoreContext, heap_base, ZWASM_CONTEXT_HEAP_BASE);
ZWASM_CHECK_OFFSET(StoreContext, nursery_next, ZWASM_CONTEXT_NURSERY_NEXT);
ZWASM_CHECK_OFFSET(StoreContext, nursery_end, ZWASM_CONTEXT_NURSERY_END);
ZWASM_CHECK_OFFSET(StoreContext, helpers, ZWASM_CONTEXT_HELPERS);
ZWASM_CHECK_OFFSET(StoreContext, host_sp, ZWASM_CONTEXT_HOST_SP);
ZWASM_CHECK_OFFSET(StoreContext, boundary, ZWASM_CONTEXT_BOUNDARY);
ZWASM_CHECK_OFFSET(StoreContext, native_fp, ZWASM_CONTEXT_NATIVE_FP);
ZWASM_CHECK_OFFSET(StoreEntry, context, ZWASM_ENTRY_CONTEXT);
ZWASM_CHECK_OFFSET(StoreEntry, stack, ZWASM_ENTRY_STACK);
ZWASM_CHECK_OFFSET(StoreEntry, guest_sp, ZWASM_ENTRY_GUEST_SP);
ZWASM_CHECK_OFFSET(StoreEntry, host_limit, ZWASM_ENTRY_HOST_LIMIT);
ZWASM_CHECK_OFFSET(StoreEntry, user, ZWASM_ENTRY_USER);
ZWASM_CHECK_OFFSET(sys::HostThread, idle, ZWASM_THREAD_IDLE);
ZWASM_CHECK_OFFSET(NativeBoundary, previous, ZWASM_BOUNDARY_PREVIOUS);
ZWASM_CHECK_OFFSET(NativeBoundary, fp, ZWASM_BOUNDARY_FP);
ZWASM_CHECK_OFFSET(NativeBoundary, outer_native_fp, ZWASM_BOUNDARY_OUTER_NATIVE_FP);
ZWASM_CHECK_OFFSET(NativeBoundary, activation, ZWASM_BOUNDARY_ACTIVATION);
ZWASM_CHECK_OFFSET(NativeBoundary, status, ZWASM_BOUNDARY_STATUS);
ZWASM_CHECK_OFFSET(TypedCall, boundary, 0);
ZWASM_CHECK_OFFSET(StoreDoor, entry, 0);
ZWASM_CHECK_OFFSET(NativeCall, boundary.fp, ZWASM_BOUNDARY_FP);
ZWASM_CHECK_OFFSET(TypedCall, context, ZWASM_NATIVE_CALL_CONTEXT);
ZWASM_CHECK_OFFSET(TypedCall, callee, ZWASM_NATIVE_CALL_CALLEE);
ZWASM_CHECK_OFFSET(TypedCall, guest_sp, ZWASM_TYPED_CALL_GUEST_SP);
ZWASM_CHECK_OFFSET(TypedCall, door, ZWASM_TYPED_CALL_DOOR);
static_assert(static_cast<int>(TypedCall::kRefused) == ZWASM_TYPED_CALL_REFUSED);
ZWASM_CHECK_OFFSET(NativeCall, context, ZWASM_NATIVE_CALL_CONTEXT);
ZWASM_CHECK_OFFSET(NativeCall, callee, ZWASM_NATIVE_CALL_CALLEE);
ZWASM_CHECK_OFFSET(NativeCall, caller, ZWASM_NATIVE_CALL_CALLER);
ZWASM_CHECK_OFFSET(NativeCall, stack, ZWASM_NATIVE_CALL_STACK);
ZWASM_CHECK_OFFSET(NativeCall, stack_bytes, ZWASM_NATIVE_CALL_STACK_BYTES);
ZWASM_CHECK_OFFSET(NativeCall, result_bytes, ZWASM_NATIVE_CALL_RESULT_BYTES);
ZWASM_CHECK_OFFSET(NativeCall, regs, ZWASM_NATIVE_CALL_REGS);
ZWASM_CHECK_OFFSET(NativeRegs, floats, ZWASM_NATIVE_REGS_FLOATS);
static_assert(sizeof(NativeRegs) == ZWASM_NATIVE_REGS_SIZE);
ZWASM_CHECK_OFFSET(NativeTarget, pc, ZWASM_TARGET_PC);
ZWASM_CHECK_OFFSET(NativeTarget, fp, ZWASM_TARGET_FP);
ZWASM_CHECK_OFFSET(NativeTarget, value, ZWASM_TARGET_VALUE);
#undef ZWASM_CHECK_OFFSET

// Where an instance of a module keeps its arrays, and what the module itself defines: bytes from
// the Instance, the same in every instance, so that code reaches them without a load.
struct InstanceOffsets {
  uint32_t memories, tables, globals, funcs, tags, shapes;  // pointers, by index
  uint32_t types;                                           // CanonIds, by index
  uint32_t own_globals;  // GlobalCell of the first defined global
  uint32_t own_funcs;    // FuncRef of the first defined function
  static constexpr uint32_t kGlobalStride = 32;
  static constexpr uint32_t kFuncStride = 32;
};
InstanceOffsets instance_offsets(const module::Module& module);  // instance.cpp

}  // namespace zwasm::runtime
#endif
