// References, structs and arrays.
#include <algorithm>

#include "fuzz/make/code_writer.h"

namespace fuzz {

namespace isa = zwasm::isa;
namespace module = zwasm::module;
using isa::AbsHeap;
using isa::HeapType;
using isa::Op;
using isa::ValKind;
using isa::ValType;
using module::CompositeKind;

std::optional<uint32_t> CodeWriter::some_type(CompositeKind kind) {
  std::vector<uint32_t> fitting;
  for (uint32_t i = 0; i < module_.types.size(); ++i) {
    if (module_.types[i].kind == kind) fitting.push_back(i);
  }
  if (fitting.empty()) return std::nullopt;
  return random_.pick(fitting);
}

// Leaves a reference of the type; deep in a nest, or if there is none to be had, a null, which a
// type that has no null traps on.
void CodeWriter::reference(ValType type) {
  HeapType heap = type.heap();
  auto null = [&](HeapType of) {
    op(Op::ref_null, Imm{.heap = of});
    if (!type.nullable()) op(Op::ref_as_non_null);
  };
  if (heap.is_concrete()) return concrete(heap.index(), type.nullable());
  if ((type.nullable() && random_.one_in(16)) || left_ <= 0 || depth_ > 8) return null(heap);
  ++depth_;
  auto aggregate = [&](CompositeKind kind) {
    if (auto index = some_type(kind)) concrete(*index, type.nullable());
    else null(heap);
  };
  auto i31 = [&] {
    expression(isa::kI32);
    op(Op::ref_i31);
  };
  switch (heap.abs()) {
    case AbsHeap::func: {
      std::vector<uint32_t> declared;
      for (uint32_t i = 0; i < module_.declared_funcs.size(); ++i) {
        if (module_.declared_funcs[i]) declared.push_back(i);
      }
      if (declared.empty()) null(heap);
      else indexed(Op::ref_func, random_.pick(declared));
      break;
    }
    case AbsHeap::extern_:
      reference(ValType::ref(AbsHeap::any, type.nullable()));
      op(Op::extern_convert_any);
      break;
    case AbsHeap::any:
      if (random_.one_in(6)) {
        reference(ValType::ref(AbsHeap::extern_, type.nullable()));
        op(Op::any_convert_extern);
        break;
      }
      [[fallthrough]];
    case AbsHeap::eq:
      switch (random_.below(3)) {
        case 0: i31(); break;
        case 1: aggregate(CompositeKind::struct_); break;
        default: aggregate(CompositeKind::array); break;
      }
      break;
    case AbsHeap::i31: i31(); break;
    case AbsHeap::struct_: aggregate(CompositeKind::struct_); break;
    case AbsHeap::array: aggregate(CompositeKind::array); break;
    case AbsHeap::nofunc:
    case AbsHeap::noextern:
    case AbsHeap::none:
    case AbsHeap::exn:
    case AbsHeap::noexn: null(heap); break;
  }
  --depth_;
}

void CodeWriter::field_value(const module::FieldType& field) { expression(field.type.unpacked()); }

// A reference to the defined type itself.
void CodeWriter::concrete(uint32_t index, bool nullable) {
  const module::SubType& type = module_.types[index];
  if ((nullable && random_.one_in(16)) || left_ <= 0 || depth_ > 8) {
    op(Op::ref_null, Imm{.heap = HeapType::concrete(index)});
    if (!nullable) op(Op::ref_as_non_null);
    return;
  }
  if (random_.one_in(30)) {
    AbsHeap top = type.kind == CompositeKind::func ? AbsHeap::func : AbsHeap::any;
    ++depth_;
    reference(ValType::ref(top, true));
    --depth_;
    op(nullable ? Op::ref_cast_null : Op::ref_cast, Imm{.heap = HeapType::concrete(index)});
    return;
  }
  ++depth_;
  switch (type.kind) {
    case CompositeKind::func: {
      std::vector<uint32_t> fitting;
      for (uint32_t i = 0; i < module_.declared_funcs.size(); ++i) {
        if (module_.declared_funcs[i] && module_.funcs[i].type == index) fitting.push_back(i);
      }
      if (!fitting.empty()) {
        indexed(Op::ref_func, random_.pick(fitting));
      } else {
        op(Op::ref_null, Imm{.heap = HeapType::concrete(index)});
        if (!nullable) op(Op::ref_as_non_null);
      }
      break;
    }
    case CompositeKind::struct_: {
      bool defaultable = std::all_of(type.fields.begin(), type.fields.end(),
                                     [](auto& field) { return field.type.defaultable(); });
      if (defaultable && random_.one_in(3)) {
        indexed(Op::struct_new_default, index);
        break;
      }
      for (const module::FieldType& field : type.fields) field_value(field);
      indexed(Op::struct_new, index);
      break;
    }
    case CompositeKind::array: {
      const module::FieldType& field = type.fields[0];
      size_t way = random_.below(3);
      if (way == 0 && field.type.defaultable()) {
        small(isa::kI32, 32);
        indexed(Op::array_new_default, index);
      } else if (way == 1) {
        uint32_t count = random_.below32(5);
        for (uint32_t i = 0; i < count; ++i) field_value(field);
        indexed(Op::array_new_fixed, index, count);
      } else {
        field_value(field);
        small(isa::kI32, 32);
        indexed(Op::array_new, index);
      }
      break;
    }
  }
  --depth_;
}

// A field or an element of the type.
bool CodeWriter::from_aggregate(ValType type) {
  struct Place {
    uint32_t type, field;
  };
  std::vector<Place> fitting;
  for (uint32_t i = 0; i < module_.types.size(); ++i) {
    const module::SubType& sub = module_.types[i];
    if (sub.kind == CompositeKind::func) continue;
    for (uint32_t f = 0; f < sub.fields.size(); ++f) {
      if (sub.fields[f].type.unpacked() == type) fitting.push_back({i, f});
    }
  }
  if (fitting.empty()) return false;
  Place place = random_.pick(fitting);
  const module::SubType& sub = module_.types[place.type];
  bool packed = sub.fields[place.field].type.is_packed(), is_signed = random_.one_in(2);
  expression(ValType::ref(HeapType::concrete(place.type), true));
  if (sub.kind == CompositeKind::array) {
    small(isa::kI32, 4);
    indexed(!packed ? Op::array_get : is_signed ? Op::array_get_s : Op::array_get_u, place.type);
  } else {
    indexed(!packed     ? Op::struct_get
            : is_signed ? Op::struct_get_s
                        : Op::struct_get_u,
            place.type, place.field);
  }
  return true;
}

// What can be asked of references.
bool CodeWriter::number_from_ref(ValType type) {
  if (type != isa::kI32) return false;
  static constexpr AbsHeap kHeaps[] = {AbsHeap::any,     AbsHeap::eq,    AbsHeap::i31,
                                       AbsHeap::struct_, AbsHeap::array, AbsHeap::none};
  switch (random_.below(6)) {
    case 0:
      reference(random_.one_in(2) ? isa::kFuncRef : isa::kAnyRef);
      op(Op::ref_is_null);
      break;
    case 1:
      reference(ValType::ref(AbsHeap::eq, true));
      reference(ValType::ref(AbsHeap::eq, true));
      op(Op::ref_eq);
      break;
    case 2:
      reference(ValType::ref(AbsHeap::i31, true));
      op(random_.one_in(2) ? Op::i31_get_s : Op::i31_get_u);
      break;
    case 3:
      reference(ValType::ref(AbsHeap::array, true));
      op(Op::array_len);
      break;
    case 4: {
      reference(isa::kAnyRef);
      HeapType heap = random_.pick(std::span(kHeaps));
      auto aggregate = some_type(random_.one_in(2) ? CompositeKind::struct_ : CompositeKind::array);
      if (aggregate && random_.one_in(2)) heap = HeapType::concrete(*aggregate);
      op(random_.one_in(2) ? Op::ref_test : Op::ref_test_null, Imm{.heap = heap});
      break;
    }
    case 5: {  // block (result i32): a cast that leaves, else another number
      HeapType heap = random_.pick(std::span(kHeaps));
      ValType from = isa::kAnyRef, to = ValType::ref(heap, random_.one_in(2));
      op(Op::block, Imm{.block = {.kind = module::BlockType::Kind::value, .value = to}});
      labels_.push_back({std::span(&to, 1)});
      reference(from);
      op(Op::br_on_cast, Imm{.index = 0, .from = from, .to = to});
      op(Op::drop);
      op(Op::ref_null, Imm{.heap = heap});
      if (!to.nullable()) op(Op::ref_as_non_null);
      close();
      op(Op::ref_is_null);
      break;
    }
    default: break;
  }
  return true;
}

void CodeWriter::aggregate_statement() {
  auto index = some_type(random_.one_in(2) ? CompositeKind::struct_ : CompositeKind::array);
  if (!index) return;
  const module::SubType& type = module_.types[*index];
  ValType ref = ValType::ref(HeapType::concrete(*index), true);
  if (type.kind == CompositeKind::struct_) {
    if (type.fields.empty()) return;
    uint32_t field = random_.below32(static_cast<uint32_t>(type.fields.size()));
    if (!type.fields[field].mut) return;
    expression(ref);
    field_value(type.fields[field]);
    return indexed(Op::struct_set, *index, field);
  }
  if (!type.fields[0].mut) return;
  switch (random_.below(3)) {
    case 0:
      expression(ref);
      small(isa::kI32, 4);
      field_value(type.fields[0]);
      indexed(Op::array_set, *index);
      break;
    case 1:
      expression(ref);
      small(isa::kI32, 4);
      field_value(type.fields[0]);
      small(isa::kI32, 4);
      indexed(Op::array_fill, *index);
      break;
    case 2:
      expression(ref);
      small(isa::kI32, 4);
      expression(ref);
      small(isa::kI32, 4);
      small(isa::kI32, 4);
      indexed(Op::array_copy, *index, *index);
      break;
    default: break;
  }
}

}  // namespace fuzz
