// Translator: instructions with plain signatures: numerics, memory accesses, bulk operations.
#include <optional>

#include "interp/translator.h"

namespace zwasm::interp {

using isa::Op;

namespace {

constexpr uint32_t kSlotBytes = sizeof(Slot);

}  // namespace

void Translator::binary(Op op, const BinaryRow& first_row, Es args, E& result) {
  const BinaryRow* row = &first_row;
  uint32_t home = args[0].value.home;
  Class from = class_of(args[0].type);
  Operand a = operand(args[0], true, true), b = operand(args[1], true, true);
  if (a.kind == Kind::imm && b.kind == Kind::imm) {
    to_home(args[0]);
    a = {Kind::slot, home};
  }
  if (a.kind == Kind::acc && b.kind == Kind::acc) b = {Kind::slot, args[1].value.slot};
  const Op mirror = mirror_of(op);
  if (mirror != Op::nop && (a.kind == Kind::imm || (a.kind == Kind::acc && b.kind == Kind::slot))) {
    std::swap(a, b);
    op = mirror;
    row = binary_row(op);
  }
  consume(a, from);
  consume(b, from);
  store_pending(class_of(result.type));
  AccState before = acc(Class::integer);
  ByDest by = row->by[static_cast<int>(a.kind)][static_cast<int>(b.kind)];
  bool traps = isa::op_info(op).effect == isa::Effect::traps;
  uint32_t insn = traps ? start_at_position(by.to_acc) : start(by.to_acc);
  as_.word(home);
  put(a, args[0].type);
  put(b, args[0].type);
  result_in_acc(result, home, by, insn);
  compare_.begin = addition_.begin = kNone;
  if (compare_branch_row(op, false) != nullptr) {
    compare_ = {insn, as_.size(), op, false, false, args[0].type, a, b, before};
  } else if (op == Op::i32_add && a.kind != Kind::imm && b.kind != Kind::imm) {
    if (b.kind == Kind::acc) std::swap(a, b);
    addition_ = {insn, as_.size(), a, b, before};
  }
}

void Translator::unary(Op op, const UnaryRow& row, Es args, E& result) {
  uint32_t home = args[0].value.home;
  bool eqz = op == Op::i32_eqz || op == Op::i64_eqz;
  // eqz of a comparison inverts what a branch will absorb.
  Compare inner;
  if (op == Op::i32_eqz && compare_.begin != kNone && compare_.end == as_.size() &&
      acc_holds(args[0]) && acc(Class::integer).pending)
    inner = compare_;
  Operand a = operand(args[0], true, false);
  Class from = class_of(args[0].type);
  consume(a, from);
  store_pending(class_of(result.type));
  AccState before = acc(Class::integer);
  ByDest by = row.by[static_cast<int>(a.kind)];
  bool traps = isa::op_info(op).effect == isa::Effect::traps;
  uint32_t insn = traps ? start_at_position(by.to_acc) : start(by.to_acc);
  as_.word(home);
  put(a, args[0].type);
  result_in_acc(result, home, by, insn);
  compare_.begin = addition_.begin = kNone;
  if (inner.begin != kNone) {
    compare_ = inner;
    compare_.inverted = !inner.inverted;
    compare_.end = as_.size();
  } else if (eqz) {
    compare_ = {insn, as_.size(), op, true, false, args[0].type, a, {}, before};
  }
}

// ------------------------------------------------------------------------------------------------
// Memory

bool Translator::fast_memory(Imm imm) const { return imm.index == 0 && imm.value >> 32 == 0; }

void Translator::load(Op op, Imm imm, E& address, E& result) {
  uint32_t home = address.value.home;
  auto offset = static_cast<uint32_t>(imm.value);
  Class c = class_of(result.type);
  if (!fast_memory(imm)) {
    Operand a = operand(address, true, false);
    consume(a, Class::integer);
    store_pending(c);
    ByDest by = load_any_handler(op, a.kind == Kind::acc ? Address::acc : Address::slot);
    uint32_t insn = start_at_position(by.to_acc);
    as_.word(home);
    put(a, address.type);
    as_.word(imm.index);
    as_.word64(imm.value);
    result_in_acc(result, home, by, insn);
    return;
  }
  bool is64 = address.type == isa::kI64;
  AddressMode mode = is64 ? AddressMode::m64 : AddressMode::m32;
  if (address.value.slot == kConst && address.value.bits + imm.value <= ~uint32_t{0} &&
      address.value.bits <= ~uint32_t{0}) {
    store_pending(c);
    ByDest by = load_handler(op, mode, Address::imm);
    uint32_t insn = start_at_position(by.to_acc);
    words({home, static_cast<uint32_t>(address.value.bits + imm.value)});
    result_in_acc(result, home, by, insn);
    return;
  }
  if (!is64 && addition_.begin != kNone && addition_.end == as_.size() && acc_holds(address) &&
      acc(Class::integer).pending) {
    Addition add = addition_;
    as_.truncate(add.begin);
    acc(Class::integer) = add.before;
    addition_.begin = kNone;
    store_pending(c);
    ByDest by = load_indexed_handler(op, add.a.kind);
    uint32_t insn = start_at_position(by.to_acc);
    as_.word(home);
    put(add.a, isa::kI32);
    put(add.b, isa::kI32);
    as_.word(offset);
    result_in_acc(result, home, by, insn);
    return;
  }
  Operand a = operand(address, true, false);
  consume(a, Class::integer);
  store_pending(c);
  ByDest by = load_handler(op, mode, a.kind == Kind::acc ? Address::acc : Address::slot);
  uint32_t insn = start_at_position(by.to_acc);
  as_.word(home);
  put(a, isa::kI32);
  as_.word(offset);
  result_in_acc(result, home, by, insn);
}

void Translator::store(Op op, Imm imm, E& address, E& value) {
  if (!fast_memory(imm)) {
    bool in_acc = acc_holds(address);
    Operand v = operand(value, !in_acc, true), a = operand(address, true, false);
    consume(a, Class::integer);
    consume(v, class_of(value.type));
    start_at_position(store_any_handler(op, in_acc ? Address::acc : Address::slot, v.kind));
    put(a, address.type);
    as_.word(imm.index);
    as_.word64(imm.value);
    put(v, value.type);
    return;
  }
  bool is64 = address.type == isa::kI64;
  AddressMode mode = is64 ? AddressMode::m64 : AddressMode::m32;
  Operand a;
  Address where;
  uint32_t offset = static_cast<uint32_t>(imm.value);
  if (address.value.slot == kConst && address.value.bits + imm.value <= ~uint32_t{0} &&
      address.value.bits <= ~uint32_t{0}) {
    a = {Kind::imm, 0};
    where = Address::imm;
    offset += static_cast<uint32_t>(address.value.bits);
  } else {
    a = operand(address, true, false);
    where = a.kind == Kind::acc ? Address::acc : Address::slot;
  }
  bool both = a.kind == Kind::acc && class_of(value.type) == Class::integer && acc_holds(value);
  Operand v = both ? Operand{Kind::slot, value.value.slot} : operand(value, true, true);
  consume(a, Class::integer);
  consume(v, class_of(value.type));
  start_at_position(store_handler(op, mode, where, v.kind));
  if (where == Address::slot) as_.word(static_cast<uint32_t>(a.bits));
  as_.word(offset);
  put(v, value.type);
}

// Fuel of a bulk operation by its length.
void Translator::charge_bulk(E& count, uint32_t shift) {
  if (!settings_.fuel) return;
  uint32_t slot = in_slot(count);
  start_at_position(Misc::charge_bulk);
  words({slot, shift});
}

void Translator::slots_op(Handler handler, Es args, Es results, uint32_t home) {
  uint32_t slots[4] = {};
  uint32_t n = 0;
  for (E& e : args) slots[n++] = in_slot(e);
  start_at_position(handler);
  as_.word(home);
  for (uint32_t i = 0; i < n; ++i) as_.word(slots[i]);
  if (results.size() == 1) return result_of_last(results[0], home);
  for (E& r : results) {  // of wide arithmetic
    result_at_home(r, home);
    home += kSlotBytes;
  }
}

// What makes the NaN of an op's result canonical, if it can be one that the op itself made.
static std::optional<Misc> canonicalization(Op op) {
#define ZW_FLOAT(T, handler) \
  case Op::T##_add:          \
  case Op::T##_sub:          \
  case Op::T##_mul:          \
  case Op::T##_div:          \
  case Op::T##_min:          \
  case Op::T##_max:          \
  case Op::T##_sqrt:         \
  case Op::T##_ceil:         \
  case Op::T##_floor:        \
  case Op::T##_trunc:        \
  case Op::T##_nearest: return handler;
#define ZW_RELAXED(T, handler) \
  case Op::T##_relaxed_madd:   \
  case Op::T##_relaxed_nmadd:  \
  case Op::T##_relaxed_min:    \
  case Op::T##_relaxed_max: return handler;
  switch (op) {
    ZW_FLOAT(f32, Misc::canonical_f32)
    ZW_FLOAT(f64, Misc::canonical_f64)
    ZW_FLOAT(f32x4, Misc::canonical_f32x4)
    ZW_FLOAT(f64x2, Misc::canonical_f64x2)
    ZW_RELAXED(f32x4, Misc::canonical_f32x4)
    ZW_RELAXED(f64x2, Misc::canonical_f64x2)
    case Op::f32_demote_f64: return Misc::canonical_f32;
    case Op::f64_promote_f32: return Misc::canonical_f64;
    case Op::f32x4_demote_f64x2_zero: return Misc::canonical_f32x4;
    case Op::f64x2_promote_low_f32x4: return Misc::canonical_f64x2;
    default: return std::nullopt;
  }
#undef ZW_FLOAT
#undef ZW_RELAXED
}

void Translator::simple(Op op, Imm imm, Es args, Es results) {
  simple_op(op, imm, args, results);
  if (!settings_.nan_canonicalization) return;
  if (auto handler = canonicalization(op)) {
    to_home(results[0]);
    uint32_t home = results[0].value.home;
    start(*handler);
    as_.word(home);
    result_at_home(results[0], home);  // its word is where it reads, too: not to be redirected
  }
}

void Translator::simple_op(Op op, Imm imm, Es args, Es results) {
  if (op == Op::nop) return;
  op_begin();
  if (const BinaryRow* row = binary_row(op)) return binary(op, *row, args, results[0]);
  if (const UnaryRow* row = unary_row(op)) return unary(op, *row, args, results[0]);
  uint32_t home = home_after(args);
  switch (op) {
    case Op::i32_const:
    case Op::i64_const:
    case Op::f32_const:
    case Op::f64_const: {
      uint64_t bits =
          op == Op::i32_const || op == Op::f32_const ? static_cast<uint32_t>(imm.value) : imm.value;
      results[0].value = {bits, home, kConst};
      touch_height(home + kSlotBytes);
      return;
    }
    case Op::v128_const: {
      start(Misc::move_vi);
      as_.word(home);
      for (int half = 0; half < 2; ++half) {
        uint64_t bits;
        std::memcpy(&bits, imm.bytes + 8 * half, 8);
        as_.word64(bits);
      }
      result_of_last(results[0], home);
      return;
    }
    case Op::i8x16_shuffle: {
      uint32_t a = in_slot(args[0]), b = in_slot(args[1]);
      start(shuffle_handler());
      words({home, a, b});
      for (int i = 0; i < 4; ++i) {
        uint32_t lanes;
        std::memcpy(&lanes, imm.bytes + 4 * i, 4);
        as_.word(lanes);
      }
      result_of_last(results[0], home);
      return;
    }
    case Op::memory_size:
      start(Misc::memory_size);
      words({home, imm.index});
      result_of_last(results[0], home);
      return;
    case Op::memory_grow: {
      uint32_t delta = in_slot(args[0]);
      safepoint(decoder_.operand_count());
      start_at_position(Misc::memory_grow);
      words({home, delta, imm.index});
      result_of_last(results[0], home);
      return;
    }
    case Op::atomic_fence: start(Misc::atomic_fence); return;
    default: break;  // by family, below
  }
  if (load_any_handler(op, Address::slot).to_slot != nullptr)
    return load(op, imm, args[0], results[0]);
  if (store_any_handler(op, Address::slot, Kind::slot) != nullptr)
    return store(op, imm, args[0], args[1]);
  if (Handler h = slots_handler(op)) return slots_op(h, args, results, home);
  if (Handler h = lane_handler(op)) {
    slots_op(h, args, results, home);
    as_.word(imm.lane);
    return;
  }
  Handler h = atomic_handler(op);
  bool atomic = h != nullptr;
  if (!atomic) {
    bool fast = fast_memory(imm) && args[0].type == isa::kI32;
    h = vector_memory_handler(op, fast);
  }
  // Words: dest, address, memory, offset (2), [value …], [lane]
  uint32_t slots[4] = {};
  uint32_t n = 0;
  for (E& e : args) slots[n++] = in_slot(e);
  if (atomic) {
    safepoint(decoder_.operand_count());  // waiting may end in a poll
    forget_accs();
  }
  start_at_position(h);
  words({home, slots[0], imm.index});
  as_.word64(imm.value);
  for (uint32_t i = 1; i < n; ++i) as_.word(slots[i]);
  if (!atomic) as_.word(imm.lane);
  if (!results.empty()) result_of_last(results[0], home);
}

void Translator::memory_op(Op op, Imm imm, Es args, Es) {
  op_begin();
  if (op == Op::data_drop) {
    start(Misc::data_drop);
    as_.word(imm.index);
    return;
  }
  charge_bulk(args[2], 3);
  uint32_t a = in_slot(args[0]), b = in_slot(args[1]), c = in_slot(args[2]);
  forget_accs();
  safepoint(decoder_.operand_count());
  switch (op) {
    case Op::memory_fill:
      start_at_position(Misc::memory_fill);
      words({a, b, c, imm.index});
      return;
    case Op::memory_copy:
      start_at_position(Misc::memory_copy);
      words({a, b, c, imm.index, imm.index2});
      return;
    default:  // memory.init
      start_at_position(Misc::memory_init);
      words({a, b, c, imm.index, imm.index2});
      return;
  }
}

void Translator::table_op(Op op, Imm imm, Es args, Es results) {
  op_begin();
  uint32_t home = home_after(args);
  switch (op) {
    case Op::table_get: {
      bool func = !is_root_type(results[0].type);
      uint32_t at = in_slot(args[0]);
      start_at_position(func ? Misc::table_get_func : Misc::table_get_ref);
      words({home, at, imm.index});
      result_of_last(results[0], home);
      return;
    }
    case Op::table_set: {
      bool func = !is_root_type(m_.tables[imm.index].type.elem);
      uint32_t at = in_slot(args[0]), v = in_slot(args[1]);
      start_at_position(func ? Misc::table_set_func : Misc::table_set_ref);
      words({at, v, imm.index});
      return;
    }
    case Op::table_size:
      start(Misc::table_size);
      words({home, imm.index});
      result_of_last(results[0], home);
      return;
    case Op::elem_drop:
      start(Misc::elem_drop);
      as_.word(imm.index);
      return;
    case Op::table_grow: {
      charge_bulk(args[1], 0);
      uint32_t v = in_slot(args[0]), n = in_slot(args[1]);
      forget_accs();
      safepoint(decoder_.operand_count());
      start_at_position(Misc::table_grow);
      words({home, v, n, imm.index});
      result_of_last(results[0], home);
      return;
    }
    default: break;  // three operands, below
  }
  charge_bulk(args[2], 0);
  uint32_t a = in_slot(args[0]), b = in_slot(args[1]), c = in_slot(args[2]);
  forget_accs();
  safepoint(decoder_.operand_count());
  start_at_position(op == Op::table_fill   ? Misc::table_fill
                    : op == Op::table_copy ? Misc::table_copy
                                           : Misc::table_init);
  words({a, b, c, imm.index});
  if (op != Op::table_fill) as_.word(imm.index2);
}

}  // namespace zwasm::interp
