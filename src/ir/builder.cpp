// Builder: values, variables, what starts and ends a function.
#include "ir/builder.h"

#include <algorithm>

#include "base/assert.h"

namespace zwasm::ir {

using isa::ValKind;

// ------------------------------------------------------------------------------------------------
// The scan before

namespace {

struct Nothing {};
struct LoopNumber {
  uint32_t number = 0;
};

class Scan : public validate::NullConsumer<Nothing, LoopNumber> {
 public:
  Scan(const module::Module& module, const module::ModuleTypes& types, Assignments& assignments,
       std::vector<LoopInfo>& loops)
      : assignments_(assignments), loops_(loops), decoder_(module, types, *this), m_(module) {}

  bool run(uint32_t func) {
    body_offset_ = m_.bodies[func - m_.imported_funcs].offset;
    bool ok = decoder_.run_function(func).ok();
    // One variable more: see Builder::shape_state_.
    assignments_.index(static_cast<uint32_t>(decoder_.locals().size()) + 1);
    return ok;
  }

  void loop(F& f, Es) {
    f.control.number = static_cast<uint32_t>(loops_.size());
    loops_.push_back(
        {assignments_.now(), 0, static_cast<uint32_t>(decoder_.code_offset() - body_offset_)});
    assignments_.mark();
  }
  void end(F& f, Es) {
    if (f.kind == validate::ControlKind::loop) loops_[f.control.number].end = assignments_.now();
  }
  void local_set(uint32_t local, E&) { assignments_.write(local); }
  void local_tee(uint32_t local, E&, E&) { assignments_.write(local); }
  void call(uint32_t, Func, Es, Es) { shapes_may_change(); }
  void call_indirect(uint32_t, uint32_t, Func, E&, Es, Es) { shapes_may_change(); }
  void call_ref(uint32_t, Func, E&, Es, Es) { shapes_may_change(); }
  void simple(isa::Op op, Imm, Es, Es) {
    if (op == isa::Op::memory_grow) shapes_may_change();
  }
  void table_op(isa::Op op, Imm, Es, Es) {
    if (op == isa::Op::table_grow) shapes_may_change();
  }

 private:
  void shapes_may_change() { assignments_.write(static_cast<Var>(decoder_.locals().size())); }

  Assignments& assignments_;
  std::vector<LoopInfo>& loops_;
  validate::FuncDecoder<Scan, false> decoder_;
  const module::Module& m_;
  uint64_t body_offset_ = 0;
};

}  // namespace

bool scan_assignments(const module::Module& module, const module::ModuleTypes& types, uint32_t func,
                      Assignments& assignments, std::vector<LoopInfo>& loops) {
  return Scan(module, types, assignments, loops).run(func);
}

bool build(const module::Module& module, const module::ModuleTypes& types, uint32_t func,
           const BuildSettings& settings, Function& out, std::string& error) {
  Assignments assignments;
  std::vector<LoopInfo> loops;
  if (!scan_assignments(module, types, func, assignments, loops)) {
    error = "the body does not decode";
    return false;
  }
  if (settings.osr_position != BuildSettings::kNoOsr) {
    auto it = std::find_if(loops.begin(), loops.end(),
                           [&](const LoopInfo& l) { return l.position == settings.osr_position; });
    if (it == loops.end()) {
      error = "no loop that can be reached stands at " + std::to_string(settings.osr_position);
      return false;
    }
    assignments.everything_at(it->begin);
  }
  const module::FuncBody& body = module.bodies[func - module.imported_funcs];
  return Builder(module, types, settings, body, out, assignments, loops).run(func, error);
}

// ------------------------------------------------------------------------------------------------
// Functions

Builder::Builder(const module::Module& module, const module::ModuleTypes& types,
                 const BuildSettings& settings, const module::FuncBody& body, Function& function,
                 const Assignments& assignments, const std::vector<LoopInfo>& loops)
    : m_(module),
      types_(types),
      settings_(settings),
      f_(function),
      g_(function, assignments, body.code.size()),
      e_(g_, settings.opt_level >= 1),
      decoder_(module, types, *this),
      loops_(loops),
      instance_(runtime::instance_offsets(module)) {
  if (settings.osr_position != BuildSettings::kNoOsr)
    for (const LoopInfo& l : loops)
      if (l.position == settings.osr_position) osr_event_ = l.begin;
}

bool Builder::run(uint32_t func, std::string& error) {
  const module::FuncBody& body = m_.bodies[func - m_.imported_funcs];
  body_offset_ = body.offset;
  f_.func_index = func;
  f_.body_offset = static_cast<uint32_t>(body.offset);
  f_.osr = osr_event_ != kNone;
  f_.osr_position = f_.osr ? settings_.osr_position : 0;
  if (auto done = decoder_.run_function(func); !done.ok()) {
    error = done.error().message;
    return false;
  }
  if (g_.too_large()) {
    error = "too many values meet in the function";
    return false;
  }
  g_.finish(entry_);
  return true;
}

void Builder::begin_function(F&) {
  const module::FuncType& type = m_.func_type(decoder_.func_index());
  std::vector<Type> locals;
  for (ValType t : decoder_.locals()) locals.push_back(type_of(t));
  g_.declare(locals);
  shape_state_ = g_.declare_more(Type::none);
  for (ValType t : type.results) f_.signature.results.push_back(type_of(t));
  entry_ = g_.add_block();
  g_.enter(entry_, Block::none);
  for (uint32_t i = 0; i < type.params.size(); ++i) {
    V v = g_.add_entry_param(entry_, locals[i]);
    if (!f_.osr) f_.signature.params.push_back(locals[i]);
    g_.write(i, v);
  }
  if (f_.osr) f_.signature.params.push_back(Type::i64);
  if (settings_.poll_entries && !f_.osr) poll();
  if (settings_.fuel) charge_check();
}

void Builder::end_function() {}

// Every hook of an instruction that costs something begins with this.
void Builder::op_begin() {
  g_.set_position(static_cast<uint32_t>(decoder_.code_offset() - body_offset_));
  if (g_.too_large())
    return decoder_.fail(LoadError::Kind::limit, "too many values meet in the function");
  if (!settings_.fuel) return;
  if (charge_ == InstId::none) {
    V context = e_.context();
    V left = e_.load_field(context, ZWASM_CONTEXT_FUEL, Type::i64, MemKind::i64, Region::fuel);
    charge_ = g_.append(make(Op::const_i64), {}, Type::i64);
    V rest =
        g_.value_of(g_.append(make(op_of(W::i64_sub)), {left, g_.value_of(charge_)}, Type::i64));
    e_.store_field(context, ZWASM_CONTEXT_FUEL, rest, MemKind::i64, Region::fuel);
  }
  ++f_.inst(charge_).imm;
}

// At function entries and loop headers.
void Builder::charge_check() {
  V context = e_.context();
  V left = e_.load_field(context, ZWASM_CONTEXT_FUEL, Type::i64, MemKind::i64, Region::fuel);
  charge_ = g_.append(make(Op::const_i64), {}, Type::i64);
  V rest = g_.value_of(g_.append(make(op_of(W::i64_sub)), {left, g_.value_of(charge_)}, Type::i64));
  e_.store_field(context, ZWASM_CONTEXT_FUEL, rest, MemKind::i64, Region::fuel);
  e_.trap_if(e_.op(W::i64_lt_s, {rest, e_.i64(0)}), Trap::out_of_fuel);
}

// ------------------------------------------------------------------------------------------------
// Types and values

bool Builder::is_func(ValType type) const {
  if (!type.is_ref()) return false;
  isa::HeapType heap = type.heap();
  if (heap.is_bottom()) return false;
  if (heap.is_concrete()) return m_.types[heap.index()].kind == module::CompositeKind::func;
  return heap.abs() == isa::AbsHeap::func || heap.abs() == isa::AbsHeap::nofunc;
}

Type Builder::type_of(ValType type) const {
  return is_func(type) ? Type::i64 : type_of_kind(static_cast<uint8_t>(type.kind()));
}

std::vector<Type>& Builder::types_of(std::span<const ValType> types) {
  value_types_.clear();
  for (ValType t : types) value_types_.push_back(type_of(t));
  return value_types_;
}

Builder::V Builder::use(const E& e) {
  if (index(e.value.v) >= kVariable && e.value.v != V::none)
    return g_.read(index(e.value.v) - kVariable);
  return g_.resolve(e.value.v);
}

std::vector<Builder::V>& Builder::use_all(Es entries) {
  values_.clear();
  for (const E& e : entries) values_.push_back(use(e));
  return values_;
}

void Builder::give(Es results, std::span<const V> values) {
  ZWASM_ASSERT(results.size() == values.size());
  for (size_t i = 0; i < results.size(); ++i) results[i].value.v = values[i];
}

// A call of the runtime; its first argument is the instance.
Builder::V Builder::helper(Helper h, std::initializer_list<V> args, Type result) {
  V all[8];
  size_t n = 0;
  all[n++] = e_.instance();
  for (V v : args) all[n++] = v;
  f_.makes_calls = true;
  InstId id = g_.append(make(Op::call_helper, static_cast<uint32_t>(h)), {all, n}, result);
  return result == Type::none ? V::none : g_.value_of(id);
}

void Builder::signature(uint32_t type) {
  for (const auto& [number, known] : f_.signatures)
    if (number == type) return;
  if (f_.signatures.size() > 64) f_.signatures.clear();  // it only saves looking twice
  Signature s;
  for (ValType t : m_.types[type].func.params) s.params.push_back(type_of(t));
  for (ValType t : m_.types[type].func.results) s.results.push_back(type_of(t));
  f_.signatures.emplace_back(type, std::move(s));
}

// Entry `index` of one of the instance's arrays of pointers.
Builder::V Builder::loaded_pointer(uint32_t array, uint32_t index) {
  return e_.load_field(e_.instance(), static_cast<int32_t>(array + index * 8), Type::i64,
                       MemKind::i64, Region::invariant);
}

// ------------------------------------------------------------------------------------------------
// Variables

void Builder::local_get(uint32_t local, E& result) {
  op_begin();
  result.value.v = g_.read(local);
}

void Builder::local_set(uint32_t local, E& value) {
  op_begin();
  g_.next_event();
  g_.write(local, use(value));
}

void Builder::local_tee(uint32_t local, E& value, E& result) {
  op_begin();
  g_.next_event();
  result.value.v = use(value);
  g_.write(local, result.value.v);
}

// Of an immutable global of the module's own whose initializer is nothing but a constant.
std::optional<Const> Builder::constant_global(uint32_t global) const {
  const module::GlobalDecl& decl = m_.globals[global];
  if (global < m_.imported_globals || decl.type.mut) return std::nullopt;
  module::Reader reader(decl.init.code, decl.init.offset);
  Const value;
  switch (module::read_op(reader)) {
    case W::i32_const: value.lo = static_cast<uint32_t>(reader.s32()); break;
    case W::i64_const: value.lo = static_cast<uint64_t>(reader.s64()); break;
    case W::f32_const: value.lo = reader.fixed32(); break;
    case W::f64_const: value.lo = reader.fixed64(); break;
    case W::v128_const:
      value.lo = reader.fixed64();
      value.hi = reader.fixed64();
      break;
    default: return std::nullopt;  // computed, or a reference
  }
  if (module::read_op(reader) != W::end) return std::nullopt;
  return value;
}

void Builder::global_get(uint32_t global, E& result) {
  op_begin();
  if (auto value = constant_global(global)) {
    result.value.v = e_.constant(type_of(m_.globals[global].type.type), *value);
    return;
  }
  const module::GlobalType& type = m_.globals[global].type;
  Type t = type_of(type.type);
  Region region = type.mut ? Region::global : Region::invariant;
  // References move: what was read before a safepoint is another value after it.
  if (t == Type::ref) region = Region::global;
  if (global < m_.imported_globals) {
    V cell = loaded_pointer(instance_.globals, global);
    result.value.v = e_.load_field(cell, 0, t, mem_kind_of(t), region);
  } else {
    uint32_t at = instance_.own_globals +
                  (global - m_.imported_globals) * runtime::InstanceOffsets::kGlobalStride;
    result.value.v =
        e_.load_field(e_.instance(), static_cast<int32_t>(at), t, mem_kind_of(t), region);
  }
}

void Builder::global_set(uint32_t global, E& value) {
  op_begin();
  V v = use(value);
  Type t = f_.type_of(v);
  // A cell is a slot: narrow values are zero-extended in it.
  if (t == Type::i32 || t == Type::ref) {
    v = e_.extend_u(t == Type::ref ? e_.ref_bits(v) : v);
    t = Type::i64;
  } else if (t == Type::f32) {
    v = e_.extend_u(e_.op(W::i32_reinterpret_f32, {v}));
    t = Type::i64;
  }
  if (global < m_.imported_globals) {
    V cell = loaded_pointer(instance_.globals, global);
    e_.store_field(cell, 0, v, mem_kind_of(t), Region::global);
  } else {
    uint32_t at = instance_.own_globals +
                  (global - m_.imported_globals) * runtime::InstanceOffsets::kGlobalStride;
    e_.store_field(e_.instance(), static_cast<int32_t>(at), v, mem_kind_of(t), Region::global);
  }
}

void Builder::select(Es args, E& result) {
  op_begin();
  V a = use(args[0]), b = use(args[1]), cond = use(args[2]);
  result.value.v = e_.select(cond, a, b);
}

}  // namespace zwasm::ir
