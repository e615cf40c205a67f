#include "runtime/builtins.h"

#include "runtime/store.h"

namespace zwasm::runtime::builtins {

bool func_type_matches(Instance& instance, module::CanonId actual, module::CanonId expected) {
  return actual == expected || instance.module->engine().types().is_subtype(actual, expected);
}

bool func_ref_is(Instance& instance, FuncRef* ref, isa::ValType type) {
  if (ref == nullptr) return type.nullable();
  isa::HeapType heap = type.heap();
  if (heap.is_concrete()) return func_type_matches(instance, ref->type, heap.index());
  return heap.abs() == isa::AbsHeap::func;
}

}  // namespace zwasm::runtime::builtins
