// Functions of the internal convention (docs/abi.md), written by hand: what a compiler would make
// of small wasm functions. tests/unit/runtime_abi.cpp runs them together with an interpreter.
#if defined(__x86_64__)

#include "runtime/offsets.h"

#define ABI_STACK_EXHAUSTED 20

        .intel_syntax noprefix
        .text

        .macro  FUNCTION name
        .p2align 4
        .globl  \name
        .type   \name, @function
\name:
        push    rbp
        mov     rbp, rsp
        push    r15                     // every frame keeps its instance at [rbp - 8]
        sub     rsp, 8
        cmp     rsp, [r14 + ZWASM_CONTEXT_NATIVE_LIMIT]
        jb      exhausted
        .endm

        .globl  abi_code_begin
abi_code_begin:

// (i64 x 12, f64) -> (i64 x 9, f64): polls, calls function 1 of its instance with its own
// arguments, and adds 1 to the first result and to the last integer one.
//   arguments  eight registers, xmm0, four stack slots    results  eight registers, xmm0, one slot
        FUNCTION abi_forward
        cmp     dword ptr [r14 + ZWASM_CONTEXT_POLL], 0
        jne     2f
1:      sub     rsp, 32                 // the callee's area: four argument slots
        movups  xmm1, [rbp + 16]
        movups  xmm2, [rbp + 32]
        movups  [rsp], xmm1
        movups  [rsp + 16], xmm2
        mov     r10, [r15 + ZWASM_INSTANCE_FUNCS]
        mov     r10, [r10 + 8]
        mov     r15, [r10 + ZWASM_FUNC_REF_INSTANCE]
        call    [r10 + ZWASM_FUNC_REF_CODE]
        mov     r15, [rbp - 8]
        add     rax, 1
        mov     r11, [rsp]              // of the area, the two slots of results are left
        add     r11, 1
        mov     [rbp + 32], r11         // ours stand at the end of the caller's area
        mov     rsp, rbp
        pop     rbp
        ret     16                      // drops what is not results
2:      mov     r11, [r14 + ZWASM_CONTEXT_HELPERS]
        call    [r11 + ZWASM_HELPER_POLL]
        jmp     1b
        .size   abi_forward, .-abi_forward

// () -> (): traps with the code 1 (unreachable).
        FUNCTION abi_trap
        mov     rdi, r15
        mov     esi, 1
        mov     r11, [r14 + ZWASM_CONTEXT_HELPERS]
        call    [r11 + ZWASM_HELPER_RAISE]
        .globl  abi_trap_return
abi_trap_return:
        .size   abi_trap, .-abi_trap

// () -> (): faults.
        FUNCTION abi_fault
        xor     eax, eax
        .globl  abi_fault_place
abi_fault_place:
        mov     eax, [rax]
        .size   abi_fault, .-abi_fault

// () -> (i64): calls function 1 of its instance, which is () -> (); if that throws, the result is
// the exception reference, else 0.
        FUNCTION abi_catch
        mov     r10, [r15 + ZWASM_INSTANCE_FUNCS]
        mov     r10, [r10 + 8]
        mov     r15, [r10 + ZWASM_FUNC_REF_INSTANCE]
        call    [r10 + ZWASM_FUNC_REF_CODE]
        .globl  abi_catch_return
abi_catch_return:
        xor     eax, eax
        .globl  abi_catch_pad
abi_catch_pad:
        lea     rsp, [rbp - 16]
        mov     r15, [rbp - 8]
        mov     eax, eax
        mov     rsp, rbp
        pop     rbp
        ret
        .size   abi_catch, .-abi_catch

// () -> (): throws the reference 0x10 itself.
        FUNCTION abi_throw
        mov     rdi, r15
        mov     esi, 0x10
        mov     r11, [r14 + ZWASM_CONTEXT_HELPERS]
        call    [r11 + ZWASM_HELPER_THROW]
        .size   abi_throw, .-abi_throw

// () -> (): endless recursion.
        FUNCTION abi_recurse
        mov     r10, [r15 + ZWASM_INSTANCE_FUNCS]
        mov     r10, [r10]
        call    [r10 + ZWASM_FUNC_REF_CODE]
        mov     rsp, rbp
        pop     rbp
        ret
        .size   abi_recurse, .-abi_recurse

exhausted:
        mov     rdi, r15
        mov     esi, ABI_STACK_EXHAUSTED
        mov     r11, [r14 + ZWASM_CONTEXT_HELPERS]
        call    [r11 + ZWASM_HELPER_RAISE]

        .globl  abi_code_end
abi_code_end:
#endif
        .section .note.GNU-stack, "", %progbits
