// Stack switching and the edges of the internal calling convention (docs/abi.md) on arm64.
#if defined(__aarch64__)

        .text

// void zwasm_call_on_stack(x0 argument, x1 fn, x2 stack, x3 saved)
        .p2align 4
        .globl  zwasm_call_on_stack
        .hidden zwasm_call_on_stack
        .type   zwasm_call_on_stack, %function
zwasm_call_on_stack:
        .cfi_startproc
        stp     x29, x30, [sp, -16]!
        .cfi_def_cfa_offset 16
        .cfi_offset x29, -16
        .cfi_offset x30, -8
        mov     x29, sp
        .cfi_def_cfa_register x29
        str     x29, [x3]
        mov     sp, x2
        blr     x1                      // x29 is callee-saved: it still knows the old stack
        mov     sp, x29
        .cfi_def_cfa_register sp
        ldp     x29, x30, [sp], 16
        .cfi_def_cfa_offset 0
        .cfi_restore x29
        .cfi_restore x30
        ret
        .cfi_endproc
        .size   zwasm_call_on_stack, .-zwasm_call_on_stack

#endif
        .section .note.GNU-stack, "", %progbits
