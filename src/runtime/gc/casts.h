// Run-time type tests on references of the any and extern hierarchies (ref.test, ref.cast,
// br_on_cast): constant time, by comparing one entry of the object's display. References to
// functions are tested by builtins::func_ref_is.
#pragma once
#include "runtime/gc/heap.h"

namespace zwasm::runtime {

// Whether non-null `ref` is of the heap type, whose index, if concrete, is a canonical id.
// `depth` is the type's depth in its hierarchy: CanonType::display.size() - 1.
inline bool object_is(const StoreContext& context, GcRef ref, isa::HeapType type, uint32_t depth) {
  if (type.is_concrete()) {
    if (is_i31(ref)) return false;
    auto display = GcHeap::shape_of(context, ref).display;
    return depth < display.size() && display[depth] == type.index();
  }
  switch (type.abs()) {
    case isa::AbsHeap::any:
    case isa::AbsHeap::extern_:
    case isa::AbsHeap::exn: return true;
    case isa::AbsHeap::i31: return is_i31(ref);
    case isa::AbsHeap::eq:
      return is_i31(ref) || GcHeap::shape_of(context, ref).kind != gc::Shape::Kind::host;
    case isa::AbsHeap::struct_:
      return !is_i31(ref) && GcHeap::shape_of(context, ref).kind == gc::Shape::Kind::struct_;
    case isa::AbsHeap::array:
      return !is_i31(ref) && GcHeap::shape_of(context, ref).kind == gc::Shape::Kind::array;
    case isa::AbsHeap::none:
    case isa::AbsHeap::noextern:
    case isa::AbsHeap::noexn:
    case isa::AbsHeap::func:
    case isa::AbsHeap::nofunc: return false;
  }
  return false;
}

}  // namespace zwasm::runtime
