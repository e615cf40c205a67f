// A stack machine over the bytes of a validated expression. The stack lies in the store, where
// the collector sees it: expressions allocate.
#include "runtime/const_expr.h"

#include <cstring>

#include "module/immediates.h"
#include "module/reader.h"
#include "runtime/gc/arrays.h"
#include "runtime/gc/fields.h"
#include "runtime/gc/heap.h"
#include "runtime/instance.h"

namespace zwasm::runtime {

using isa::Op;
using isa::Trap;

class ConstEvaluator {
 public:
  explicit ConstEvaluator(Instance& instance)
      : instance_(instance),
        context_(*instance.context),
        stack_(Store::of(instance).const_stack_),
        base_(stack_.size()) {}
  ~ConstEvaluator() { stack_.resize(base_); }

  Trap run(const module::ConstExpr& expr, GlobalCell& result);

 private:
  Trap step(Op op, const module::Immediates& imm);
  Trap struct_new(uint32_t type, bool defaults);
  Trap array_new(uint32_t type, uint64_t length, bool defaults);
  Trap array_new_fixed(uint32_t type, uint32_t length);

  void push(GlobalCell cell, bool is_heap_ref = false) { stack_.push_back({cell, is_heap_ref}); }
  void push_u64(uint64_t value) {
    GlobalCell cell{};
    cell.slots[0].u64 = value;
    push(cell);
  }
  Trap push_object(GcRef ref) {
    if (ref == kNullRef) return Trap::heap_exhausted;
    GlobalCell cell{};
    cell.slots[0].u64 = ref;
    push(cell, true);
    return Trap::none;
  }
  GlobalCell pop() {
    GlobalCell cell = stack_.back().cell;
    stack_.pop_back();
    return cell;
  }
  // Two operands become one, computed in 64 bits; `mask` cuts it to the width of the type.
  template <class F>
  Trap binary(uint64_t mask, F compute) {
    uint64_t b = pop().slots[0].u64;
    uint64_t a = pop().slots[0].u64;
    push_u64(compute(a, b) & mask);
    return Trap::none;
  }
  const LoadedModule& module() const { return *instance_.module; }

  Instance& instance_;
  StoreContext& context_;
  std::vector<ConstValue>& stack_;
  size_t base_;
};

Trap ConstEvaluator::run(const module::ConstExpr& expr, GlobalCell& result) {
  module::Reader reader(expr.code, expr.offset);
  module::ImmediateStorage storage;
  module::Immediates imm;
  for (;;) {
    Op op = module::read_op(reader);
    if (op == Op::end || !reader.ok()) break;
    module::read_immediates(reader, isa::op_info(op).imm, imm, storage);
    Trap trap = step(op, imm);
    if (trap != Trap::none) return trap;
  }
  result = pop();
  return Trap::none;
}

Trap ConstEvaluator::step(Op op, const module::Immediates& imm) {
  constexpr uint64_t kLow = 0xFFFFFFFF;
  constexpr uint64_t kAll = ~uint64_t{0};
  // Only the ops that validation admits in constant expressions can occur.
  // NOLINTNEXTLINE
  if (op == Op::i32_const || op == Op::f32_const) return push_u64(imm.value & kLow), Trap::none;
  if (op == Op::i64_const || op == Op::f64_const) return push_u64(imm.value), Trap::none;
  if (op == Op::v128_const) {
    GlobalCell cell;
    std::memcpy(&cell, imm.bytes, 16);
    return push(cell), Trap::none;
  }
  if (op == Op::i32_add) return binary(kLow, [](auto a, auto b) { return a + b; });
  if (op == Op::i32_sub) return binary(kLow, [](auto a, auto b) { return a - b; });
  if (op == Op::i32_mul) return binary(kLow, [](auto a, auto b) { return a * b; });
  if (op == Op::i64_add) return binary(kAll, [](auto a, auto b) { return a + b; });
  if (op == Op::i64_sub) return binary(kAll, [](auto a, auto b) { return a - b; });
  if (op == Op::i64_mul) return binary(kAll, [](auto a, auto b) { return a * b; });
  if (op == Op::global_get) {
    isa::ValType type = module().module().globals[imm.index].type.type;
    bool heap_ref = type.is_ref() && !module().is_func_ref(type);
    return push(*instance_.globals[imm.index], heap_ref), Trap::none;
  }
  if (op == Op::ref_null) return push_u64(0), Trap::none;
  if (op == Op::ref_func) {
    GlobalCell cell{};
    cell.slots[0].func = instance_.funcs[imm.index];
    return push(cell), Trap::none;
  }
  if (op == Op::ref_i31) {
    push_u64(((pop().slots[0].u32 << 1) | 1) & kLow);
    return Trap::none;
  }
  if (op == Op::struct_new || op == Op::struct_new_default)
    return struct_new(imm.index, op == Op::struct_new_default);
  if (op == Op::array_new || op == Op::array_new_default)
    return array_new(imm.index, pop().slots[0].u32, op == Op::array_new_default);
  if (op == Op::array_new_fixed) return array_new_fixed(imm.index, imm.index2);
  // any.convert_extern and extern.convert_any change nothing.
  return Trap::none;
}

Trap ConstEvaluator::struct_new(uint32_t type, bool defaults) {
  const gc::Shape& shape = *instance_.shapes[type];
  GcRef object = GcHeap::allocate(context_, shape);
  if (object == kNullRef) return Trap::heap_exhausted;
  std::memset(context_.heap_base + object + gc::kHeaderSize, 0, shape.size - gc::kHeaderSize);
  if (!defaults) {
    size_t count = shape.fields.size();
    for (size_t i = 0; i < count; ++i) {
      const gc::Shape::Field& field = shape.fields[i];
      write_field(context_, object, field.offset, field.storage,
                  stack_[stack_.size() - count + i].cell.slots);
    }
    stack_.resize(stack_.size() - count);
  }
  GcHeap::remember_object(context_, object);
  return push_object(object);
}

Trap ConstEvaluator::array_new(uint32_t type, uint64_t length, bool defaults) {
  const Slot* value = defaults ? nullptr : stack_.back().cell.slots;
  GcRef array = runtime::array_new(context_, *instance_.shapes[type], length, value);
  if (!defaults) pop();
  return push_object(array);
}

Trap ConstEvaluator::array_new_fixed(uint32_t type, uint32_t length) {
  const gc::Shape& shape = *instance_.shapes[type];
  GcRef array = GcHeap::allocate_array(context_, shape, length);
  if (array == kNullRef) return Trap::heap_exhausted;
  uint32_t size = gc::storage_size(shape.elem);
  for (uint32_t i = 0; i < length; ++i)
    write_field(context_, array, shape.elem_offset + i * size, shape.elem,
                stack_[stack_.size() - length + i].cell.slots);
  stack_.resize(stack_.size() - length);
  GcHeap::remember_object(context_, array);
  return push_object(array);
}

Trap evaluate(Instance& instance, const module::ConstExpr& expr, GlobalCell& result) {
  return ConstEvaluator(instance).run(expr, result);
}

}  // namespace zwasm::runtime
