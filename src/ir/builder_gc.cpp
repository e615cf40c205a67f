// Builder: references, objects, casts.
//
// An object is reached as heap base + the reference's bits. Bits are taken anew after each
// safepoint (Emitter::ref_bits), since there objects move.
//
// Casts become branches: to `yes` or `no`, by what the static type leaves open.
#include <algorithm>

#include "ir/builder.h"

namespace zwasm::ir {

using isa::AbsHeap;
using isa::Trap;
using runtime::gc::Shape;
using runtime::gc::Storage;

namespace {

constexpr uint64_t kShapeMask = (uint64_t{1} << 48) - 1;

}  // namespace

// ------------------------------------------------------------------------------------------------
// Objects

// The layout of a type's objects: the same as the runtime's own.
const Shape& Builder::shape_of(uint32_t type) {
  if (shapes_.empty()) shapes_.resize(m_.types.size(), nullptr);
  if (shapes_[type] == nullptr)
    shapes_[type] = shape_arena_.make(*types_.registry(), types_.id(type));
  return *shapes_[type];
}

// An instance whose code can make objects was made after the heap (runtime/instantiate.cpp).
Builder::V Builder::heap_base() {
  const bool makes_objects =
      !m_.tags.empty() || std::any_of(m_.types.begin(), m_.types.end(), [](const auto& type) {
        return type.kind != module::CompositeKind::func;
      });
  return e_.load_field(e_.context(), ZWASM_CONTEXT_HEAP_BASE, Type::i64, MemKind::i64,
                       makes_objects ? Region::invariant : Region::context);
}

Builder::V Builder::load_object(V ref, int32_t offset, Type type, MemKind kind, Region region) {
  Access a;
  a.kind = kind;
  a.region = region;
  a.disp = offset;
  V base = heap_base();
  return e_.load(a, type, base, e_.ref_bits(ref));
}

void Builder::store_object(V ref, int32_t offset, V value, MemKind kind, Region region) {
  Access a;
  a.kind = kind;
  a.region = region;
  a.disp = offset;
  V base = heap_base();
  e_.store(a, base, e_.ref_bits(ref), value);
}

// Traps if the reference, whose static type the entry has, is null.
Builder::V Builder::not_null(const E& e, Trap trap) {
  V v = use(e);
  if (e.type.is_ref() && e.type.nullable()) e_.trap_if(e_.is_null(v), trap);
  return v;
}

// A value as 64 bits, as helpers take them; of a v128 the half.
Builder::V Builder::bits_of(V v, uint8_t half) {
  switch (f_.type_of(v)) {
    case Type::none:
    case Type::i32: return half == 0 ? e_.extend_u(v) : e_.i64(0);
    case Type::i64: return half == 0 ? v : e_.i64(0);
    case Type::f32: return half == 0 ? e_.extend_u(e_.op(W::i32_reinterpret_f32, {v})) : e_.i64(0);
    case Type::f64: return half == 0 ? e_.op(W::i64_reinterpret_f64, {v}) : e_.i64(0);
    case Type::v128: return e_.op(W::i64x2_extract_lane, {v}, half);
    case Type::ref: return half == 0 ? e_.extend_u(e_.ref_bits(v)) : e_.i64(0);
  }
  return v;
}

// Makes an object of `size` bytes, with everything behind the header still to be written, but
// `length` if it is an array. Large objects and full nurseries are the helper's.
Builder::V Builder::allocate(uint32_t type, uint32_t size, V length) {
  const bool is_array = length != V::none;
  auto slow_path = [&] {
    return is_array ? helper(Helper::array_new_default, {e_.i32(type), length}, Type::ref)
                    : helper(Helper::struct_new, {e_.i32(type)}, Type::ref);
  };
  const Shape& shape = shape_of(type);
  const bool has_refs = is_array ? shape.elem == Storage::ref : !shape.refs.empty();
  // Remembered before its references are written: nothing collects in between.
  auto remembered = [&](V ref) {
    if (has_refs) helper(Helper::remember, {ref});
    return ref;
  };
  if (size > kMaxInlineObject) return remembered(slow_path());
  V context = e_.context();
  auto nursery = [&](int32_t offset) {
    return e_.load_field(context, offset, Type::i64, MemKind::i64, Region::context);
  };
  V next = nursery(ZWASM_CONTEXT_NURSERY_NEXT), end = nursery(ZWASM_CONTEXT_NURSERY_END);
  V after = e_.op(W::i64_add, {next, e_.i64(size)});
  Block parent = g_.current(), slow = g_.add_block(), fast = g_.add_block(), join = g_.add_block();
  e_.branch(e_.op(W::i64_gt_u, {after, end}), slow, fast, Hint::unlikely);
  g_.enter(fast, parent);
  e_.store_field(context, ZWASM_CONTEXT_NURSERY_NEXT, after, MemKind::i64, Region::context);
  V header = loaded_pointer(instance_.shapes, type);
  e_.store_field(next, ZWASM_OBJECT_HEADER, header, MemKind::i64, Region::heap_length);
  if (is_array)
    e_.store_field(next, ZWASM_ARRAY_LENGTH, length, MemKind::i32_u, Region::heap_length);
  V made = e_.ref_of_bits(e_.op(W::i32_wrap_i64, {e_.op(W::i64_sub, {next, heap_base()})}));
  g_.jump(join, {&made, 1});
  g_.enter(slow, parent);
  f_.block(slow).cold = true;
  V other = remembered(slow_path());
  g_.jump(join, {&other, 1});
  g_.enter_merge(join, parent, g_.now(), g_.now());
  static constexpr Type kRef[1] = {Type::ref};
  std::vector<V> out;
  g_.merge_values(join, kRef, out);
  return out[0];
}

// All of a new struct behind its header.
void Builder::write_zeros(V ref, uint32_t size) {
  V zero = e_.i64(0);
  for (uint32_t at = runtime::gc::kHeaderSize; at < size; at += 8)
    store_object(ref, static_cast<int32_t>(at), zero, MemKind::i64, Region::heap);
}

// A reference was written into an object: if the object is old and the reference young, the
// collector must know the place.
void Builder::barrier(V object, V offset, V value) {
  if (const Inst* inst = f_.definer(value);
      inst != nullptr && (inst->op == Op::null_ref || inst->op == Op::ref_of_bits))
    return;
  V limit = e_.i32(ZWASM_YOUNG_LIMIT);
  Block parent = g_.current(), old = g_.add_block(), done = g_.add_block();
  e_.branch(e_.op(W::i32_ge_u, {e_.ref_bits(object), limit}), old, done, Hint::unlikely);
  g_.enter(old, parent);
  f_.block(old).cold = true;
  V bits = e_.ref_bits(value);
  // Neither null (0 - 1 is large), nor old, nor an i31.
  V young =
      e_.op(W::i32_lt_u, {e_.op(W::i32_sub, {bits, e_.i32(1)}), e_.i32(ZWASM_YOUNG_LIMIT - 1)});
  V object_bit = e_.op(W::i32_eqz, {e_.op(W::i32_and, {bits, e_.i32(1)})});
  Block remember = g_.add_block();
  e_.branch(e_.op(W::i32_and, {young, object_bit}), remember, done);
  g_.enter(remember, old);
  f_.block(remember).cold = true;
  helper(Helper::remember_slot, {object, offset});
  g_.jump(done);
  g_.enter_merge(done, parent, g_.now(), g_.now());
}

// ------------------------------------------------------------------------------------------------
// Casts

// Ends the block: goes to `yes` if the reference, of static type `from`, is of type `to`.
void Builder::test_type(V ref, ValType from, ValType to, Block yes, Block no) {
  const Block parent = g_.current();
  auto go_on = [&](V cond, Block then) {
    Block next = g_.add_block();
    e_.branch(cond, then, next);
    g_.enter(next, parent);
  };
  if (from.nullable()) go_on(e_.is_null(ref), to.nullable() ? yes : no);
  auto always = [&](bool is) { g_.jump(is ? yes : no); };
  const isa::HeapType heap = to.heap();
  if (is_func(to)) {
    if (!heap.is_concrete()) return always(heap.abs() == AbsHeap::func);
    V actual = e_.load_guarded(ref, ZWASM_FUNC_REF_TYPE, Type::i32, MemKind::i32_u);
    V same = e_.op(W::i32_eq, {actual, canonical(heap.index())});
    if (m_.types[heap.index()].final) return e_.branch(same, yes, no);
    go_on(same, yes);
    return e_.branch(helper(Helper::func_type_matches, {actual, e_.i32(heap.index())}, Type::i32),
                     yes, no);
  }
  if (types_.matches(from.as_non_null(), to.as_non_null())) return always(true);
  // The lowest bit marks an i31.
  const isa::HeapType source = from.heap();
  const bool may_be_i31 = !source.is_concrete() && source.abs() != AbsHeap::struct_ &&
                          source.abs() != AbsHeap::array && source.abs() != AbsHeap::exn;
  auto is_i31 = [&] { return e_.op(W::i32_and, {e_.ref_bits(ref), e_.i32(1)}); };
  auto shape = [&] {
    V header = load_object(ref, ZWASM_OBJECT_HEADER, Type::i64, MemKind::i64, Region::heap_length);
    return e_.op(W::i64_and, {header, e_.i64(kShapeMask)});
  };
  auto kind = [&] { return e_.load_guarded(shape(), ZWASM_SHAPE_KIND, Type::i32, MemKind::i8_u); };
  auto is_kind = [&](Shape::Kind k) {
    return e_.op(W::i32_eq, {kind(), e_.i32(static_cast<uint32_t>(k))});
  };
  if (heap.is_concrete()) {
    if (may_be_i31) go_on(is_i31(), no);
    V s = shape(), id = canonical(heap.index());
    if (m_.types[heap.index()].final) {
      V have = e_.load_guarded(s, ZWASM_SHAPE_TYPE, Type::i32, MemKind::i32_u);
      return e_.branch(e_.op(W::i32_eq, {have, id}), yes, no);
    }
    const size_t depth = shape_of(heap.index()).display.size() - 1;
    V size = e_.load_guarded(s, ZWASM_SHAPE_DISPLAY_SIZE, Type::i64, MemKind::i64);
    go_on(e_.op(W::i64_le_u, {size, e_.i64(depth)}), no);
    V display = e_.load_guarded(s, ZWASM_SHAPE_DISPLAY, Type::i64, MemKind::i64);
    V have = e_.load_guarded(display, static_cast<int32_t>(depth * 4), Type::i32, MemKind::i32_u);
    return e_.branch(e_.op(W::i32_eq, {have, id}), yes, no);
  }
  switch (heap.abs()) {
    case AbsHeap::any:
    case AbsHeap::extern_:
    case AbsHeap::exn: return always(true);
    case AbsHeap::i31: return may_be_i31 ? e_.branch(is_i31(), yes, no) : always(false);
    case AbsHeap::eq:
      if (may_be_i31) go_on(is_i31(), yes);
      return e_.branch(is_kind(Shape::Kind::host), no, yes);
    case AbsHeap::struct_:
      if (may_be_i31) go_on(is_i31(), no);
      return e_.branch(is_kind(Shape::Kind::struct_), yes, no);
    case AbsHeap::array:
      if (may_be_i31) go_on(is_i31(), no);
      return e_.branch(is_kind(Shape::Kind::array), yes, no);
    case AbsHeap::none:
    case AbsHeap::noextern:
    case AbsHeap::noexn:
    case AbsHeap::func:
    case AbsHeap::nofunc: return always(false);
  }
}

// The canonical id of one of the module's types.
Builder::V Builder::canonical(uint32_t type) {
  return e_.load_field(e_.instance(), static_cast<int32_t>(instance_.types + type * 4), Type::i32,
                       MemKind::i32_u, Region::invariant);
}

void Builder::branch_on_cast(F& target, Es values, ValType from, ValType to, bool on_fail) {
  op_begin();
  V ref = use(values.back());
  std::vector<V> travel = use_all(values);
  Block parent = g_.current(), yes = g_.add_block(), no = g_.add_block();
  test_type(ref, from, to, yes, no);
  Block leaves = on_fail ? no : yes, stays = on_fail ? yes : no;
  target.control.used = true;
  if (g_.edge_count(leaves) != 0) {
    g_.enter_merge(leaves, parent, g_.now(), g_.now());
    go(target, travel);
  }
  g_.enter_merge(stays, parent, g_.now(), g_.now());
  new_charge();
}

void Builder::br_on_cast(F& target, uint32_t, Es values, ValType from, ValType to) {
  branch_on_cast(target, values, from, to, false);
}
void Builder::br_on_cast_fail(F& target, uint32_t, Es values, ValType from, ValType to) {
  branch_on_cast(target, values, from, to, true);
}

// ------------------------------------------------------------------------------------------------
// References

void Builder::ref_op(W op, Imm imm, Es args, Es results) {
  op_begin();
  V& result = results[0].value.v;
  switch (op) {
    case W::ref_null: result = is_func(results[0].type) ? e_.i64(0) : e_.null(); return;
    case W::ref_func: result = function_address(imm.index); return;
    case W::ref_is_null:
      result =
          args[0].type.is_ref() && !args[0].type.nullable() ? e_.i32(0) : e_.is_null(use(args[0]));
      return;
    case W::any_convert_extern:
    case W::extern_convert_any: result = use(args[0]); return;
    case W::ref_as_non_null: result = not_null(args[0], Trap::null_reference); return;
    case W::ref_eq: result = e_.ref_eq(use(args[0]), use(args[1])); return;
    case W::ref_i31:
      result = e_.ref_of_bits(
          e_.op(W::i32_or, {e_.op(W::i32_shl, {use(args[0]), e_.i32(1)}), e_.i32(1)}));
      return;
    case W::i31_get_s:
    case W::i31_get_u: {
      V bits = e_.ref_bits(not_null(args[0], Trap::null_i31_reference));
      result = e_.op(op == W::i31_get_s ? W::i32_shr_s : W::i32_shr_u, {bits, e_.i32(1)});
      return;
    }
    default: break;  // tests and casts
  }
  const bool nullable = op == W::ref_test_null || op == W::ref_cast_null;
  const bool is_test = op == W::ref_test || op == W::ref_test_null;
  ValType to = ValType::ref(imm.heap, nullable);
  V ref = use(args[0]);
  // (without checks the decoder does not say more than `any` of operands in the func hierarchy)
  ValType from = is_func(to) ? isa::kFuncRef : args[0].type;
  Block parent = g_.current(), yes = g_.add_block(), no = g_.add_block();
  test_type(ref, from, to, yes, no);
  if (!is_test) {
    if (g_.edge_count(no) != 0) {
      g_.enter_merge(no, parent, g_.now(), g_.now());
      e_.trap(Trap::cast_failure);
    }
    g_.enter_merge(yes, parent, g_.now(), g_.now());
    result = ref;
    return;
  }
  Block join = g_.add_block();
  for (uint32_t is : {1u, 0u}) {
    Block b = is != 0 ? yes : no;
    if (g_.edge_count(b) == 0) continue;
    g_.enter_merge(b, parent, g_.now(), g_.now());
    V v = e_.i32(is);
    g_.jump(join, {&v, 1});
  }
  g_.enter_merge(join, parent, g_.now(), g_.now());
  static constexpr Type kI32[1] = {Type::i32};
  g_.merge_values(join, kI32, values_);
  result = values_[0];
}

}  // namespace zwasm::ir
