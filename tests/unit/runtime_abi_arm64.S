// The functions of runtime_abi_x64.S for arm64.
#if defined(__aarch64__)

#include "runtime/offsets.h"

#define ABI_STACK_EXHAUSTED 20

        .text

        .macro  FUNCTION name
        .p2align 4
        .globl  \name
        .type   \name, %function
\name:
        stp     x29, x30, [sp, -16]!
        mov     x29, sp
        sub     sp, sp, 16
        stur    x28, [x29, -8]          // every frame keeps its instance there
        ldr     x9, [x27, ZWASM_CONTEXT_NATIVE_LIMIT]
        cmp     sp, x9
        b.lo    exhausted
        .endm

        .macro  HELPER offset
        ldr     x9, [x27, ZWASM_CONTEXT_HELPERS]
        ldr     x9, [x9, \offset]
        blr     x9
        .endm

        .macro  CALL_FUNC index
        ldr     x16, [x28, ZWASM_INSTANCE_FUNCS]
        ldr     x16, [x16, 8 * \index]
        ldr     x28, [x16, ZWASM_FUNC_REF_INSTANCE]
        ldr     x17, [x16, ZWASM_FUNC_REF_CODE]
        blr     x17
        .endm

        .globl  abi_code_begin
abi_code_begin:

// (i64 x 12, f64) -> (i64 x 9, f64)
        FUNCTION abi_forward
        ldr     w9, [x27, ZWASM_CONTEXT_POLL]
        cbnz    w9, 2f
1:      ldp     q1, q2, [x29, 16]
        stp     q1, q2, [sp, -32]!      // the callee's area: four argument slots
        CALL_FUNC 1
        ldur    x28, [x29, -8]
        add     x0, x0, 1
        ldr     x9, [sp]                // of the area, the two slots of results are left
        add     x9, x9, 1
        str     x9, [x29, 32]           // ours stand at the end of the caller's area
        mov     sp, x29
        ldp     x29, x30, [sp], 16
        add     sp, sp, 16              // drops what is not results
        ret
2:      HELPER  ZWASM_HELPER_POLL
        b       1b
        .size   abi_forward, .-abi_forward

// () -> ()
        FUNCTION abi_trap
        mov     x0, x28
        mov     w1, 1
        HELPER  ZWASM_HELPER_RAISE
        .globl  abi_trap_return
abi_trap_return:
        .size   abi_trap, .-abi_trap

// () -> (): faults.
        FUNCTION abi_fault
        .globl  abi_fault_place
abi_fault_place:
        udf     0
        .size   abi_fault, .-abi_fault

// () -> (i64)
        FUNCTION abi_catch
        CALL_FUNC 1
        .globl  abi_catch_return
abi_catch_return:
        mov     x0, 0
        .globl  abi_catch_pad
abi_catch_pad:
        sub     sp, x29, 16
        ldur    x28, [x29, -8]
        mov     w0, w0
        mov     sp, x29
        ldp     x29, x30, [sp], 16
        ret
        .size   abi_catch, .-abi_catch

// () -> ()
        FUNCTION abi_throw
        mov     x0, x28
        mov     w1, 0x10
        HELPER  ZWASM_HELPER_THROW
        .size   abi_throw, .-abi_throw

// () -> ()
        FUNCTION abi_recurse
        CALL_FUNC 0
        mov     sp, x29
        ldp     x29, x30, [sp], 16
        ret
        .size   abi_recurse, .-abi_recurse

exhausted:
        mov     x0, x28
        mov     w1, ABI_STACK_EXHAUSTED
        HELPER  ZWASM_HELPER_RAISE

        .globl  abi_code_end
abi_code_end:
#endif
        .section .note.GNU-stack, "", %progbits
