// Builder: exceptions, those of exnref and the legacy ones.
//
// The dispatch block of a `try` has the exception as its parameter. It is entered when the covered
// code ends, and so knows all the calls that lead to it.
#include "ir/builder.h"

namespace zwasm::ir {

using isa::Trap;

void Builder::begin_scope(F& f) {
  open(f);
  f.control.target = g_.add_block();
  f.control.dispatch = g_.add_block();
  scopes_.push_back({f.control.dispatch, scope_});
  f.control.scope = scope_ = static_cast<uint32_t>(scopes_.size() - 1);
}

void Builder::try_(F& f, Es) { begin_scope(f); }

void Builder::try_table(F& f, Es, std::span<const module::CatchClause> catches) {
  begin_scope(f);
  f.control.clauses = static_cast<uint32_t>(clauses_.size());
  f.control.clause_count = static_cast<uint32_t>(catches.size());
  clauses_.insert(clauses_.end(), catches.begin(), catches.end());
}

// Hands an exception to the code that `scope` covers it with, or out of the function.
void Builder::throw_to(uint32_t scope, V exception) {
  if (scope != kNone) return g_.jump(scopes_[scope].dispatch, {&exception, 1});
  helper(Helper::throw_, {exception});
  g_.end(make(Op::unreachable));
}

// The current block becomes the one where the frame's exceptions arrive; which leaves the scope.
void Builder::enter_dispatch(F& f) {
  Control& c = f.control;
  c.scope = scope_ = scopes_[c.scope].outer;
  g_.enter_merge(c.dispatch, c.parent, c.begin, g_.now());
  f_.block(c.dispatch).cold = true;
  static constexpr Type kRef[1] = {Type::ref};
  g_.merge_values(c.dispatch, kRef, values_);
  c.exception.v = values_[0];
  c.dispatch = Block::none;
}

// Goes on in a new block if the exception has that tag, in c.otherwise if not; see callers.
void Builder::test_tag(F& f, uint32_t tag, V exception) {
  V have =
      load_object(exception, ZWASM_EXCEPTION_TAG, Type::i64, MemKind::i64, Region::heap_length);
  V want = loaded_pointer(instance_.tags, tag);
  Block parent = g_.current(), same = g_.add_block();
  f.control.otherwise = g_.add_block();
  e_.branch(e_.op(W::i64_eq, {have, want}), same, f.control.otherwise);
  g_.enter(same, parent);
}

// Argument number `arg` of an exception with that tag.
Builder::V Builder::payload(uint32_t tag, uint32_t arg, V exception) {
  std::span<const ValType> types = decoder_.tag_type(tag).params;
  uint32_t at = ZWASM_EXCEPTION_ARGS;
  for (uint32_t i = 0; i < arg; ++i) at += 8 * isa::slots_of(types[i]);
  Type type = type_of(types[arg]);
  return load_object(exception, static_cast<int32_t>(at), type, mem_kind_of(type), Region::heap);
}

// --- the end of covered code, or of the last arm. The current block has ended, but where nothing
// leads to the dispatch block.

void Builder::end_scope(F& f) {
  Control& c = f.control;
  if (c.dispatch == Block::none) {  // legacy: no tag matched
    if (c.otherwise == Block::none) return;
    g_.enter(c.otherwise, c.parent);
    return throw_to(c.scope, use(E{isa::kExnRef, c.exception}));
  }
  const uint32_t count = c.clause_count;
  if (g_.edge_count(c.dispatch) == 0) {
    c.scope = scope_ = scopes_[c.scope].outer;
  } else {
    enter_dispatch(f);
    V exception = c.exception.v;
    bool all = false;
    for (uint32_t i = 0; i < count && !all; ++i) {
      const module::CatchClause clause = clauses_[c.clauses + i];
      new_charge();
      std::vector<V> values;
      Block parent = g_.current();
      all = !clause.has_tag();
      if (!all) {
        test_tag(f, clause.tag, exception);
        for (uint32_t arg = 0; arg < decoder_.tag_type(clause.tag).params.size(); ++arg)
          values.push_back(payload(clause.tag, arg, exception));
      }
      if (clause.has_ref()) values.push_back(exception);
      go(decoder_.frame(clause.label), values);
      if (!all) g_.enter(c.otherwise, parent);
    }
    if (!all) throw_to(scope_, exception);
  }
  if (count != 0) clauses_.resize(c.clauses);
}

// --- legacy: the arms follow the covered code, and each goes on where the tag before did not match

void Builder::catch_(F& f, uint32_t tag, Es params) {
  Control& c = f.control;
  new_charge();
  if (c.dispatch != Block::none) enter_dispatch(f);
  else g_.enter(c.otherwise, c.parent);
  test_tag(f, tag, c.exception.v);
  for (uint32_t i = 0; i < params.size(); ++i) params[i].value.v = payload(tag, i, c.exception.v);
}

void Builder::catch_all(F& f) {
  Control& c = f.control;
  new_charge();
  if (c.dispatch != Block::none) enter_dispatch(f);
  else g_.enter(c.otherwise, c.parent);
  c.otherwise = Block::none;
}

void Builder::delegate(F& f, F& target) {
  // As if thrown where the target's label is: inside it while its covered code is open.
  uint32_t to = &target == &f ? scopes_[f.control.scope].outer : target.control.scope;
  enter_dispatch(f);
  throw_to(to, f.control.exception.v);
}

// --- throwing

void Builder::throw_(uint32_t tag, Es args) {
  op_begin();
  std::vector<V> values = use_all(args);
  V exception = helper(Helper::exception_new, {e_.i32(tag)}, Type::ref);
  int32_t at = ZWASM_EXCEPTION_ARGS;
  bool refs = false;
  for (size_t i = 0; i < values.size(); ++i) {
    Type type = f_.type_of(values[i]);
    V v = values[i];
    MemKind kind = MemKind::i64;
    // Arguments are slots: narrow ones zero-extended.
    switch (type) {
      case Type::none:
      case Type::i32: v = e_.extend_u(v); break;
      case Type::i64: break;
      case Type::f32: v = e_.extend_u(e_.op(W::i32_reinterpret_f32, {v})); break;
      case Type::f64: kind = MemKind::f64; break;
      case Type::v128: kind = MemKind::v128; break;
      case Type::ref:
        refs = true;
        kind = MemKind::ref;
        break;
    }
    store_object(exception, at, v, kind, Region::heap);
    at += type == Type::v128 ? 16 : 8;
  }
  if (refs) helper(Helper::remember, {exception});
  throw_to(scope_, exception);
  new_charge();
}

void Builder::throw_ref(E& ref) {
  op_begin();
  V exception = not_null(ref, Trap::null_exception_reference);
  throw_to(scope_, exception);
  new_charge();
}

void Builder::rethrow(F& target, uint32_t) {
  op_begin();
  E held{isa::kExnRef, target.control.exception};
  throw_to(scope_, use(held));
  new_charge();
}

}  // namespace zwasm::ir
