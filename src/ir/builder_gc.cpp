// Builder: references, structs, arrays.
#include "ir/builder.h"

namespace zwasm::ir {

using isa::Trap;

// An instance whose code can have objects was made after the heap (runtime/instantiate.cpp).
Builder::V Builder::heap_base() {
  return e_.load_field(e_.context(), ZWASM_CONTEXT_HEAP_BASE, Type::i64, MemKind::i64,
                       Region::invariant);
}

Builder::V Builder::load_object(V ref, int32_t offset, Type type, MemKind kind, Region region) {
  Access a;
  a.kind = kind;
  a.region = region;
  a.disp = offset;
  // Not kept from before a safepoint, even where it could not have changed: the object moves.
  Inst inst = make(Op::load);
  inst.access = a;
  return g_.value_of(g_.append(inst, {heap_base(), e_.ref_bits(ref)}, type));
}

void Builder::store_object(V ref, int32_t offset, V value, MemKind kind, Region region) {
  Access a;
  a.kind = kind;
  a.region = region;
  a.disp = offset;
  e_.store(a, heap_base(), e_.ref_bits(ref), value);
}

void Builder::ref_op(W op, Imm imm, Es args, Es results) {
  op_begin();
  V& result = results[0].value.v;
  switch (op) {
    case W::ref_null: result = is_func(results[0].type) ? e_.i64(0) : e_.null(); return;
    case W::ref_func: result = function_address(imm.index); return;
    case W::ref_is_null: result = e_.is_null(use(args[0])); return;
    case W::any_convert_extern:
    case W::extern_convert_any: result = use(args[0]); return;
    case W::ref_as_non_null: {
      V v = use(args[0]);
      e_.trap_if(e_.is_null(v), Trap::null_reference);
      result = v;
      return;
    }
    default: decoder_.fail(LoadError::Kind::limit, "collected objects are not compiled"); return;
  }
}

void Builder::br_on_cast(F&, uint32_t, Es, ValType, ValType) {
  decoder_.fail(LoadError::Kind::limit, "collected objects are not compiled");
}
void Builder::br_on_cast_fail(F&, uint32_t, Es, ValType, ValType) {
  decoder_.fail(LoadError::Kind::limit, "collected objects are not compiled");
}
void Builder::struct_op(W, Imm, Es, Es) {
  decoder_.fail(LoadError::Kind::limit, "collected objects are not compiled");
}
void Builder::array_op(W, Imm, Es, Es) {
  decoder_.fail(LoadError::Kind::limit, "collected objects are not compiled");
}

}  // namespace zwasm::ir
