// Stack switching and the edges of the internal calling convention (docs/abi.md) on x86-64.
// Every function has unwind information for all of its instructions: debuggers and profilers walk
// through these frames like through any other.
#if defined(__x86_64__)

#include "runtime/offsets.h"

        .intel_syntax noprefix
        .text

        .macro  FUNCTION name
        .p2align 4
        .globl  \name
        .hidden \name
        .type   \name, @function
\name:
        .endm

        .macro  SAVE_FRAME
        push    rbp
        .cfi_def_cfa_offset 16
        .cfi_offset rbp, -16
        mov     rbp, rsp
        .cfi_def_cfa_register rbp
        .endm
        .macro  RESTORE_FRAME
        mov     rsp, rbp
        pop     rbp
        .cfi_def_cfa rsp, 8
        .endm

        // NativeRegs at \base from, or into, the registers of the convention. rax comes last when
        // loading, since \base may be any register but an argument's.
        .macro  STORE_REGS base, at
        mov     [\base + \at], rax
        mov     [\base + \at + 8], rcx
        mov     [\base + \at + 16], rdx
        mov     [\base + \at + 24], rbx
        mov     [\base + \at + 32], rsi
        mov     [\base + \at + 40], rdi
        mov     [\base + \at + 48], r8
        mov     [\base + \at + 56], r9
        movups  [\base + \at + ZWASM_NATIVE_REGS_FLOATS], xmm0
        movups  [\base + \at + ZWASM_NATIVE_REGS_FLOATS + 16], xmm1
        movups  [\base + \at + ZWASM_NATIVE_REGS_FLOATS + 32], xmm2
        movups  [\base + \at + ZWASM_NATIVE_REGS_FLOATS + 48], xmm3
        movups  [\base + \at + ZWASM_NATIVE_REGS_FLOATS + 64], xmm4
        movups  [\base + \at + ZWASM_NATIVE_REGS_FLOATS + 80], xmm5
        movups  [\base + \at + ZWASM_NATIVE_REGS_FLOATS + 96], xmm6
        movups  [\base + \at + ZWASM_NATIVE_REGS_FLOATS + 112], xmm7
        .endm

        .macro  LOAD_REGS base, at
        mov     rax, [\base + \at]
        mov     rcx, [\base + \at + 8]
        mov     rdx, [\base + \at + 16]
        mov     rbx, [\base + \at + 24]
        mov     rsi, [\base + \at + 32]
        mov     rdi, [\base + \at + 40]
        mov     r8, [\base + \at + 48]
        mov     r9, [\base + \at + 56]
        movups  xmm0, [\base + \at + ZWASM_NATIVE_REGS_FLOATS]
        movups  xmm1, [\base + \at + ZWASM_NATIVE_REGS_FLOATS + 16]
        movups  xmm2, [\base + \at + ZWASM_NATIVE_REGS_FLOATS + 32]
        movups  xmm3, [\base + \at + ZWASM_NATIVE_REGS_FLOATS + 48]
        movups  xmm4, [\base + \at + ZWASM_NATIVE_REGS_FLOATS + 64]
        movups  xmm5, [\base + \at + ZWASM_NATIVE_REGS_FLOATS + 80]
        movups  xmm6, [\base + \at + ZWASM_NATIVE_REGS_FLOATS + 96]
        movups  xmm7, [\base + \at + ZWASM_NATIVE_REGS_FLOATS + 112]
        .endm

        // The registers that the platform's convention preserves, below the instance at [rbp - 8].
        .macro  SAVE_PRESERVED
        push    rbx
        push    r12
        push    r13
        push    r14
        push    r15
        .cfi_offset rbx, -32
        .cfi_offset r12, -40
        .cfi_offset r13, -48
        .cfi_offset r14, -56
        .cfi_offset r15, -64
        .endm
        .macro  RESTORE_PRESERVED
        lea     rsp, [rbp - 48]
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbx
        RESTORE_FRAME
        .endm

// void zwasm_call_on_stack(rdi argument, rsi fn, rdx stack, rcx saved)
        FUNCTION zwasm_call_on_stack
        .cfi_startproc
        SAVE_FRAME
        mov     [rcx], rsp
        mov     rsp, rdx
        call    rsi                     // rbp is callee-saved: it still knows the old stack
        RESTORE_FRAME
        ret
        .cfi_endproc
        .size   zwasm_call_on_stack, .-zwasm_call_on_stack

// uint64_t zwasm_enter_native(rdi call)
//   [rbp - 8]  the caller's instance, where every frame of native code keeps its own
//   [rbp - 56] call
        FUNCTION zwasm_enter_native
        .cfi_startproc
        SAVE_FRAME
        push    qword ptr [rdi + ZWASM_NATIVE_CALL_CALLER]
        SAVE_PRESERVED
        push    rdi
        push    rdi
        mov     [rdi + ZWASM_BOUNDARY_FP], rbp
        mov     r11, rdi
        mov     rcx, [r11 + ZWASM_NATIVE_CALL_STACK_BYTES]
        test    rcx, rcx                // starting `rep movsq` is slow, also for nothing
        jz      1f
        sub     rsp, rcx
        mov     rdi, rsp
        mov     rsi, [r11 + ZWASM_NATIVE_CALL_STACK]
        shr     rcx, 3
        rep movsq
1:
        mov     r14, [r11 + ZWASM_NATIVE_CALL_CONTEXT]
        mov     r10, [r11 + ZWASM_NATIVE_CALL_CALLEE]
        mov     r15, [r10 + ZWASM_FUNC_REF_INSTANCE]
        LOAD_REGS r11, ZWASM_NATIVE_CALL_REGS
        call    [r10 + ZWASM_FUNC_REF_CODE]
        mov     r11, [rbp - 56]
        STORE_REGS r11, ZWASM_NATIVE_CALL_REGS
        mov     rcx, [r11 + ZWASM_NATIVE_CALL_RESULT_BYTES]
        test    rcx, rcx
        jz      1f
        mov     rdi, [r11 + ZWASM_NATIVE_CALL_STACK]
        add     rdi, [r11 + ZWASM_NATIVE_CALL_STACK_BYTES]
        sub     rdi, rcx
        mov     rsi, rsp
        shr     rcx, 3
        rep movsq
1:      xor     eax, eax
// An unwinding comes here with rbp and the status in rax.
        .globl  zwasm_leave_native
        .hidden zwasm_leave_native
zwasm_leave_native:
        RESTORE_PRESERVED
        ret
        .cfi_endproc
        .size   zwasm_enter_native, .-zwasm_enter_native

// Internal convention; r10 callee, r14 context. Its arguments become a NativeRegs on the stack.
        FUNCTION zwasm_slots_entry
        .cfi_startproc
        SAVE_FRAME
        mov     [r14 + ZWASM_CONTEXT_NATIVE_FP], rbp
        sub     rsp, ZWASM_NATIVE_REGS_SIZE
        STORE_REGS rsp, 0
        mov     rdi, r14
        mov     rsi, r10
        mov     rdx, rsp
        lea     rcx, [rbp + 16]
        mov     r8, [rbp]               // the caller's frame
        mov     r8, [r8 - 8]            // and its instance
        call    zwasm_call_slots
        mov     esi, edx
        test    rdx, rdx
        jnz     unwind
        mov     r11, rax
        LOAD_REGS rsp, 0
        RESTORE_FRAME
        pop     r10                     // return and drop the arguments; pushing the address again
        .cfi_def_cfa_offset 0           // keeps the processor's return predictor in step
        .cfi_register rip, r10
        add     rsp, r11
        push    r10
        .cfi_def_cfa_offset 8
        .cfi_offset rip, -8
        ret
        .cfi_endproc
        .size   zwasm_slots_entry, .-zwasm_slots_entry

// Compiled code calls a host function whose arguments are all in registers: by the internal
// convention, r10 a HostFuncRef. The target runs on the host's stack and returns to the compiled
// code itself, which finds its stack again by its frame pointer: a second return would cost as much
// as all the rest. The site is the target's first argument.
//
//   internal  rax rcx rdx rbx rsi rdi      r8         r9
//   platform  rsi rdx rcx r8  r9  [rsp]    [rsp + 8]  [rsp + 16]    below the return address
        .macro  TYPED_HOST name, ints
        FUNCTION \name
        .cfi_startproc
        push    rbp                     // a frame, where walks of the stack begin
        .cfi_def_cfa_offset 16
        .cfi_offset rbp, -16
        mov     r11, rsp
        .cfi_def_cfa r11, 16
        mov     [r14 + ZWASM_CONTEXT_NATIVE_FP], rsp
        mov     rsp, [r14 + ZWASM_CONTEXT_HOST_SP]
        .if     \ints > 5
        sub     rsp, 8
        push    r9
        push    r8
        push    rdi
        .endif
        push    [r11 + 8]
        mov     rdi, [r10 + ZWASM_HOST_FUNC_SITE]
        .if     \ints > 2
        mov     r9, rsi
        mov     rsi, rax
        mov     r8, rbx
        mov     rax, rdx
        mov     rdx, rcx
        mov     rcx, rax
        .else
        mov     rsi, rax
        mov     rdx, rcx
        .endif
        jmp     [r10 + ZWASM_HOST_FUNC_TARGET]
        .cfi_endproc
        .size   \name, .-\name
        .endm

        TYPED_HOST zwasm_typed_host_2, 2
        TYPED_HOST zwasm_typed_host_5, 5
        TYPED_HOST zwasm_typed_host_8, 8
        .globl  zwasm_typed_host_end
        .hidden zwasm_typed_host_end
zwasm_typed_host_end:

// void zwasm_leave_typed_host(rdi context, esi status): its target does not return.
        FUNCTION zwasm_leave_typed_host
        .cfi_startproc
        .cfi_undefined rip
        mov     r14, rdi
        mov     rbp, [r14 + ZWASM_CONTEXT_NATIVE_FP]
        mov     rsp, rbp
        jmp     unwind
        .cfi_endproc
        .size   zwasm_leave_typed_host, .-zwasm_leave_typed_host

        // The host's stack pointer is kept; rax the guest's.
        .macro  MOVE_TO_GUEST
        mov     [r14 + ZWASM_CONTEXT_HOST_SP], rsp
        mov     rsp, rax
        mov     rax, rsi
        mov     rsi, r9
        mov     rbx, r8
        mov     r11, rdx
        mov     rdx, rcx
        mov     rcx, r11
        mov     rdi, [rbp + 16]
        mov     r8, [rbp + 24]
        mov     r9, [rbp + 32]
        call    [r10 + ZWASM_FUNC_REF_CODE]
        .endm

// R zwasm_enter_typed(rdi call, arguments...): the other way; the registers as above. Its frame is
// the boundary and stands on the host's stack, laid out like that of zwasm_enter_native, but for
//   [rbp - 56] StoreEntry
//   [rbp - 64] HostThread
// It begins and ends outermost calls itself: when the thread keeps the stack whose limits the
// context has, and it is not in use, no guest code of the store is on any stack.
        FUNCTION zwasm_enter_typed
        .cfi_startproc
        SAVE_FRAME
        push    0
        SAVE_PRESERVED
        mov     rax, [rdi + ZWASM_TYPED_CALL_GUEST_SP]
        mov     r10, [rdi + ZWASM_NATIVE_CALL_CALLEE]
        mov     [rdi + ZWASM_BOUNDARY_FP], rbp
        test    rax, rax
        jnz     2f
        mov     rbx, [rdi + ZWASM_TYPED_CALL_DOOR]
        mov     rbx, [rbx]
        test    rbx, rbx
        jz      3f
        mov     r12, fs:[0]
        add     r12, _ZN5zwasm3sys11host_threadE@gottpoff[rip]
        mov     r11, [rbx + ZWASM_ENTRY_STACK]
        cmp     r11, [r12 + ZWASM_THREAD_IDLE]
        jne     3f
        cmp     rsp, [rbx + ZWASM_ENTRY_HOST_LIMIT]
        jb      3f
        mov     rax, [rbx + ZWASM_ENTRY_GUEST_SP]
        mov     r14, [rbx + ZWASM_ENTRY_CONTEXT]
        cmp     rax, [r14 + ZWASM_CONTEXT_NATIVE_LIMIT]
        jb      3f
        lea     r11, zwasm_slots_entry[rip]
        cmp     r11, [r10 + ZWASM_FUNC_REF_CODE]
        je      3f
        mov     r15, [r10 + ZWASM_FUNC_REF_INSTANCE]
        test    r15, r15                // a host function
        jz      3f
        xor     r11d, r11d
        push    rbx
        push    r12
        mov     [rbx + ZWASM_ENTRY_USER], r12
        mov     [r12 + ZWASM_THREAD_IDLE], r11
        mov     [rdi + ZWASM_BOUNDARY_PREVIOUS], r11
        mov     [rdi + ZWASM_BOUNDARY_OUTER_NATIVE_FP], r11
        mov     [rdi + ZWASM_BOUNDARY_ACTIVATION], r11
        mov     [rdi + ZWASM_BOUNDARY_STATUS], r11d
        mov     [r14 + ZWASM_CONTEXT_BOUNDARY], rdi
        MOVE_TO_GUEST
        mov     rbx, [rbp - 56]
        mov     rdi, [rbp - 64]
        xor     r11d, r11d
        mov     rsi, [rbx + ZWASM_ENTRY_STACK]
        mov     [r14 + ZWASM_CONTEXT_BOUNDARY], r11
        mov     [r14 + ZWASM_CONTEXT_NATIVE_FP], r11
        mov     [rbx + ZWASM_ENTRY_USER], r11
        mov     [rdi + ZWASM_THREAD_IDLE], rsi
1:      .cfi_remember_state
        RESTORE_PRESERVED
        ret
        .cfi_restore_state
2:      mov     r14, [rdi + ZWASM_NATIVE_CALL_CONTEXT]
        mov     r15, [r10 + ZWASM_FUNC_REF_INSTANCE]
        MOVE_TO_GUEST
        jmp     1b
3:      mov     dword ptr [rdi + ZWASM_BOUNDARY_STATUS], ZWASM_TYPED_CALL_REFUSED
        jmp     1b
        .cfi_endproc
        .size   zwasm_enter_typed, .-zwasm_enter_typed

// Helpers (native_helpers.def): a frame where walks of the stack begin, and the way out when the
// C++ function reports a failure in rdx.
        .macro  HELPER_STUB_call id
        FUNCTION zwasm_native_\id
        .cfi_startproc
        SAVE_FRAME
        mov     [r14 + ZWASM_CONTEXT_NATIVE_FP], rbp
        call    zwasm_helper_\id
        test    rdx, rdx
        jnz     failed
        pop     rbp
        .cfi_def_cfa rsp, 8
        ret
        .cfi_endproc
        .size   zwasm_native_\id, .-zwasm_native_\id
        .endm

        .macro  EACH_INT_REG what
        \what   rax, 0
        \what   rcx, 1
        \what   rdx, 2
        \what   rbx, 3
        \what   rsi, 6
        \what   rdi, 7
        \what   r8, 8
        \what   r9, 9
        \what   r10, 10
        \what   r11, 11
        \what   r12, 12
        \what   r13, 13
        .endm
        .macro  SAVE_INT reg, n
        mov     [rsp + 8 * \n], \reg
        .endm
        .macro  RESTORE_INT reg, n
        mov     \reg, [rsp + 8 * \n]
        .endm

        .macro  HELPER_STUB_poll id
        FUNCTION zwasm_native_\id
        .cfi_startproc
        SAVE_FRAME
        mov     [r14 + ZWASM_CONTEXT_NATIVE_FP], rbp
        sub     rsp, ZWASM_POLL_SAVED
        EACH_INT_REG SAVE_INT
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movups  [rsp + ZWASM_POLL_SAVED_FLOATS + 16 * \n], xmm\n
        .endr
        mov     rdi, r14
        call    zwasm_helper_\id
        mov     rdx, rax
        test    rax, rax
        jnz     failed
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movups  xmm\n, [rsp + ZWASM_POLL_SAVED_FLOATS + 16 * \n]
        .endr
        EACH_INT_REG RESTORE_INT
        RESTORE_FRAME
        ret
        .cfi_endproc
        .size   zwasm_native_\id, .-zwasm_native_\id
        .endm

#define NATIVE_HELPER(id, kind, params, result, about) HELPER_STUB_##kind id
#include "runtime/native_helpers.def"

// Where a hardware fault continues: the stack looks as if the faulting instruction had called.
        FUNCTION zwasm_native_fault
        .cfi_startproc
        SAVE_FRAME
        lea     rax, [rbp + 1]
        mov     [r14 + ZWASM_CONTEXT_NATIVE_FP], rax
        mov     edx, edi
        jmp     failed
        .cfi_endproc
        .size   zwasm_native_fault, .-zwasm_native_fault

// rdx failure of a HelperResult, rbp the stub's frame, r14 context
        .p2align 4
        .type   failed, @function
failed:
        .cfi_startproc
        .cfi_def_cfa rbp, 16
        .cfi_offset rbp, -16
        mov     rdi, r14
        mov     rsi, rdx
        call    zwasm_native_fail
        mov     rsi, rax
        jmp     unwind
        .cfi_endproc
        .size   failed, .-failed

// rsi status, rbp the frame to start from, r14 context
        .p2align 4
        .type   unwind, @function
unwind:
        .cfi_startproc
        .cfi_def_cfa rbp, 16
        .cfi_offset rbp, -16
        mov     rdi, r14
        mov     rdx, rbp
        sub     rsp, 32
        mov     rcx, rsp
        call    zwasm_find_handler
        mov     r11, [rsp + ZWASM_TARGET_PC]
        mov     rax, [rsp + ZWASM_TARGET_VALUE]
        mov     rbp, [rsp + ZWASM_TARGET_FP]
        jmp     r11
        .cfi_endproc
        .size   unwind, .-unwind

#endif
        .section .note.GNU-stack, "", %progbits
