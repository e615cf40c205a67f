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
2:      sub     rsp, 80
        mov     [rsp], rax
        mov     [rsp + 8], rcx
        mov     [rsp + 16], rdx
        mov     [rsp + 24], rbx
        mov     [rsp + 32], rsi
        mov     [rsp + 40], rdi
        mov     [rsp + 48], r8
        mov     [rsp + 56], r9
        movsd   [rsp + 64], xmm0
        mov     rdi, r14
        mov     r11, [r14 + ZWASM_CONTEXT_HELPERS]
        call    [r11 + ZWASM_HELPER_POLL]
        test    eax, eax
        jnz     3f
        mov     rax, [rsp]
        mov     rcx, [rsp + 8]
        mov     rdx, [rsp + 16]
        mov     rbx, [rsp + 24]
        mov     rsi, [rsp + 32]
        mov     rdi, [rsp + 40]
        mov     r8, [rsp + 48]
        mov     r9, [rsp + 56]
        movsd   xmm0, [rsp + 64]
        add     rsp, 80
        jmp     1b
3:      mov     edi, eax
        mov     r11, [r14 + ZWASM_CONTEXT_HELPERS]
        call    [r11 + ZWASM_HELPER_RAISE]
        .size   abi_forward, .-abi_forward

// () -> (): traps with the code 1 (unreachable).
        FUNCTION abi_trap
        mov     edi, 1
        mov     r11, [r14 + ZWASM_CONTEXT_HELPERS]
        call    [r11 + ZWASM_HELPER_RAISE]
        .size   abi_trap, .-abi_trap

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
        mov     edi, 0x10
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
        mov     edi, ABI_STACK_EXHAUSTED
        mov     r11, [r14 + ZWASM_CONTEXT_HELPERS]
        call    [r11 + ZWASM_HELPER_RAISE]

        .globl  abi_code_end
abi_code_end:
#endif
        .section .note.GNU-stack, "", %progbits
