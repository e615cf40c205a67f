// Stack switching and the edges of the internal calling convention (docs/abi.md) on arm64.
#if defined(__aarch64__)

#include "runtime/offsets.h"

        .text

        .macro  FUNCTION name
        .p2align 4
        .globl  \name
        .hidden \name
        .type   \name, %function
\name:
        .endm

        .macro  SAVE_FRAME
        stp     x29, x30, [sp, -16]!
        .cfi_def_cfa_offset 16
        .cfi_offset x29, -16
        .cfi_offset x30, -8
        mov     x29, sp
        .cfi_def_cfa_register x29
        .endm
        .macro  RESTORE_FRAME
        mov     sp, x29
        .cfi_def_cfa_register sp
        ldp     x29, x30, [sp], 16
        .cfi_def_cfa_offset 0
        .cfi_restore x29
        .cfi_restore x30
        .endm

        // NativeRegs at \base, from or into the registers of the convention.
        .macro  STORE_REGS base
        stp     x0, x1, [\base]
        stp     x2, x3, [\base, 16]
        stp     x4, x5, [\base, 32]
        stp     x6, x7, [\base, 48]
        stp     q0, q1, [\base, 64]
        stp     q2, q3, [\base, 96]
        stp     q4, q5, [\base, 128]
        stp     q6, q7, [\base, 160]
        .endm

        .macro  LOAD_REGS base
        ldp     x0, x1, [\base]
        ldp     x2, x3, [\base, 16]
        ldp     x4, x5, [\base, 32]
        ldp     x6, x7, [\base, 48]
        ldp     q0, q1, [\base, 64]
        ldp     q2, q3, [\base, 96]
        ldp     q4, q5, [\base, 128]
        ldp     q6, q7, [\base, 160]
        .endm

        // Copies x11 bytes (a multiple of 16) from x12 to x13. Clobbers x14 and x15.
        .macro  COPY
        cbz     x11, 2f
1:      ldp     x14, x15, [x12], 16
        stp     x14, x15, [x13], 16
        subs    x11, x11, 16
        b.ne    1b
2:
        .endm

        // The registers that the platform's convention preserves, below the instance at [x29 - 8].
        .macro  SAVE_PRESERVED
        stp     x19, x20, [x29, -32]
        stp     x21, x22, [x29, -48]
        stp     x23, x24, [x29, -64]
        stp     x25, x26, [x29, -80]
        stp     x27, x28, [x29, -96]
        stp     d8, d9, [x29, -112]
        stp     d10, d11, [x29, -128]
        stp     d12, d13, [x29, -144]
        stp     d14, d15, [x29, -160]
        .cfi_offset x19, -48
        .cfi_offset x20, -40
        .cfi_offset x21, -64
        .cfi_offset x22, -56
        .cfi_offset x23, -80
        .cfi_offset x24, -72
        .cfi_offset x25, -96
        .cfi_offset x26, -88
        .cfi_offset x27, -112
        .cfi_offset x28, -104
        .endm
        .macro  RESTORE_PRESERVED
        ldp     x19, x20, [x29, -32]
        ldp     x21, x22, [x29, -48]
        ldp     x23, x24, [x29, -64]
        ldp     x25, x26, [x29, -80]
        ldp     x27, x28, [x29, -96]
        ldp     d8, d9, [x29, -112]
        ldp     d10, d11, [x29, -128]
        ldp     d12, d13, [x29, -144]
        ldp     d14, d15, [x29, -160]
        RESTORE_FRAME
        .endm

// void zwasm_call_on_stack(x0 argument, x1 fn, x2 stack, x3 saved)
        FUNCTION zwasm_call_on_stack
        .cfi_startproc
        SAVE_FRAME
        str     x29, [x3]
        mov     sp, x2
        blr     x1                      // x29 is callee-saved: it still knows the old stack
        RESTORE_FRAME
        ret
        .cfi_endproc
        .size   zwasm_call_on_stack, .-zwasm_call_on_stack

// uint64_t zwasm_enter_native(x0 call)
//   [x29 - 8]  the caller's instance, where every frame of native code keeps its own
//   [x29 - 16] call
        FUNCTION zwasm_enter_native
        .cfi_startproc
        SAVE_FRAME
        sub     sp, sp, 160
        ldr     x9, [x0, ZWASM_NATIVE_CALL_CALLER]
        stp     x0, x9, [x29, -16]
        SAVE_PRESERVED
        str     x29, [x0, ZWASM_BOUNDARY_FP]
        ldr     x11, [x0, ZWASM_NATIVE_CALL_STACK_BYTES]
        ldr     x12, [x0, ZWASM_NATIVE_CALL_STACK]
        sub     sp, sp, x11
        mov     x13, sp
        COPY
        ldr     x27, [x0, ZWASM_NATIVE_CALL_CONTEXT]
        ldr     x16, [x0, ZWASM_NATIVE_CALL_CALLEE]
        ldr     x28, [x16, ZWASM_FUNC_REF_INSTANCE]
        add     x9, x0, ZWASM_NATIVE_CALL_REGS
        LOAD_REGS x9
        ldr     x17, [x16, ZWASM_FUNC_REF_CODE]
        blr     x17
        ldr     x10, [x29, -16]
        add     x9, x10, ZWASM_NATIVE_CALL_REGS
        STORE_REGS x9
        ldr     x11, [x10, ZWASM_NATIVE_CALL_RESULT_BYTES]
        ldr     x13, [x10, ZWASM_NATIVE_CALL_STACK]
        ldr     x14, [x10, ZWASM_NATIVE_CALL_STACK_BYTES]
        add     x13, x13, x14
        sub     x13, x13, x11
        mov     x12, sp
        COPY
        mov     x0, 0
// An unwinding comes here with x29 and the status in x0.
        .globl  zwasm_leave_native
        .hidden zwasm_leave_native
zwasm_leave_native:
        RESTORE_PRESERVED
        ret
        .cfi_endproc
        .size   zwasm_enter_native, .-zwasm_enter_native

// Internal convention; x16 callee, x27 context. Its arguments become a NativeRegs on the stack.
        FUNCTION zwasm_slots_entry
        .cfi_startproc
        SAVE_FRAME
        str     x29, [x27, ZWASM_CONTEXT_NATIVE_FP]
        sub     sp, sp, ZWASM_NATIVE_REGS_SIZE
        mov     x9, sp
        STORE_REGS x9
        mov     x0, x27
        mov     x1, x16
        mov     x2, sp
        add     x3, x29, 16
        ldr     x4, [x29]               // the caller's frame
        ldur    x4, [x4, -8]            // and its instance
        bl      zwasm_call_slots
        cbnz    x1, unwind
        mov     x10, x0
        mov     x9, sp
        LOAD_REGS x9
        RESTORE_FRAME
        add     sp, sp, x10             // drops the arguments
        ret
        .cfi_endproc
        .size   zwasm_slots_entry, .-zwasm_slots_entry

// Compiled code calls a host function whose arguments are all in registers: by the internal
// convention, x16 a HostFuncRef. The target runs on the host's stack and returns to the compiled
// code itself, which finds its stack again by its frame pointer. The site is the target's first
// argument, so that the eighth integer one goes to the stack.
        .macro  TYPED_HOST name, ints
        FUNCTION \name
        .cfi_startproc
        stp     x29, x30, [sp, -16]!    // a frame, where walks of the stack begin
        .cfi_def_cfa_offset 16
        .cfi_offset x29, -16
        .cfi_offset x30, -8
        mov     x10, sp
        .cfi_def_cfa x10, 16
        ldr     x9, [x27, ZWASM_CONTEXT_HOST_SP]
        str     x10, [x27, ZWASM_CONTEXT_NATIVE_FP]
        mov     sp, x9
        .if     \ints > 7
        str     x7, [sp, -16]!
        .endif
        ldp     x17, x16, [x16, ZWASM_HOST_FUNC_TARGET]
        .if     \ints > 2
        mov     x7, x6
        mov     x6, x5
        mov     x5, x4
        mov     x4, x3
        mov     x3, x2
        .endif
        mov     x2, x1
        mov     x1, x0
        mov     x0, x16
        br      x17
        .cfi_endproc
        .size   \name, .-\name
        .endm

        TYPED_HOST zwasm_typed_host_2, 2
        TYPED_HOST zwasm_typed_host_5, 7
        TYPED_HOST zwasm_typed_host_8, 8
        .globl  zwasm_typed_host_end
        .hidden zwasm_typed_host_end
zwasm_typed_host_end:

// void zwasm_leave_typed_host(x0 context, w1 status): its target does not return.
        FUNCTION zwasm_leave_typed_host
        .cfi_startproc
        .cfi_undefined x30
        mov     x27, x0
        ldr     x29, [x27, ZWASM_CONTEXT_NATIVE_FP]
        mov     sp, x29
        b       unwind
        .cfi_endproc
        .size   zwasm_leave_typed_host, .-zwasm_leave_typed_host

        // The host's stack pointer is kept; x9 the guest's.
        .macro  MOVE_TO_GUEST
        mov     x10, sp
        ldr     x28, [x16, ZWASM_FUNC_REF_INSTANCE]
        str     x10, [x27, ZWASM_CONTEXT_HOST_SP]
        mov     sp, x9
        mov     x0, x1
        mov     x1, x2
        mov     x2, x3
        mov     x3, x4
        mov     x4, x5
        mov     x5, x6
        mov     x6, x7
        ldr     x7, [x29, 16]
        ldr     x17, [x16, ZWASM_FUNC_REF_CODE]
        blr     x17
        .endm

// R zwasm_enter_typed(x0 call, arguments...): the other way. Its frame is the boundary and stands
// on the host's stack, laid out like that of zwasm_enter_native, but for
//   [x29 - 176] HostThread, StoreEntry
// It begins and ends outermost calls itself: when the thread keeps the stack whose limits the
// context has, and it is not in use, no guest code of the store is on any stack.
        FUNCTION zwasm_enter_typed
        .cfi_startproc
        SAVE_FRAME
        sub     sp, sp, 176
        stp     x0, xzr, [x29, -16]
        SAVE_PRESERVED
        str     x29, [x0, ZWASM_BOUNDARY_FP]
        ldr     x9, [x0, ZWASM_TYPED_CALL_GUEST_SP]
        ldr     x16, [x0, ZWASM_NATIVE_CALL_CALLEE]
        cbnz    x9, 2f
        ldr     x10, [x0, ZWASM_TYPED_CALL_DOOR]
        ldr     x10, [x10]
        cbz     x10, 3f
        adrp    x11, :gottprel:_ZN5zwasm3sys11host_threadE
        ldr     x11, [x11, :gottprel_lo12:_ZN5zwasm3sys11host_threadE]
        mrs     x12, tpidr_el0
        add     x11, x11, x12
        ldr     x12, [x10, ZWASM_ENTRY_STACK]
        ldr     x13, [x11, ZWASM_THREAD_IDLE]
        cmp     x12, x13
        b.ne    3f
        ldp     x9, x13, [x10, ZWASM_ENTRY_GUEST_SP]    // and its host_limit
        mov     x14, sp
        cmp     x14, x13
        b.lo    3f
        ldr     x27, [x10, ZWASM_ENTRY_CONTEXT]
        ldr     x13, [x27, ZWASM_CONTEXT_NATIVE_LIMIT]
        cmp     x9, x13
        b.lo    3f
        adrp    x13, zwasm_slots_entry
        add     x13, x13, :lo12:zwasm_slots_entry
        ldr     x14, [x16, ZWASM_FUNC_REF_CODE]
        cmp     x13, x14
        b.eq    3f
        ldr     x13, [x16, ZWASM_FUNC_REF_INSTANCE]
        cbz     x13, 3f                 // a host function
        stp     x11, x10, [x29, -176]
        str     x11, [x10, ZWASM_ENTRY_USER]
        str     xzr, [x11, ZWASM_THREAD_IDLE]
        str     xzr, [x0, ZWASM_BOUNDARY_PREVIOUS]
        stp     xzr, xzr, [x0, ZWASM_BOUNDARY_OUTER_NATIVE_FP]  // and its activation
        str     wzr, [x0, ZWASM_BOUNDARY_STATUS]
        str     x0, [x27, ZWASM_CONTEXT_BOUNDARY]
        MOVE_TO_GUEST
        ldp     x11, x10, [x29, -176]
        ldr     x12, [x10, ZWASM_ENTRY_STACK]
        stp     xzr, xzr, [x27, ZWASM_CONTEXT_BOUNDARY]         // and its native_fp
        str     xzr, [x10, ZWASM_ENTRY_USER]
        str     x12, [x11, ZWASM_THREAD_IDLE]
1:      .cfi_remember_state
        RESTORE_PRESERVED
        ret
        .cfi_restore_state
2:      ldr     x27, [x0, ZWASM_NATIVE_CALL_CONTEXT]
        MOVE_TO_GUEST
        b       1b
3:      mov     w9, ZWASM_TYPED_CALL_REFUSED
        str     w9, [x0, ZWASM_BOUNDARY_STATUS]
        b       1b
        .cfi_endproc
        .size   zwasm_enter_typed, .-zwasm_enter_typed

// Helpers (native_helpers.def): a frame where walks of the stack begin, and the way out when the
// C++ function reports a failure in x1.
        .macro  HELPER_STUB_call id
        FUNCTION zwasm_native_\id
        .cfi_startproc
        SAVE_FRAME
        str     x29, [x27, ZWASM_CONTEXT_NATIVE_FP]
        bl      zwasm_helper_\id
        cbnz    x1, failed
        ldp     x29, x30, [sp], 16
        .cfi_def_cfa sp, 0
        .cfi_restore x29
        .cfi_restore x30
        ret
        .cfi_endproc
        .size   zwasm_native_\id, .-zwasm_native_\id
        .endm

        .macro  EACH_REG_PAIR what
        .irp    n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 19, 21, 23, 25
        \what   \n, %(\n + 1)
        .endr
        .endm

        .altmacro
        .macro  SAVE_PAIR m, n
        stp     x\m, x\n, [sp, 8 * \m]
        .endm
        .macro  RESTORE_PAIR m, n
        ldp     x\m, x\n, [sp, 8 * \m]
        .endm
        .macro  SAVE_FLOATS m, n
        stp     q\m, q\n, [x9, 16 * \m]
        .endm
        .macro  RESTORE_FLOATS m, n
        ldp     q\m, q\n, [x9, 16 * \m]
        .endm
        .macro  EACH_FLOAT_PAIR what
        .irp    n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
        \what   \n, %(\n + 1)
        .endr
        .endm

        .macro  HELPER_STUB_poll id
        FUNCTION zwasm_native_\id
        .cfi_startproc
        SAVE_FRAME
        str     x29, [x27, ZWASM_CONTEXT_NATIVE_FP]
        sub     sp, sp, ZWASM_POLL_SAVED
        EACH_REG_PAIR SAVE_PAIR
        add     x9, sp, ZWASM_POLL_SAVED_FLOATS
        EACH_FLOAT_PAIR SAVE_FLOATS
        mov     x0, x27
        bl      zwasm_helper_\id
        mov     x1, x0
        cbnz    x0, failed
        add     x9, sp, ZWASM_POLL_SAVED_FLOATS
        EACH_FLOAT_PAIR RESTORE_FLOATS
        EACH_REG_PAIR RESTORE_PAIR
        RESTORE_FRAME
        ret
        .cfi_endproc
        .size   zwasm_native_\id, .-zwasm_native_\id
        .endm

#define NATIVE_HELPER(id, kind, params, result, about) HELPER_STUB_##kind id
#include "runtime/native_helpers.def"
        .noaltmacro

// Where a hardware fault continues: the registers are as if the faulting instruction had called.
        FUNCTION zwasm_native_fault
        .cfi_startproc
        SAVE_FRAME
        add     x9, x29, 1
        str     x9, [x27, ZWASM_CONTEXT_NATIVE_FP]
        mov     w1, w0
        b       failed
        .cfi_endproc
        .size   zwasm_native_fault, .-zwasm_native_fault

// x1 failure of a HelperResult, x29 the stub's frame, x27 context
        .p2align 4
        .type   failed, %function
failed:
        .cfi_startproc
        .cfi_def_cfa x29, 16
        .cfi_offset x29, -16
        .cfi_offset x30, -8
        mov     x0, x27
        bl      zwasm_native_fail
        mov     x1, x0
        b       unwind
        .cfi_endproc
        .size   failed, .-failed

// x1 status, x29 the frame to start from, x27 context
        .p2align 4
        .type   unwind, %function
unwind:
        .cfi_startproc
        .cfi_def_cfa x29, 16
        .cfi_offset x29, -16
        .cfi_offset x30, -8
        mov     x0, x27
        mov     x2, x29
        sub     sp, sp, 32
        mov     x3, sp
        bl      zwasm_find_handler
        ldr     x9, [sp, ZWASM_TARGET_PC]
        ldr     x0, [sp, ZWASM_TARGET_VALUE]
        ldr     x29, [sp, ZWASM_TARGET_FP]
        br      x9
        .cfi_endproc
        .size   unwind, .-unwind

#endif
        .section .note.GNU-stack, "", %progbits
