// Rules and messages shared by the function decoder and the module validator.
#include "validate/rules.h"

#include <algorithm>

#include "base/concat.h"
#include "base/format.h"
#include "base/parts.h"

namespace zwasm::validate {

using isa::AbsHeap;
using isa::Feature;
using isa::FeatureSet;
using isa::HeapType;
using isa::Op;
using isa::ValKind;
using isa::ValType;
using module::CompositeKind;
using module::Module;

bool subtype(const module::ModuleTypes& types, ValType sub, ValType super) {
  if (sub == super || sub.is_bottom()) return true;
  if (!sub.is_ref() || !super.is_ref()) return false;
  if (sub.heap().is_bottom()) return super.nullable() || !sub.nullable();
  if (super.heap().is_bottom()) return false;
  return types.matches(sub, super);
}

AbsHeap top_of(const Module& module, HeapType heap) {
  if (heap.is_concrete())
    return module.types[heap.index()].kind == CompositeKind::func ? AbsHeap::func : AbsHeap::any;
  switch (heap.abs()) {
    case AbsHeap::func:
    case AbsHeap::nofunc: return AbsHeap::func;
    case AbsHeap::extern_:
    case AbsHeap::noextern: return AbsHeap::extern_;
    case AbsHeap::any:
    case AbsHeap::eq:
    case AbsHeap::i31:
    case AbsHeap::struct_:
    case AbsHeap::array:
    case AbsHeap::none: return AbsHeap::any;
    case AbsHeap::exn:
    case AbsHeap::noexn: return AbsHeap::exn;
  }
  return AbsHeap::any;
}

namespace {

Feature feature_of_heap(FeatureSet features, HeapType heap) {
  if (heap.is_concrete()) return Feature::function_references;
  switch (heap.abs()) {
    case AbsHeap::func: return Feature::reference_types;
    case AbsHeap::extern_:
      return features.has(Feature::gc_types) ? Feature::reference_types : Feature::gc_types;
    case AbsHeap::exn: return Feature::exceptions;
    case AbsHeap::nofunc:
    case AbsHeap::noextern:
    case AbsHeap::noexn:
    case AbsHeap::any:
    case AbsHeap::eq:
    case AbsHeap::i31:
    case AbsHeap::struct_:
    case AbsHeap::array:
    case AbsHeap::none: return features.has(Feature::gc_types) ? Feature::gc : Feature::gc_types;
  }
  return Feature::gc;
}

}  // namespace

std::string val_type_problem(const Module& module, FeatureSet features, ValType type) {
  if (type.is_vec() && !features.has(Feature::simd)) return feature_message(Feature::simd, "v128");
  if (!type.is_ref()) return {};
  HeapType heap = type.heap();
  Feature needed = feature_of_heap(features, heap);
  if (!features.has(Feature::reference_types)) needed = Feature::reference_types;
  else if (!type.nullable() && !features.has(Feature::function_references))
    needed = Feature::function_references;
  // The garbage-collection proposal contains typed references.
  if (!features.has(needed) &&
      !(needed == Feature::function_references && features.has(Feature::gc)))
    return feature_message(needed, isa::to_string(type));
  if (heap.is_concrete() && heap.index() >= module.types.size())
    return unknown("type", heap.index());
  return {};
}

std::string const_op_problem(Op op, FeatureSet features) {
  Feature needed = Feature::mvp;
  switch (op) {
    case Op::i32_const:
    case Op::i64_const:
    case Op::f32_const:
    case Op::f64_const:
    case Op::v128_const:
    case Op::ref_null:
    case Op::ref_func:
    case Op::global_get:
    case Op::end: return {};
    case Op::i32_add:
    case Op::i32_sub:
    case Op::i32_mul:
    case Op::i64_add:
    case Op::i64_sub:
    case Op::i64_mul: needed = Feature::extended_const; break;
    case Op::struct_new:
    case Op::struct_new_default:
    case Op::array_new:
    case Op::array_new_default:
    case Op::array_new_fixed:
    case Op::ref_i31:
    case Op::any_convert_extern:
    case Op::extern_convert_any: needed = Feature::gc; break;
    default:  // all other instructions do something that is not constant
      return fmt::format("constant expression required: {} is not constant", isa::op_info(op).text);
  }
  if (features.has(needed)) return {};
  return "constant expression required: " + feature_message(needed, isa::op_info(op).text);
}

std::string_view composite_name(CompositeKind kind) {
  switch (kind) {
    case CompositeKind::func: return "function";
    case CompositeKind::struct_: return "struct";
    case CompositeKind::array: return "array";
  }
  return "?";
}

std::string unknown(std::string_view what, uint64_t index) {
  return fmt::format("unknown {} {}", what, index);
}

std::string feature_message(Feature feature, std::string_view what) {
  std::string text = fmt::format("{} support is not enabled, which {} needs",
                                 isa::feature_info(feature).name, what);
  if (!isa::FeatureSet::all().has(feature)) text += ": " + absent_part(Part::gc);
  return text;
}

std::string type_list(std::span<const ValType> types, size_t count) {
  constexpr size_t kMost = 16;
  std::string out = "[";
  for (size_t i = 0; i < std::min(count, kMost); ++i) {
    if (i != 0) out += ' ';
    out += i < types.size() ? isa::to_string(types[i]) : std::string("_");
  }
  return out + (count > kMost ? " ...]" : "]");
}

std::string op_place(Op op) { return fmt::format(" in {}", isa::op_info(op).text); }

std::string op_place(Op op, uint32_t operand) {
  return fmt::format(" (operand {} of {})", operand + 1, isa::op_info(op).text);
}

std::string alignment_message(bool atomic, uint32_t found, uint32_t natural) {
  return fmt::format(
      "{}: found 2^{} bytes, natural is 2^{}",
      atomic ? "atomic alignment must be natural" : "alignment must not be larger than natural",
      found, natural);
}

std::string lane_message(uint32_t lane, uint32_t count) {
  return fmt::format("invalid lane index {}: there are {} lanes", lane, count);
}

std::string packed_message(ValType storage) {
  return storage.is_packed() ? concat({"packed storage (", isa::to_string(storage),
                                       ") is read with get_s or get_u"})
                             : concat({"storage of type ", isa::to_string(storage),
                                       " is not packed: it is read with get"});
}

std::string array_new_fixed_message(uint32_t count) {
  return fmt::format("array.new_fixed with {} operands: the limit is {}", count, kMaxArrayNewFixed);
}

std::string nesting_message() {
  return fmt::format("blocks are nested too deeply: the limit is {}", kMaxNesting);
}

}  // namespace zwasm::validate
