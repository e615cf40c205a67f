// Builder: calls.
#include "ir/builder.h"

namespace zwasm::ir {

// The FuncRef of a function of the module.
Builder::V Builder::function_address(uint32_t func) {
  if (func < m_.imported_funcs) return loaded_pointer(instance_.funcs, func);
  uint64_t at = instance_.own_funcs +
                uint64_t{func - m_.imported_funcs} * runtime::InstanceOffsets::kFuncStride;
  return e_.op(W::i64_add, {e_.instance(), e_.i64(at)});
}

// A call as the current block's last instruction if an exception would have a handler here; the
// code goes on in a new block then.
InstId Builder::covered(Inst inst, std::span<const V> args, std::span<const Type> results) {
  f_.makes_calls = true;
  if (scope_ == kNone) return g_.append(inst, args, results);
  Block parent = g_.current(), normal = g_.add_block(), pad = g_.add_block();
  InstId id = g_.invoke(inst, args, results, normal, pad);
  g_.enter(pad, parent);
  f_.block(pad).cold = true;
  V exception = g_.value_of(g_.append(make(Op::landing_pad), {}, Type::ref));
  g_.jump(scopes_[scope_].dispatch, {&exception, 1});
  g_.enter(normal, parent);
  return id;
}

void Builder::finish_call(Inst inst, std::span<const V> args, Es results) {
  std::vector<Type> types;
  for (const E& e : results) types.push_back(type_of(e.type));
  InstId id = covered(inst, args, types);
  for (uint32_t i = 0; i < results.size(); ++i)
    results[i].value.v = Function::result(f_.inst(id), i);
  shapes_may_change();
}

void Builder::call(uint32_t func, FuncType, Es args, Es results) {
  op_begin();
  signature(m_.funcs[func].type);
  if (func >= m_.imported_funcs) return finish_call(make(Op::call, func), use_all(args), results);
  V callee = function_address(func);
  use_all(args).insert(values_.begin(), callee);
  finish_call(make(Op::call_ref, m_.funcs[func].type), values_, results);
}

// The function that element `index` of the table refers to, of a matching type.
Builder::V Builder::look_up(uint32_t type, uint32_t table, V index) {
  V at = e_.extend_u(index);
  e_.trap_if(e_.op(W::i64_ge_u, {at, table_size(table)}), Trap::undefined_element);
  V elements = table_elements(table);
  V offset = e_.op(W::i64_shl, {at, e_.i64(4)});
  static_assert(ZWASM_FUNC_ENTRY_SIZE == 16);
  Access access;
  access.region = Region::table;
  access.kind = MemKind::i32_u;
  access.disp = ZWASM_FUNC_ENTRY_TYPE;
  V actual = e_.load(access, Type::i32, elements, offset);
  access.kind = MemKind::i64;
  access.disp = ZWASM_FUNC_ENTRY_REF;
  V ref = e_.load(access, Type::i64, elements, offset);
  V expected = canonical(type);
  Block parent = g_.current(), differs = g_.add_block(), fits = g_.add_block();
  e_.branch(e_.op(W::i32_ne, {actual, expected}), differs, fits, Hint::unlikely);
  g_.enter(differs, parent);
  f_.block(differs).cold = true;
  // An empty element has type 0. A final type has no subtypes.
  e_.trap_if(e_.op(W::i32_eqz, {actual}), Trap::uninitialized_element);
  if (m_.types[type].final) {
    e_.trap(Trap::indirect_call_type_mismatch);
  } else {
    V matches = helper(Helper::func_type_matches, {actual, e_.i32(type)}, Type::i32);
    e_.trap_if(e_.op(W::i32_eqz, {matches}), Trap::indirect_call_type_mismatch);
    g_.jump(fits);
  }
  g_.enter_merge(fits, parent, g_.now(), g_.now());
  return ref;
}

void Builder::call_indirect(uint32_t type, uint32_t table, FuncType, E& index, Es args,
                            Es results) {
  op_begin();
  signature(type);
  V callee = look_up(type, table, use(index));
  use_all(args).insert(values_.begin(), callee);
  finish_call(make(Op::call_ref, type), values_, results);
}

void Builder::call_ref(uint32_t type, FuncType, E& ref, Es args, Es results) {
  op_begin();
  signature(type);
  V callee = not_null(ref, Trap::null_function_reference);
  use_all(args).insert(values_.begin(), callee);
  finish_call(make(Op::call_ref, type), values_, results);
}

// Tail calls leave the function: handlers around them do not see what they throw.

void Builder::return_call(uint32_t func, FuncType, Es args) {
  op_begin();
  signature(m_.funcs[func].type);
  f_.makes_calls = true;
  if (func >= m_.imported_funcs) {
    g_.end(make(Op::tail_call, func), use_all(args));
  } else {
    V callee = function_address(func);
    use_all(args).insert(values_.begin(), callee);
    g_.end(make(Op::tail_call_ref, m_.funcs[func].type), values_);
  }
  new_charge();
}

void Builder::return_call_indirect(uint32_t type, uint32_t table, FuncType, E& index, Es args) {
  op_begin();
  signature(type);
  f_.makes_calls = true;
  V callee = look_up(type, table, use(index));
  use_all(args).insert(values_.begin(), callee);
  g_.end(make(Op::tail_call_ref, type), values_);
  new_charge();
}

void Builder::return_call_ref(uint32_t type, FuncType, E& ref, Es args) {
  op_begin();
  signature(type);
  f_.makes_calls = true;
  V callee = not_null(ref, Trap::null_function_reference);
  use_all(args).insert(values_.begin(), callee);
  g_.end(make(Op::tail_call_ref, type), values_);
  new_charge();
}

}  // namespace zwasm::ir
