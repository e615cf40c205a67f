// References: null, identity, casts, 31-bit integers. What works on objects stands in objects.cpp.
#include "interp/handlers/misc_handlers.h"
#include "runtime/gc/casts.h"
#include "runtime/instance.h"

namespace zwasm::interp {

using runtime::GcRef;
using runtime::kNullRef;

void op_ref_is_null(ZW_PARAMS) {
  acc = slot_at(fp, ip[3]).u64 == 0;
  slot_at(fp, ip[2]).u64 = acc;
  ZW_NEXT(4);
}
void op_ref_eq(ZW_PARAMS) {
  acc = slot_at(fp, ip[3]).ref == slot_at(fp, ip[4]).ref;
  slot_at(fp, ip[2]).u64 = acc;
  ZW_NEXT(5);
}
void op_as_non_null(ZW_PARAMS) {
  if (slot_at(fp, ip[2]).u64 == 0) [[unlikely]]
    ZW_TRAP(Trap::null_reference);
  ZW_NEXT(3);
}
void op_ref_i31(ZW_PARAMS) {
  slot_at(fp, ip[2]).u64 = slot_at(fp, ip[3]).u32 << 1 | 1;
  ZW_NEXT(4);
}
void op_i31_get_s(ZW_PARAMS) {
  GcRef ref = slot_at(fp, ip[3]).ref;
  if (ref == kNullRef) [[unlikely]]
    ZW_TRAP(Trap::null_i31_reference);
  acc = static_cast<uint32_t>(static_cast<int32_t>(ref) >> 1);
  slot_at(fp, ip[2]).u64 = acc;
  ZW_NEXT(4);
}
void op_i31_get_u(ZW_PARAMS) {
  GcRef ref = slot_at(fp, ip[3]).ref;
  if (ref == kNullRef) [[unlikely]]
    ZW_TRAP(Trap::null_i31_reference);
  acc = ref >> 1;
  slot_at(fp, ip[2]).u64 = acc;
  ZW_NEXT(4);
}

namespace {
ZW_INLINE bool ref_is(const Instance* inst, GcRef ref, uint32_t heap, uint32_t depth,
                      uint32_t nullable) {
  if (ref == kNullRef) return nullable != 0;
  return runtime::object_is(*inst->context, ref, isa::HeapType::from_bits(heap), depth);
}
}  // namespace

void op_ref_test(ZW_PARAMS) {
  acc = ref_is(inst, slot_at(fp, ip[3]).ref, ip[4], ip[5], ip[6]);
  slot_at(fp, ip[2]).u64 = acc;
  ZW_NEXT(7);
}
void op_ref_cast(ZW_PARAMS) {
  GcRef ref = slot_at(fp, ip[3]).ref;
  if (!ref_is(inst, ref, ip[4], ip[5], ip[6])) [[unlikely]]
    ZW_TRAP(Trap::cast_failure);
  slot_at(fp, ip[2]).u64 = ref;
  ZW_NEXT(7);
}
void op_ref_test_func(ZW_PARAMS) {
  acc = builtins::func_ref_is(*inst, slot_at(fp, ip[3]).func, isa::ValType::from_bits(ip[4]));
  slot_at(fp, ip[2]).u64 = acc;
  ZW_NEXT(5);
}
void op_ref_cast_func(ZW_PARAMS) {
  runtime::FuncRef* ref = slot_at(fp, ip[3]).func;
  if (!builtins::func_ref_is(*inst, ref, isa::ValType::from_bits(ip[4]))) [[unlikely]]
    ZW_TRAP(Trap::cast_failure);
  slot_at(fp, ip[2]).func = ref;
  ZW_NEXT(5);
}

}  // namespace zwasm::interp
