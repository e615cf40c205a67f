// Builder: linear memories and tables.
//
// An access to a reserved memory needs no check: base + u32 index + offset cannot leave the
// reservation, and what is not committed faults (Access::faults). Everything else is checked here,
// against a length that loads know as Region::memory_shape.
#include <limits>
#include <optional>
#include <vector>

#include "ir/builder.h"

namespace zwasm::ir {

// ------------------------------------------------------------------------------------------------
// Where

bool Builder::reserved(uint32_t memory) const {
  const module::MemoryType& type = m_.memories[memory].type;
  return settings_.reserved_memory && !type.limits.is64 && type.page_size_log2 == 16;
}

Builder::V Builder::memory_view(uint32_t memory) {
  return loaded_pointer(instance_.memories, memory);
}

// A base, a length, a size: the same until a call, or an instruction that grows something.
Builder::V Builder::load_shape(V view, int32_t offset) {
  return e_.load_field(view, offset, Type::i64, MemKind::i64, Region::memory_shape,
                       g_.read(shape_state_));
}

void Builder::shapes_may_change() {
  g_.next_event();
  g_.write(shape_state_, g_.new_value(Type::none));
}

Builder::V Builder::memory_base(uint32_t memory) {
  if (!reserved(memory)) return load_shape(memory_view(memory), ZWASM_MEMORY_BASE);
  if (memory == 0)
    return e_.load_field(e_.instance(), ZWASM_INSTANCE_MEMORY_BASE, Type::i64, MemKind::i64,
                         Region::invariant);
  return e_.load_field(memory_view(memory), ZWASM_MEMORY_BASE, Type::i64, MemKind::i64,
                       Region::invariant);
}

Builder::V Builder::memory_length(uint32_t memory) {
  return load_shape(memory_view(memory), ZWASM_MEMORY_LENGTH);
}

// The place of `size` bytes at address + offset, checked if it must be.
Builder::Place Builder::place(uint32_t memory, V address, uint64_t offset, uint32_t size) {
  const module::MemoryType& type = m_.memories[memory].type;
  Place p;
  p.faults = reserved(memory) && settings_.signals;
  constexpr uint64_t kMaxDisp = std::numeric_limits<int32_t>::max();
  const auto constant = e_.constant_of(address);
  if (!p.faults) {
    // (pages of one byte may be as many as 2^64 - 1)
    const uint64_t min_bytes = type.limits.min << type.page_size_log2;
    uint64_t end;
    if (__builtin_add_overflow(offset, uint64_t{size}, &end)) {
      e_.trap_if(e_.i32(1), Trap::memory_out_of_bounds);
      end = size;
      offset = 0;
    }
    uint64_t constant_end = 0;
    const bool inside = constant && !__builtin_add_overflow(constant->lo, end, &constant_end) &&
                        constant_end <= min_bytes;
    // Memories do not shrink: what was found inside once, on the way here, is inside.
    Checked& known = checked_[(index(address) * 0x9E3779B1u >> 16 ^ memory) % std::size(checked_)];
    const bool checked = known.address == address && known.memory == memory && end <= known.end &&
                         g_.on_path(known.block);
    if (!inside && !checked) {
      known = {address, g_.current(), memory, end};
      V length = memory_length(memory);
      if (end > min_bytes)
        e_.trap_if(e_.op(W::i64_lt_u, {length, e_.i64(end)}), Trap::memory_out_of_bounds);
      V last = e_.op(W::i64_sub, {length, e_.i64(end)});
      e_.trap_if(e_.op(W::i64_gt_u, {e_.extend_u(address), last}), Trap::memory_out_of_bounds);
    }
  }
  p.base = memory_base(memory);
  if (constant && constant->lo <= kMaxDisp && offset <= kMaxDisp - constant->lo) {
    p.disp = static_cast<int32_t>(constant->lo + offset);
  } else if (offset <= kMaxDisp) {
    p.index = address;
    p.disp = static_cast<int32_t>(offset);
  } else {
    p.index = e_.op(W::i64_add, {e_.extend_u(address), e_.i64(offset)});
  }
  return p;
}

// address + offset as 64 bits; an overflow (only of 64-bit memories) traps.
Builder::V Builder::effective_address(V address, uint64_t offset) {
  V sum = e_.op(W::i64_add, {e_.extend_u(address), e_.i64(offset)});
  if (offset != 0 && f_.type_of(address) == Type::i64)
    e_.trap_if(e_.op(W::i64_lt_u, {sum, e_.i64(offset)}), Trap::memory_out_of_bounds);
  return sum;
}

Access Builder::access(const Place& place, MemKind kind) const {
  Access a;
  a.kind = kind;
  a.disp = place.disp;
  a.faults = place.faults;
  return a;
}

Builder::V Builder::load(const Place& place, MemKind kind, Type type) {
  return e_.load(access(place, kind), type, place.base, place.index);
}

void Builder::store(const Place& place, MemKind kind, V value) {
  e_.store(access(place, kind), place.base, place.index, value);
}

// ------------------------------------------------------------------------------------------------
// Loads and stores

namespace {

struct ScalarAccess {
  MemKind kind;
  uint8_t size;
  bool store;
};

std::optional<ScalarAccess> scalar_access(isa::Op op) {
  using W = isa::Op;
  switch (op) {
    case W::i32_load: return {{MemKind::i32_u, 4, false}};
    case W::i64_load: return {{MemKind::i64, 8, false}};
    case W::f32_load: return {{MemKind::f32, 4, false}};
    case W::f64_load: return {{MemKind::f64, 8, false}};
    case W::i32_load8_s:
    case W::i64_load8_s: return {{MemKind::i8_s, 1, false}};
    case W::i32_load8_u:
    case W::i64_load8_u: return {{MemKind::i8_u, 1, false}};
    case W::i32_load16_s:
    case W::i64_load16_s: return {{MemKind::i16_s, 2, false}};
    case W::i32_load16_u:
    case W::i64_load16_u: return {{MemKind::i16_u, 2, false}};
    case W::i64_load32_s: return {{MemKind::i32_s, 4, false}};
    case W::i64_load32_u: return {{MemKind::i32_u, 4, false}};
    case W::i32_store: return {{MemKind::i32_u, 4, true}};
    case W::i64_store: return {{MemKind::i64, 8, true}};
    case W::f32_store: return {{MemKind::f32, 4, true}};
    case W::f64_store: return {{MemKind::f64, 8, true}};
    case W::i32_store8:
    case W::i64_store8: return {{MemKind::i8_u, 1, true}};
    case W::i32_store16:
    case W::i64_store16: return {{MemKind::i16_u, 2, true}};
    case W::i64_store32: return {{MemKind::i32_u, 4, true}};
    case W::v128_load: return {{MemKind::v128, 16, false}};
    case W::v128_load8x8_s: return {{MemKind::v8x8_s, 8, false}};
    case W::v128_load8x8_u: return {{MemKind::v8x8_u, 8, false}};
    case W::v128_load16x4_s: return {{MemKind::v16x4_s, 8, false}};
    case W::v128_load16x4_u: return {{MemKind::v16x4_u, 8, false}};
    case W::v128_load32x2_s: return {{MemKind::v32x2_s, 8, false}};
    case W::v128_load32x2_u: return {{MemKind::v32x2_u, 8, false}};
    case W::v128_load8_splat: return {{MemKind::splat8, 1, false}};
    case W::v128_load16_splat: return {{MemKind::splat16, 2, false}};
    case W::v128_load32_splat: return {{MemKind::splat32, 4, false}};
    case W::v128_load64_splat: return {{MemKind::splat64, 8, false}};
    case W::v128_load32_zero: return {{MemKind::zero32, 4, false}};
    case W::v128_load64_zero: return {{MemKind::zero64, 8, false}};
    case W::v128_store: return {{MemKind::v128, 16, true}};
    default: return std::nullopt;  // not a plain access
  }
}

// Of one lane: how the lane stands in memory.
std::optional<ScalarAccess> lane_access(isa::Op op) {
  using W = isa::Op;
  switch (op) {
    case W::v128_load8_lane: return {{MemKind::i8_u, 1, false}};
    case W::v128_load16_lane: return {{MemKind::i16_u, 2, false}};
    case W::v128_load32_lane: return {{MemKind::i32_u, 4, false}};
    case W::v128_load64_lane: return {{MemKind::i64, 8, false}};
    case W::v128_store8_lane: return {{MemKind::i8_u, 1, true}};
    case W::v128_store16_lane: return {{MemKind::i16_u, 2, true}};
    case W::v128_store32_lane: return {{MemKind::i32_u, 4, true}};
    case W::v128_store64_lane: return {{MemKind::i64, 8, true}};
    default: return std::nullopt;
  }
}

}  // namespace

bool Builder::memory_access(W op, Imm imm, Es args, Es results) {
  if (auto a = scalar_access(op)) {
    Place p = place(imm.index, use(args[0]), imm.value, a->size);
    if (a->store) store(p, a->kind, use(args[1]));
    else results[0].value.v = load(p, a->kind, type_of(results[0].type));
    return true;
  }
  if (auto a = lane_access(op)) {
    Place p = place(imm.index, use(args[0]), imm.value, a->size);
    Inst inst = make(a->store ? Op::store_lane : Op::load_lane);
    inst.access = access(p, a->kind);
    inst.access.lane = imm.lane;
    V in[3] = {p.base};
    size_t n = 1;
    if (p.index != V::none) in[n++] = p.index;
    in[n++] = use(args[1]);
    InstId id = g_.append(inst, {in, n}, a->store ? Type::none : Type::v128);
    if (!a->store) results[0].value.v = g_.value_of(id);
    return true;
  }
  return false;
}

// ------------------------------------------------------------------------------------------------
// Atomics: like other accesses, but an address that is not aligned traps.

Builder::Place Builder::atomic_place(uint32_t memory, V address, uint64_t offset, uint32_t size) {
  // As the interpreter: out of bounds before unaligned only where the check is explicit.
  if (size > 1) {
    V low = f_.type_of(address) == Type::i64 ? e_.op(W::i32_wrap_i64, {address}) : address;
    V sum = e_.op(W::i32_add, {low, e_.i32(static_cast<uint32_t>(offset))});
    e_.trap_if(e_.op(W::i32_and, {sum, e_.i32(size - 1)}), Trap::unaligned_atomic);
  }
  return place(memory, address, offset, size);
}

namespace {

MemKind kind_of_size(uint32_t size) {
  switch (size) {
    case 1: return MemKind::i8_u;
    case 2: return MemKind::i16_u;
    case 4: return MemKind::i32_u;
    default: return MemKind::i64;
  }
}

enum class AtomicForm : uint8_t { none, load, store, rmw, cmpxchg };
struct AtomicRow {
  AtomicForm form = AtomicForm::none;
  uint8_t size = 0;
  AtomicRmw rmw = AtomicRmw::add;
};

AtomicRow atomic_row(isa::Op op) {
  constexpr AtomicRmw rmw_add = AtomicRmw::add, rmw_sub = AtomicRmw::sub, rmw_and = AtomicRmw::and_,
                      rmw_or = AtomicRmw::or_, rmw_xor = AtomicRmw::xor_,
                      rmw_xchg = AtomicRmw::xchg;
  switch (op) {
#define ATOMIC_LOAD(name, prefix, code, text, imm, sig, feature, type) \
  case isa::Op::name: return {AtomicForm::load, sizeof(type)};
#define ATOMIC_STORE(name, prefix, code, text, imm, sig, feature, type) \
  case isa::Op::name: return {AtomicForm::store, sizeof(type)};
#define ATOMIC_RMW(name, prefix, code, text, imm, sig, feature, type, operation) \
  case isa::Op::name: return {AtomicForm::rmw, sizeof(type), operation};
#define ATOMIC_CMPXCHG(name, prefix, code, text, imm, sig, feature, type) \
  case isa::Op::name: return {AtomicForm::cmpxchg, sizeof(type)};
#include "isa/opcodes.def"
    default: return {};
  }
}

}  // namespace

bool Builder::atomic_access(W op, Imm imm, Es args, Es results) {
  switch (op) {
    case W::atomic_fence: g_.append(make(Op::fence), {}); return true;
    case W::memory_atomic_notify: {
      V at = effective_address(use(args[0]), imm.value);
      results[0].value.v =
          helper(Helper::memory_notify, {e_.i32(imm.index), at, use(args[1])}, Type::i32);
      return true;
    }
    case W::memory_atomic_wait32:
    case W::memory_atomic_wait64: {
      V at = effective_address(use(args[0]), imm.value);
      Helper h = op == W::memory_atomic_wait32 ? Helper::memory_wait32 : Helper::memory_wait64;
      results[0].value.v =
          helper(h, {e_.i32(imm.index), at, use(args[1]), use(args[2])}, Type::i32);
      return true;
    }
    default: break;  // those of the table
  }
  AtomicRow row = atomic_row(op);
  if (row.form == AtomicForm::none) return false;
  Place p = atomic_place(imm.index, use(args[0]), imm.value, row.size);
  Inst inst = make(Op::load);
  inst.access = access(p, kind_of_size(row.size));
  inst.access.atomic = true;
  inst.access.rmw = row.rmw;
  V in[4] = {p.base};
  size_t n = 1;
  if (p.index != V::none) in[n++] = p.index;
  for (size_t i = 1; i < args.size(); ++i) in[n++] = use(args[i]);
  // Of an expected value only what the access is wide counts.
  if (row.form == AtomicForm::cmpxchg && row.size < 8) {
    V& expected = in[n - 2];
    uint64_t mask = (uint64_t{1} << 8 * row.size) - 1;
    if (f_.type_of(expected) == Type::i64) expected = e_.op(W::i64_and, {expected, e_.i64(mask)});
    else if (row.size < 4)
      expected = e_.op(W::i32_and, {expected, e_.i32(static_cast<uint32_t>(mask))});
  }
  switch (row.form) {
    case AtomicForm::none:
    case AtomicForm::load: break;
    case AtomicForm::store: inst.op = Op::store; break;
    case AtomicForm::rmw: inst.op = Op::atomic_rmw; break;
    case AtomicForm::cmpxchg: inst.op = Op::atomic_cmpxchg; break;
  }
  InstId id = g_.append(inst, {in, n}, results.empty() ? Type::none : type_of(results[0].type));
  if (!results.empty()) results[0].value.v = g_.value_of(id);
  return true;
}

// ------------------------------------------------------------------------------------------------
// Sizes, bulk operations

Builder::V Builder::size_of_memory(uint32_t memory) {
  const module::MemoryType& type = m_.memories[memory].type;
  V pages = e_.op(W::i64_shr_u, {memory_length(memory), e_.i64(type.page_size_log2)});
  return type.limits.is64 ? pages : e_.op(W::i32_wrap_i64, {pages});
}

// Fuel of a bulk operation by its length.
void Builder::charge_bulk(V count, uint32_t shift) {
  if (!settings_.fuel) return;
  V units = e_.op(W::i64_shr_u, {e_.extend_u(count), e_.i64(shift)});
  V context = e_.context();
  V fuel = e_.load_field(context, ZWASM_CONTEXT_FUEL, Type::i64, MemKind::i64, Region::fuel);
  V short_of =
      e_.op(W::i32_or, {e_.op(W::i64_lt_s, {fuel, e_.i64(0)}), e_.op(W::i64_gt_u, {units, fuel})});
  // What is left is gone then.
  V rest = e_.select(short_of, e_.i64(~uint64_t{0}), e_.op(W::i64_sub, {fuel, units}));
  e_.store_field(context, ZWASM_CONTEXT_FUEL, rest, MemKind::i64, Region::fuel);
  e_.trap_if(short_of, Trap::out_of_fuel);
}

// Copies and fills of a few bytes, of a known number, are loads and stores. All loads come first,
// and the highest store before the others: if that is inside, so are they, and nothing is written
// by an operation that traps.
namespace {

struct Piece {
  uint32_t offset, size;
};
constexpr uint32_t kMaxPieces = 64;

// Pieces that cover n bytes; they may overlap.
std::vector<Piece> pieces_of(uint32_t n) {
  std::vector<Piece> out;
  const uint32_t size = n >= 16 ? 16 : n >= 8 ? 8 : n >= 4 ? 4 : n >= 2 ? 2 : 1;
  uint32_t at = 0;
  for (; at + size <= n; at += size) out.push_back({at, size});
  if (at == n) return out;
  if (n == 3) out.push_back({2, 1});
  else out.push_back({n - size, size});
  return out;
}

struct PieceAs {
  MemKind kind;
  Type type;
};
PieceAs piece_as(uint32_t size) {
  switch (size) {
    case 1: return {MemKind::i8_u, Type::i64};
    case 2: return {MemKind::i16_u, Type::i64};
    case 4: return {MemKind::i32_u, Type::i64};
    case 8: return {MemKind::i64, Type::i64};
    default: return {MemKind::v128, Type::v128};
  }
}

}  // namespace

bool Builder::copy_in_place(uint32_t to_memory, uint32_t from_memory, V to, V from, V count) {
  auto n = e_.constant_of(count);
  if (!n || n->lo == 0 || n->lo > kMaxPieces) return false;
  const auto bytes = static_cast<uint32_t>(n->lo);
  Place source = place(from_memory, from, 0, bytes), target = place(to_memory, to, 0, bytes);
  constexpr int32_t kMaxDisp =
      std::numeric_limits<int32_t>::max() - static_cast<int32_t>(kMaxPieces);
  if (source.disp > kMaxDisp || target.disp > kMaxDisp) return false;
  auto at = [](Place p, uint32_t offset) {
    p.disp += static_cast<int32_t>(offset);
    return p;
  };
  std::vector<Piece> pieces = pieces_of(bytes);
  std::vector<V> values;
  for (Piece p : pieces) {
    PieceAs as = piece_as(p.size);
    values.push_back(load(at(source, p.offset), as.kind, as.type));
  }
  for (size_t i = pieces.size(); i-- > 0;)
    store(at(target, pieces[i].offset), piece_as(pieces[i].size).kind, values[i]);
  return true;
}

bool Builder::fill_in_place(uint32_t memory, V to, V value, V count) {
  auto n = e_.constant_of(count);
  if (!n || n->lo == 0 || n->lo > kMaxPieces) return false;
  const auto bytes = static_cast<uint32_t>(n->lo);
  Place target = place(memory, to, 0, bytes);
  if (target.disp > std::numeric_limits<int32_t>::max() - static_cast<int32_t>(kMaxPieces))
    return false;
  std::vector<Piece> pieces = pieces_of(bytes);
  V byte = e_.extend_u(e_.op(W::i32_and, {value, e_.i32(0xFF)}));
  V filled = pieces[0].size == 16 ? e_.op(W::i8x16_splat, {value})
                                  : e_.op(W::i64_mul, {byte, e_.i64(0x0101010101010101)});
  for (size_t i = pieces.size(); i-- > 0;) {
    Place p = target;
    p.disp += static_cast<int32_t>(pieces[i].offset);
    store(p, piece_as(pieces[i].size).kind, filled);
  }
  return true;
}

void Builder::memory_op(W op, Imm imm, Es args, Es) {
  op_begin();
  if (op == W::data_drop) {
    helper(Helper::data_drop, {e_.i32(imm.index)});
    return;
  }
  V a = use(args[0]), b = use(args[1]), c = use(args[2]);
  charge_bulk(c, 3);
  if (op == W::memory_fill) {
    if (fill_in_place(imm.index, a, b, c)) return;
    helper(Helper::memory_fill, {e_.i32(imm.index), e_.extend_u(a), b, e_.extend_u(c)});
  } else if (op == W::memory_copy) {
    if (copy_in_place(imm.index, imm.index2, a, b, c)) return;
    helper(Helper::memory_copy,
           {e_.i32(imm.index), e_.i32(imm.index2), e_.extend_u(a), e_.extend_u(b), e_.extend_u(c)});
  } else {
    helper(Helper::memory_init, {e_.i32(imm.index2), e_.i32(imm.index), e_.extend_u(a), b, c});
  }
}

// ------------------------------------------------------------------------------------------------
// Tables

Builder::V Builder::table_view(uint32_t table) { return loaded_pointer(instance_.tables, table); }

// A table that cannot grow: its size is known, its elements do not move.
bool Builder::fixed_table(uint32_t table) const { return m_.tables[table].type.limits.is_fixed(); }

Builder::V Builder::table_size(uint32_t table) {
  if (fixed_table(table)) return e_.i64(m_.tables[table].type.limits.min);
  return load_shape(table_view(table), ZWASM_TABLE_SIZE);
}

Builder::V Builder::table_elements(uint32_t table) {
  if (!fixed_table(table)) return load_shape(table_view(table), ZWASM_TABLE_ELEMENTS);
  return table == 0 ? e_.load_field(e_.instance(), ZWASM_INSTANCE_TABLE_ELEMENTS, Type::i64,
                                    MemKind::i64, Region::invariant)
                    : e_.load_field(table_view(table), ZWASM_TABLE_ELEMENTS, Type::i64,
                                    MemKind::i64, Region::invariant);
}

void Builder::table_op(W op, Imm imm, Es args, Es results) {
  op_begin();
  const uint32_t table = imm.index;
  auto wrapped = [&](V v, uint32_t t) {
    return m_.tables[t].type.limits.is64 ? v : e_.op(W::i32_wrap_i64, {v});
  };
  switch (op) {
    case W::table_get:
    case W::table_set: {
      const bool func = is_func(m_.tables[table].type.elem);
      V at = e_.extend_u(use(args[0]));
      e_.trap_if(e_.op(W::i64_ge_u, {at, table_size(table)}), Trap::table_out_of_bounds);
      V elements = table_elements(table);
      Access a;
      a.region = Region::table;
      a.kind = func ? MemKind::i64 : MemKind::ref;
      a.scale = func ? 0 : 2;
      V offset = func ? e_.op(W::i64_shl, {at, e_.i64(4)}) : at;
      if (op == W::table_get) {
        results[0].value.v = e_.load(a, func ? Type::i64 : Type::ref, elements, offset);
        return;
      }
      V value = use(args[1]);
      e_.store(a, elements, offset, value);
      if (!func) return;
      // Beside the reference stands its type, 0 for null.
      a.kind = MemKind::i32_u;
      a.disp = ZWASM_FUNC_ENTRY_TYPE;
      Block parent = g_.current(), known = g_.add_block(), join = g_.add_block();
      V none = e_.i32(0);
      e_.branch(e_.is_null(value), join, known, Hint::unlikely, {&none, 1});
      g_.enter(known, parent);
      V type = e_.load_guarded(value, ZWASM_FUNC_REF_TYPE, Type::i32, MemKind::i32_u);
      g_.jump(join, {&type, 1});
      g_.enter_merge(join, parent, g_.now(), g_.now());
      static constexpr Type kI32[1] = {Type::i32};
      g_.merge_values(join, kI32, values_);
      e_.store(a, elements, offset, values_[0]);
      return;
    }
    case W::table_size: results[0].value.v = wrapped(table_size(table), table); return;
    case W::elem_drop: helper(Helper::elem_drop, {e_.i32(imm.index)}); return;
    case W::table_grow: {
      V value = use(args[0]), count = use(args[1]);
      charge_bulk(count, 0);
      V old = helper(Helper::table_grow, {e_.i32(table), value, e_.extend_u(count)}, Type::i64);
      results[0].value.v = wrapped(old, table);
      shapes_may_change();
      return;
    }
    default: break;  // three operands, below
  }
  V a = use(args[0]), b = use(args[1]), c = use(args[2]);
  charge_bulk(c, 0);
  if (op == W::table_fill) {
    helper(Helper::table_fill, {e_.i32(table), e_.extend_u(a), b, e_.extend_u(c)});
  } else if (op == W::table_copy) {
    helper(Helper::table_copy,
           {e_.i32(imm.index), e_.i32(imm.index2), e_.extend_u(a), e_.extend_u(b), e_.extend_u(c)});
  } else {
    helper(Helper::table_init, {e_.i32(imm.index2), e_.i32(imm.index), e_.extend_u(a), b, c});
  }
}

}  // namespace zwasm::ir
