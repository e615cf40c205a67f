// Stack switching and the edges of the internal calling convention (docs/abi.md) on x86-64.
// Every function has unwind information for all of its instructions: debuggers and profilers walk
// through these frames like through any other.
#if defined(__x86_64__)

        .intel_syntax noprefix
        .text

// void zwasm_call_on_stack(rdi argument, rsi fn, rdx stack, rcx saved)
        .p2align 4
        .globl  zwasm_call_on_stack
        .hidden zwasm_call_on_stack
        .type   zwasm_call_on_stack, @function
zwasm_call_on_stack:
        .cfi_startproc
        push    rbp
        .cfi_def_cfa_offset 16
        .cfi_offset rbp, -16
        mov     rbp, rsp
        .cfi_def_cfa_register rbp
        mov     [rcx], rsp
        mov     rsp, rdx
        call    rsi                     // rbp is callee-saved: it still knows the old stack
        mov     rsp, rbp
        pop     rbp
        .cfi_def_cfa rsp, 8
        ret
        .cfi_endproc
        .size   zwasm_call_on_stack, .-zwasm_call_on_stack

#endif
        .section .note.GNU-stack, "", @progbits
