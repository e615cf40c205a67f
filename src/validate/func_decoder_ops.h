// FuncDecoder, continued: variables, memories, tables, references, structs, arrays. Included by
// func_decoder.h only.
#pragma once
#include "base/assert.h"
#include "base/concat.h"
#include "validate/func_decoder.h"

namespace zwasm::validate {

// ---- Parametric and variable instructions

template <class C, bool K>
void FuncDecoder<C, K>::do_select() {
  Entry* args = need(3);
  check(args, 2, isa::kI32);
  ValType a = args[0].type, b = args[1].type;
  if constexpr (K) {
    auto plain = [](ValType t) { return t.is_num() || t.is_vec() || t.is_bottom(); };
    if (!plain(a) || !plain(b) || (a != b && !a.is_bottom() && !b.is_bottom()))
      return type_mismatch(concat({"select without a type takes two numbers of one type, found ",
                                   isa::to_string(a), " and ", isa::to_string(b)}));
  }
  stage(a.is_bottom() ? b : a);
  if (live()) consumer_.select(Entries(args, 3), top_[0]);
  finish(args, 1);
}

template <class C, bool K>
void FuncDecoder<C, K>::do_select_typed() {
  if (K && imm_.types.size() != 1)
    return invalid(concat(
        {"invalid result arity: select names ", std::to_string(imm_.types.size()), " types"}));
  ValType type = imm_.types[0];
  if (bad_type(type)) return;
  apply({type, type, isa::kI32}, type,
        [&](Entries args, Entries results) { consumer_.select(args, results[0]); });
}

template <class C, bool K>
void FuncDecoder<C, K>::do_local_get() {
  if (bad_index(imm_.index, locals_.size(), "local")) return;
  if constexpr (K) {
    if (tracks_init_ && unset_[imm_.index])
      return invalid("uninitialized local " + std::to_string(imm_.index));
  }
  stage(locals_[imm_.index]);
  if (live()) consumer_.local_get(imm_.index, top_[0]);
  ++top_;
}

template <class C, bool K>
void FuncDecoder<C, K>::mark_initialized(uint32_t local) {
  if constexpr (K) {
    if (!tracks_init_ || !unset_[local]) return;
    unset_[local] = false;
    init_list_.push_back(local);
  }
}

template <class C, bool K>
void FuncDecoder<C, K>::do_local_set() {
  if (bad_index(imm_.index, locals_.size(), "local")) return;
  mark_initialized(imm_.index);
  Entry* args = need(1);
  check(args, 0, locals_[imm_.index]);
  if (live()) consumer_.local_set(imm_.index, args[0]);
  finish(args, 0);
}

template <class C, bool K>
void FuncDecoder<C, K>::do_local_tee() {
  if (bad_index(imm_.index, locals_.size(), "local")) return;
  mark_initialized(imm_.index);
  Entry* args = need(1);
  check(args, 0, locals_[imm_.index]);
  stage(locals_[imm_.index]);
  if (live()) consumer_.local_tee(imm_.index, args[0], top_[0]);
  finish(args, 1);
}

template <class C, bool K>
void FuncDecoder<C, K>::do_global() {
  uint32_t index = imm_.index;
  if (bad_index(index, visible_globals_, "global")) return;
  const module::GlobalType& global = module_.globals[index].type;
  if (op_ == Op::global_get) {
    if (K && const_expr_ && global.mut)
      return invalid(
          concat({"constant expression required: global ", std::to_string(index), " is mutable"}));
    stage(global.type);
    if (live()) consumer_.global_get(index, top_[0]);
    ++top_;
    return;
  }
  if (!check_mutable(global.mut, "immutable global")) return;
  apply({global.type}, [&](Entries args, Entries) { consumer_.global_set(index, args[0]); });
}

// ---- Memories and tables

template <class C, bool K>
bool FuncDecoder<C, K>::check_data(uint32_t data) {
  if constexpr (K) {
    // The number of data segments must be known before the code is read.
    if (!module_.data_count) {
      reader_.malformed("data count section required", op_offset_);
      return false;
    }
  }
  return !bad_index(data, module_.datas.size(), "data segment");
}

template <class C, bool K>
void FuncDecoder<C, K>::do_memory_op() {
  auto hook = [&](Entries args, Entries results) { consumer_.memory_op(op_, imm_, args, results); };
  size_t memories = module_.memories.size();
  if (op_ == Op::data_drop) {
    if (check_data(imm_.index)) apply({}, hook);
  } else if (op_ == Op::memory_fill) {
    if (bad_index(imm_.index, memories, "memory")) return;
    ValType address = memory_address(imm_.index);
    apply({address, isa::kI32, address}, hook);
  } else if (op_ == Op::memory_init) {
    if (bad_index(imm_.index2, memories, "memory")) return;
    if (!check_data(imm_.index)) return;
    apply({memory_address(imm_.index2), isa::kI32, isa::kI32}, hook);
  } else {
    if (bad_index(imm_.index, memories, "memory") || bad_index(imm_.index2, memories, "memory"))
      return;
    ValType to = memory_address(imm_.index), from = memory_address(imm_.index2);
    apply({to, from, to == from ? to : isa::kI32}, hook);
  }
}

template <class C, bool K>
void FuncDecoder<C, K>::do_table_op() {
  auto hook = [&](Entries args, Entries results) { consumer_.table_op(op_, imm_, args, results); };
  size_t tables = module_.tables.size();
  if (op_ == Op::elem_drop) {
    if (!bad_index(imm_.index, module_.elems.size(), "elem segment")) apply({}, hook);
    return;
  }
  uint32_t table = op_ == Op::table_init ? imm_.index2 : imm_.index;
  if (bad_index(table, tables, "table")) return;
  ValType address = table_address(table);
  ValType elem = module_.tables[table].type.elem;
  if (op_ == Op::table_get) {
    apply({address}, elem, hook);
  } else if (op_ == Op::table_set) {
    apply({address, elem}, hook);
  } else if (op_ == Op::table_size) {
    apply({}, address, hook);
  } else if (op_ == Op::table_grow) {
    apply({elem, address}, address, hook);
  } else if (op_ == Op::table_fill) {
    apply({address, elem, address}, hook);
  } else if (op_ == Op::table_init) {
    if (bad_index(imm_.index, module_.elems.size(), "elem segment")) return;
    if (K && !matches(module_.elems[imm_.index].type, elem))
      return type_mismatch(
          concat({"the segment holds ", isa::to_string(module_.elems[imm_.index].type),
                  ", the table ", isa::to_string(elem)}));
    apply({address, isa::kI32, isa::kI32}, hook);
  } else {
    if (bad_index(imm_.index2, tables, "table")) return;
    ValType source = module_.tables[imm_.index2].type.elem;
    if (K && !matches(source, elem))
      return type_mismatch(concat({"the source table holds ", isa::to_string(source),
                                   ", the destination ", isa::to_string(elem)}));
    ValType from = table_address(imm_.index2);
    apply({address, from, address == from ? address : isa::kI32}, hook);
  }
}

// ---- References

template <class C, bool K>
void FuncDecoder<C, K>::do_ref_op() {
  using isa::AbsHeap;
  auto hook = [&](Entries args, Entries results) { consumer_.ref_op(op_, imm_, args, results); };
  const ValType i31 = ValType::ref(AbsHeap::i31, true);
  const ValType eq = ValType::ref(AbsHeap::eq, true);
  switch (op_) {
    case Op::ref_null: {
      ValType type = ValType::ref(imm_.heap, true);
      if (!bad_type(type)) apply({}, type, hook);
      break;
    }
    case Op::ref_func:
      if (bad_index(imm_.index, module_.funcs.size(), "function")) return;
      if (K && !const_expr_ && !module_.declared_funcs[imm_.index])
        return invalid("undeclared function reference " + std::to_string(imm_.index));
      apply({}, ValType::ref(isa::HeapType::concrete(module_.funcs[imm_.index].type), false), hook);
      break;
    case Op::ref_is_null:
    case Op::ref_as_non_null: {
      Entry* args = need(1);
      if constexpr (K) {
        if (args[0].type.is_bottom()) args[0].type = ValType::ref(isa::HeapType::bottom(), false);
        if (!args[0].type.is_ref())
          return type_mismatch("expected a reference, found " + isa::to_string(args[0].type));
      }
      stage(op_ == Op::ref_is_null ? isa::kI32 : args[0].type.as_non_null());
      if (live()) hook(Entries(args, 1), Entries(top_, 1));
      finish(args, 1);
      break;
    }
    case Op::ref_eq: apply({eq, eq}, isa::kI32, hook); break;
    case Op::ref_i31: apply({isa::kI32}, i31.as_non_null(), hook); break;
    case Op::i31_get_s:
    case Op::i31_get_u: apply({i31}, isa::kI32, hook); break;
    case Op::ref_test: do_ref_cast(true, false); break;
    case Op::ref_test_null: do_ref_cast(true, true); break;
    case Op::ref_cast: do_ref_cast(false, false); break;
    case Op::ref_cast_null: do_ref_cast(false, true); break;
    case Op::any_convert_extern: do_convert(AbsHeap::extern_, AbsHeap::any); break;
    case Op::extern_convert_any: do_convert(AbsHeap::any, AbsHeap::extern_); break;
    default: ZWASM_ASSERT(false); break;  // dispatch sends only ops named above
  }
}

template <class C, bool K>
void FuncDecoder<C, K>::do_ref_cast(bool test, bool nullable) {
  ValType type = ValType::ref(imm_.heap, nullable);
  if (bad_type(type)) return;
  ValType operand = isa::kAnyRef;
  if constexpr (K) operand = ValType::ref(top_of(module_, imm_.heap), true);
  apply({operand}, test ? isa::kI32 : type,
        [&](Entries args, Entries results) { consumer_.ref_op(op_, imm_, args, results); });
}

template <class C, bool K>
void FuncDecoder<C, K>::do_convert(isa::AbsHeap from, isa::AbsHeap to) {
  Entry* args = need(1);
  check(args, 0, ValType::ref(from, true));
  stage(ValType::ref(to, args[0].type.is_ref() && args[0].type.nullable()));
  if (live()) consumer_.ref_op(op_, imm_, Entries(args, 1), Entries(top_, 1));
  finish(args, 1);
}

// ---- Structs and arrays

template <class C, bool K>
const module::SubType* FuncDecoder<C, K>::composite(uint32_t index, module::CompositeKind kind) {
  if (bad_index(index, module_.types.size(), "type")) return nullptr;
  const module::SubType& type = module_.types[index];
  if (K && type.kind != kind) {
    type_mismatch(
        concat({"type ", std::to_string(index), " is not a ", composite_name(kind), " type"}));
    return nullptr;
  }
  return &type;
}

template <class C, bool K>
bool FuncDecoder<C, K>::check_mutable(bool mut, const char* message) {
  if (K && !mut) invalid(message);
  return !K || mut;
}

template <class C, bool K>
bool FuncDecoder<C, K>::check_numeric_elem(ValType elem) {
  if (K && elem.is_ref()) invalid("array type is not numeric or vector");
  return !K || !elem.is_ref();
}

template <class C, bool K>
void FuncDecoder<C, K>::do_struct_op() {
  const module::SubType* type = composite(imm_.index, module::CompositeKind::struct_);
  if (type == nullptr) return;
  auto hook = [&](Entries args, Entries results) { consumer_.struct_op(op_, imm_, args, results); };
  ValType ref = ValType::ref(isa::HeapType::concrete(imm_.index), true);
  if (op_ == Op::struct_new) {
    uint32_t count = static_cast<uint32_t>(type->fields.size());
    room(size_t{count} + kSlack);
    Entry* args = need(count);
    for (uint32_t i = 0; i < count; ++i) check(args, i, type->fields[i].type.unpacked());
    stage(ref.as_non_null());
    if (live()) hook(Entries(args, count), Entries(top_, 1));
    finish(args, 1);
    return;
  }
  if (op_ == Op::struct_new_default) {
    if constexpr (K) {
      for (const module::FieldType& field : type->fields)
        if (!field.type.defaultable())
          return type_mismatch(
              concat({"field type ", isa::to_string(field.type), " has no default value"}));
    }
    apply({}, ref.as_non_null(), hook);
    return;
  }
  if (bad_index(imm_.index2, type->fields.size(), "field")) return;
  const module::FieldType& field = type->fields[imm_.index2];
  if (op_ == Op::struct_set) {
    if (check_mutable(field.mut, "immutable field")) apply({ref, field.type.unpacked()}, hook);
    return;
  }
  if (K && field.type.is_packed() != (op_ != Op::struct_get))
    return type_mismatch(packed_message(field.type));
  apply({ref}, field.type.unpacked(), hook);
}

// The ops that make an array.
template <class C, bool K>
void FuncDecoder<C, K>::do_array_new(const module::SubType& type, ValType elem) {
  auto hook = [&](Entries args, Entries results) { consumer_.array_op(op_, imm_, args, results); };
  ValType made = ValType::ref(isa::HeapType::concrete(imm_.index), false);
  ValType storage = type.fields[0].type;
  switch (op_) {
    case Op::array_new: apply({elem, isa::kI32}, made, hook); break;
    case Op::array_new_default:
      if (K && !storage.defaultable())
        return type_mismatch(
            concat({"element type ", isa::to_string(storage), " has no default value"}));
      apply({isa::kI32}, made, hook);
      break;
    case Op::array_new_fixed: {
      uint32_t count = imm_.index2;
      if (K && count > kMaxArrayNewFixed)
        return fail(LoadError::Kind::limit, array_new_fixed_message(count));
      room(size_t{count} + kSlack);
      Entry* args = need(count);
      for (uint32_t i = 0; i < count; ++i) check(args, i, elem);
      stage(made);
      if (live()) hook(Entries(args, count), Entries(top_, 1));
      finish(args, 1);
      break;
    }
    case Op::array_new_data:
      if (!check_numeric_elem(storage) || !check_data(imm_.index2)) return;
      apply({isa::kI32, isa::kI32}, made, hook);
      break;
    default:  // array_new_elem
      if (bad_index(imm_.index2, module_.elems.size(), "elem segment")) return;
      if (K && !matches(module_.elems[imm_.index2].type, storage))
        return type_mismatch("the segment does not hold what the array does");
      apply({isa::kI32, isa::kI32}, made, hook);
      break;
  }
}

template <class C, bool K>
void FuncDecoder<C, K>::do_array_op() {
  auto hook = [&](Entries args, Entries results) { consumer_.array_op(op_, imm_, args, results); };
  if (op_ == Op::array_len)
    return apply({ValType::ref(isa::AbsHeap::array, true)}, isa::kI32, hook);
  const module::SubType* type = composite(imm_.index, module::CompositeKind::array);
  if (type == nullptr) return;
  const module::FieldType& field = type->fields[0];
  ValType elem = field.type.unpacked();
  ValType ref = ValType::ref(isa::HeapType::concrete(imm_.index), true);
  switch (op_) {
    case Op::array_get:
    case Op::array_get_s:
    case Op::array_get_u:
      if (K && field.type.is_packed() != (op_ != Op::array_get))
        return type_mismatch(packed_message(field.type));
      apply({ref, isa::kI32}, elem, hook);
      break;
    case Op::array_set:
      if (check_mutable(field.mut, "immutable array")) apply({ref, isa::kI32, elem}, hook);
      break;
    case Op::array_fill:
      if (check_mutable(field.mut, "immutable array"))
        apply({ref, isa::kI32, elem, isa::kI32}, hook);
      break;
    case Op::array_copy: {
      const module::SubType* source = composite(imm_.index2, module::CompositeKind::array);
      if (source == nullptr || !check_mutable(field.mut, "immutable array")) return;
      if (K && !matches(source->fields[0].type, field.type))
        return invalid("array types do not match");
      ValType from = ValType::ref(isa::HeapType::concrete(imm_.index2), true);
      apply({ref, isa::kI32, from, isa::kI32, isa::kI32}, hook);
      break;
    }
    case Op::array_init_data:
      if (!check_mutable(field.mut, "immutable array") || !check_numeric_elem(field.type) ||
          !check_data(imm_.index2))
        return;
      apply({ref, isa::kI32, isa::kI32, isa::kI32}, hook);
      break;
    case Op::array_init_elem:
      if (!check_mutable(field.mut, "immutable array") ||
          bad_index(imm_.index2, module_.elems.size(), "elem segment"))
        return;
      if (K && !matches(module_.elems[imm_.index2].type, field.type))
        return type_mismatch("the segment does not hold what the array does");
      apply({ref, isa::kI32, isa::kI32, isa::kI32}, hook);
      break;
    default: do_array_new(*type, elem); break;  // the array.new family
  }
}

}  // namespace zwasm::validate
