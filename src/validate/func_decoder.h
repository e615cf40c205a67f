// The only loop over bytecode. FuncDecoder walks a function body (or a constant expression) once,
// keeps the typed operand stack and the control stack, and reports each instruction to a consumer:
// the validator, the interpreter's translator, the SSA builder, the evaluator of constant
// expressions. What a consumer is and all its hooks: see consumer.h.
//
// With kChecked the walk validates: features, indices, types; the first error ends it. Without, the
// code is known to be valid: checks compile out, and code that is not live is only skipped.
//
//   FuncDecoder<Translator, false> decoder(module, types, translator);
//   LoadResult<void> done = decoder.run_function(func_index);
//
// One decoder can run many functions one after the other and uses its memory again.
//
// The operand stack is one array. An instruction looks at its operands in place (`need`), its
// results are staged above them, the hook sees both, then the results move down (`finish`):
//
//      … a b            need(2) -> args
//      … a b | r        stage(types) -> results; hook(args, results)
//      … r              finish(args, 1)
//
// Behind an unconditional branch the stack is polymorphic: `need` then puts operands of type
// bottom below those that are there, which is what the specification's typing amounts to.
//
// Time and memory are linear in the size of the body; nothing recurses.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/concat.h"
#include "base/error.h"
#include "isa/features.h"
#include "isa/op_shape.h"
#include "isa/opcodes.h"
#include "module/immediates.h"
#include "module/module.h"
#include "module/reader.h"
#include "module/type_registry.h"
#include "validate/consumer.h"
#include "validate/rules.h"

namespace zwasm::validate {

enum class Hint : uint8_t { none, unlikely, likely };

template <class Consumer, bool kChecked>
class FuncDecoder {
 public:
  using Value = typename Consumer::Value;
  using Entry = validate::Entry<Value>;
  using Entries = std::span<Entry>;
  using Frame = validate::Frame<typename Consumer::Control>;
  static_assert(std::is_trivially_copyable_v<Value>);

  FuncDecoder(const module::Module& module, const module::ModuleTypes& types, Consumer& consumer,
              isa::FeatureSet features = isa::FeatureSet::all())
      : module_(module), types_(types), consumer_(consumer), features_(features) {
    grow(kFirstStackSize);
  }
  FuncDecoder(const FuncDecoder&) = delete;
  FuncDecoder& operator=(const FuncDecoder&) = delete;

  // Walks the body of a defined function.
  LoadResult<void> run_function(uint32_t func);
  // Walks a constant expression that must leave one value of type `expected`. Globals from
  // `visible_globals` on do not exist for it.
  LoadResult<void> run_const_expr(const module::ConstExpr& expr, ValType expected,
                                  uint32_t visible_globals);

  // For hooks.

  // Where the current instruction starts, in the whole input.
  module::Offset code_offset() const { return op_offset_; }
  isa::Op op() const { return op_; }
  uint32_t func_index() const { return func_; }
  // Parameters, then locals.
  TypeSpan locals() const { return locals_; }
  // Control frames; 0 is the innermost. The outermost is the function's.
  Frame& frame(uint32_t depth) { return control_[control_.size() - 1 - depth]; }
  uint32_t control_depth() const { return static_cast<uint32_t>(control_.size()); }
  // All operands, from the bottom. (In a hook: operands still there, results not yet.)
  Entries operands() { return {base_, top_}; }
  uint32_t operand_count() const { return static_cast<uint32_t>(top_ - base_); }
  bool memory_is64(uint32_t memory) const { return module_.memories[memory].type.limits.is64; }
  bool table_is64(uint32_t table) const { return module_.tables[table].type.limits.is64; }
  const module::FuncType& tag_type(uint32_t tag) const {
    return module_.types[module_.tags[tag].type].func;
  }
  // What the module's producer said about the current instruction.
  Hint branch_hint();
  [[gnu::cold, gnu::noinline]] void fail(LoadError::Kind kind, std::string message) {
    reader_.fail(kind, std::move(message), op_offset_);
  }

 private:
  using Op = isa::Op;
  using Kind = ControlKind;
  static constexpr uint32_t kFirstStackSize = 256;
  // Entries that are always free above the top when an instruction starts.
  static constexpr uint32_t kSlack = 16;

  // func_decoder.h: the machinery
  void start(const uint8_t* begin, size_t size, module::Offset offset, TypeSpan results);
  LoadResult<void> walk();
  void step();
  Op next_op();
  void dispatch();
  // What a module that is wrong runs into is kept out of the way of the others.
  [[gnu::cold, gnu::noinline]] void invalid(std::string message) {
    fail(LoadError::Kind::invalid, std::move(message));
  }
  [[gnu::cold, gnu::noinline]] void invalid(const char* message) { invalid(std::string(message)); }
  [[gnu::cold, gnu::noinline]] void type_mismatch(std::string_view more) {
    invalid("type mismatch: " + std::string(more));
  }
  [[gnu::cold, gnu::noinline]] void unknown_index(const char* what, uint32_t index) {
    invalid(unknown(what, index));
  }
  [[gnu::cold]] void mismatch_at(const Entry* args, uint32_t i, ValType expected);
  bool live() const { return frame_->live && reader_.ok(); }
  bool matches(ValType sub, ValType super) const {
    return sub == super || subtype(types_, sub, super);
  }
  void grow(size_t count);
  void room(size_t count) {
    if (static_cast<size_t>(limit_ - top_) < count) [[unlikely]]
      grow(count);
  }
  // The top `count` operands. `types`, if given, are what the first of them should be (for the
  // message only).
  Entry* need(uint32_t count, TypeSpan types = {}) {
    if constexpr (kChecked) {
      if (static_cast<size_t>(top_ - base_) < size_t{frame_->height} + count) [[unlikely]]
        supply(count, types);
    }
    return top_ - count;
  }
  void supply(uint32_t count, TypeSpan types);
  std::string found_types(uint32_t most) const;
  void check(const Entry* args, uint32_t i, ValType expected) {
    if constexpr (kChecked)
      if (args[i].type != expected) [[unlikely]] {
        if (!subtype(types_, args[i].type, expected)) mismatch_at(args, i, expected);
      }
  }
  void check_all(const Entry* args, TypeSpan types) {
    for (uint32_t i = 0; i < types.size(); ++i) check(args, i, types[i]);
  }
  Entry* stage(ValType type) {
    *top_ = Entry{type, Value{}};
    return top_;
  }
  Entry* stage(TypeSpan types) {
    for (uint32_t i = 0; i < types.size(); ++i) top_[i] = Entry{types[i], Value{}};
    return top_;
  }
  void finish(Entry* args, uint32_t result_count) {
    if (args != top_)
      for (uint32_t i = 0; i < result_count; ++i) args[i] = top_[i];
    top_ = args + result_count;
  }
  // Pops `arg_types`, tells `hook(args, results)`, pushes one result or none.
  template <class Hook>
  void apply(std::initializer_list<ValType> arg_types, Hook&& hook);
  template <class Hook>
  void apply(std::initializer_list<ValType> arg_types, ValType result, Hook&& hook);
  void end_live_code() {
    frame_->live = false;
    frame_->polymorphic = true;
    top_ = base_ + frame_->height;
  }
  bool bad_index(uint32_t index, size_t count, const char* what) {
    if constexpr (kChecked)
      if (index >= count) [[unlikely]]
        return unknown_index(what, index), true;
    return false;
  }
  [[gnu::noinline]] bool bad_type(ValType type) {
    if constexpr (kChecked) {
      std::string problem = val_type_problem(module_, features_, type);
      if (!problem.empty()) return invalid(std::move(problem)), true;
    }
    return false;
  }
  void require_feature(isa::Feature feature) {
    if constexpr (kChecked)
      if (!features_.has(feature)) invalid(feature_message(feature, isa::op_info(op_).text));
  }
  void check_op_allowed();
  void read_immediate(isa::Imm kind);
  void simple(const isa::OpShape& shape);
  void access(const isa::OpShape& shape, ValType& address);
  void check_memarg(const isa::OpShape& shape);
  void check_memory_byte();
  ValType memory_address(uint32_t m) const { return memory_is64(m) ? isa::kI64 : isa::kI32; }
  ValType table_address(uint32_t t) const { return table_is64(t) ? isa::kI64 : isa::kI32; }
  TypeSpan span_of(ValType type);

  // func_decoder_control.h
  bool block_signature(TypeSpan& params, TypeSpan& results);
  Frame& push_frame(Kind kind, TypeSpan params, TypeSpan results);
  void open_block(Kind kind);
  void check_catches();
  void restart_frame(Kind kind, TypeSpan operands);
  bool fallthrough();
  void forget_initialized();
  void do_else();
  void do_catch();
  void do_catch_all();
  void do_delegate();
  void do_end();
  void close_frame();
  Frame* branch_target(uint32_t depth);
  Entry* branch_operands(Frame& target, uint32_t above);
  void settle(Entry* values, TypeSpan types);
  void do_br();
  void do_br_if();
  void do_br_table();
  void do_br_on_null();
  void do_br_on_non_null();
  void do_br_on_cast(bool on_fail);
  void do_return();
  void do_throw();
  void do_throw_ref();
  void do_rethrow();
  bool tail_call_results(const module::FuncType& type);
  template <class Hook>
  void do_call_with(const module::FuncType& type, ValType last, Hook&& hook);
  template <class Hook>
  void do_return_call_with(const module::FuncType& type, ValType last, Hook&& hook);
  void do_call(bool tail);
  void do_call_indirect(bool tail);
  void do_call_ref(bool tail);

  // func_decoder_ops.h
  void do_select();
  void do_select_typed();
  void do_local_get();
  void do_local_set();
  void do_local_tee();
  void mark_initialized(uint32_t local);
  void do_global();
  void do_memory_op();
  void do_table_op();
  void do_ref_op();
  void do_ref_cast(bool test, bool nullable);
  void do_convert(isa::AbsHeap from, isa::AbsHeap to);
  const module::SubType* composite(uint32_t index, module::CompositeKind kind);
  void do_struct_op();
  void do_array_op();
  void do_array_new(const module::SubType& type, ValType elem);
  bool check_data(uint32_t data);
  bool check_numeric_elem(ValType elem);
  bool check_mutable(bool mut, const char* message);

  const module::Module& module_;
  const module::ModuleTypes& types_;
  Consumer& consumer_;
  const isa::FeatureSet features_;

  module::Reader reader_;
  module::Offset op_offset_ = 0;
  Op op_ = Op::nop;
  module::Immediates imm_;
  module::ImmediateStorage storage_;

  std::vector<Entry> stack_;
  Entry* base_ = nullptr;
  Entry* top_ = nullptr;
  Entry* limit_ = nullptr;
  std::vector<Frame> control_;
  Frame* frame_ = nullptr;  // control_.back()

  uint32_t func_ = 0;
  std::vector<ValType> locals_;
  // Locals without a default value: which have been set, in what order (to take it back).
  bool tracks_init_ = false;
  std::vector<bool> unset_;
  std::vector<uint32_t> init_list_;

  // Frames have spans of types; those of blocks with one reference result live here.
  Arena type_arena_;
  TypeSpan last_span_;

  bool const_expr_ = false;
  uint32_t visible_globals_ = 0;
  std::span<const module::BranchHint> hints_;
  uint64_t body_start_ = 0;
};

// ------------------------------------------------------------------------------------------------

template <class C, bool K>
LoadResult<void> FuncDecoder<C, K>::run_function(uint32_t func) {
  const module::FuncType& type = module_.func_type(func);
  const module::FuncBody& body = module_.bodies[func - module_.imported_funcs];
  func_ = func;
  const_expr_ = false;
  visible_globals_ = static_cast<uint32_t>(module_.globals.size());
  locals_.assign(type.params.begin(), type.params.end());
  for (const module::LocalRun& run : body.locals)
    locals_.insert(locals_.end(), run.count, run.type);
  if constexpr (K) {
    tracks_init_ = false;
    for (const module::LocalRun& run : body.locals) {
      if (!run.type.is_ref()) {
        if (run.type != isa::kV128 || features_.has(isa::Feature::simd)) continue;
      }
      if (!run.type.defaultable()) tracks_init_ = true;
      op_offset_ = body.start;
      std::string problem = val_type_problem(module_, features_, run.type);
      if (!problem.empty())
        return Err{LoadError{LoadError::Kind::invalid, std::move(problem), body.start}};
    }
    if (tracks_init_) {
      unset_.assign(locals_.size(), false);
      for (size_t i = type.params.size(); i < locals_.size(); ++i)
        unset_[i] = !locals_[i].defaultable();
    }
  }
  hints_ = {};
  if (!module_.branch_hints.empty()) {
    auto it =
        std::lower_bound(module_.branch_hints.begin(), module_.branch_hints.end(), func,
                         [](const module::FuncBranchHints& h, uint32_t f) { return h.func < f; });
    if (it != module_.branch_hints.end() && it->func == func) hints_ = it->hints;
  }
  body_start_ = body.start;
  start(body.code.data(), body.code.size(), body.offset, type.results);
  return walk();
}

template <class C, bool K>
LoadResult<void> FuncDecoder<C, K>::run_const_expr(const module::ConstExpr& expr, ValType expected,
                                                   uint32_t visible_globals) {
  func_ = 0;
  const_expr_ = true;
  visible_globals_ = visible_globals;
  locals_.clear();
  tracks_init_ = false;
  hints_ = {};
  TypeSpan results = span_of(expected);
  start(expr.code.data(), expr.code.size(), expr.offset, results);
  return walk();
}

template <class C, bool K>
void FuncDecoder<C, K>::start(const uint8_t* begin, size_t size, module::Offset offset,
                              TypeSpan results) {
  reader_ = module::Reader({begin, size}, offset);
  op_offset_ = offset;
  top_ = base_;
  control_.clear();
  init_list_.clear();
  Frame& frame = control_.emplace_back();
  frame.kind = Kind::func;
  frame.live = frame.entered = true;
  frame.offset = offset;
  frame.results = results;
  frame_ = &frame;
}

template <class C, bool K>
LoadResult<void> FuncDecoder<C, K>::walk() {
  consumer_.begin_function(*frame_);
  while (reader_.ok() && !control_.empty()) step();
  if (reader_.ok() && !reader_.at_end())
    reader_.malformed("operators remaining after end of function: section size mismatch");
  if (!reader_.ok()) return Err{reader_.error()};
  consumer_.end_function();
  return {};
}

template <class C, bool K>
isa::Op FuncDecoder<C, K>::next_op() {
  if (reader_.at_end()) {
    reader_.malformed(
        "unexpected end of section or function: END opcode expected, or a section size mismatch");
    return Op::unreachable;
  }
  uint16_t index = isa::kOneByteOps[reader_.peek()];
  if (index != isa::kNoOneByteOp) {
    reader_.u8();
    return static_cast<Op>(index);
  }
  return module::read_op(reader_);
}

template <class C, bool K>
void FuncDecoder<C, K>::step() {
  room(kSlack);
  op_offset_ = reader_.offset();
  op_ = next_op();
  const isa::OpShape& shape = isa::op_shape(op_);
  if constexpr (K) {
    if (const_expr_ || !features_.has(shape.feature)) [[unlikely]] {
      check_op_allowed();
    }
  }
  if (shape.imm != isa::Imm::none) {
    if constexpr (K) {
      if (shape.imm == isa::Imm::memory || shape.imm == isa::Imm::type_table) check_memory_byte();
    }
    read_immediate(shape.imm);
  }
  if (!reader_.ok()) [[unlikely]]
    return;
  if constexpr (!K) {
    // Dead code of a valid function: only its nesting matters.
    if (!frame_->live) {
      switch (op_) {
        case Op::block:
        case Op::loop:
        case Op::if_:
        case Op::try_:
        case Op::try_table: push_frame(Kind::block, {}, {}); return;
        case Op::else_:
        case Op::catch_:
        case Op::catch_all:
          if (frame_->entered) break;
          return;
        case Op::end:
        case Op::delegate:
          if (frame_->entered) break;
          control_.pop_back();
          frame_ = &control_.back();
          return;
        default: return;  // all that neither opens nor closes a frame
      }
    }
  }
  if (shape.simple) simple(shape);
  else dispatch();
}

// The kinds that make up nearly all code are read here, in line; the rest by the common reader.
template <class C, bool K>
inline void FuncDecoder<C, K>::read_immediate(isa::Imm kind) {
  switch (kind) {
    case isa::Imm::local:
    case isa::Imm::global:
    case isa::Imm::func:
    case isa::Imm::label: imm_.index = reader_.u32(); return;
    case isa::Imm::i32_const:
      imm_.value = static_cast<uint64_t>(static_cast<int64_t>(reader_.s32()));
      return;
    case isa::Imm::memarg:
      // Memory 0, alignment and offset of one byte each.
      if (reader_.remaining() >= 2) {
        const uint8_t* p = reader_.position();
        if (p[0] < 0x40 && p[1] < 0x80) {
          imm_.index = 0;
          imm_.align = p[0];
          imm_.value = p[1];
          reader_.take(2);
          return;
        }
      }
      break;
    default: break;
  }
  module::read_immediates(reader_, kind, imm_, storage_);
}

template <class C, bool K>
inline void FuncDecoder<C, K>::simple(const isa::OpShape& shape) {
  ValType address = isa::kI32;
  if (shape.imm >= isa::Imm::memory && shape.imm <= isa::Imm::lanes) {
    access(shape, address);
    if (!reader_.ok()) return;
  }
  auto type_of = [&](uint8_t kind) {
    return kind == isa::kAddressType ? address : ValType(static_cast<isa::ValKind>(kind));
  };
  const uint32_t arg_count = shape.arg_count, result_count = shape.result_count;
  std::array<ValType, 4> types;
  for (uint32_t i = 0; i < types.size(); ++i) types[i] = type_of(shape.args[i]);
  Entry* args = need(arg_count, {types.data(), arg_count});
  if (arg_count != 0) {
    check(args, 0, types[0]);
    if (arg_count != 1) {
      check(args, 1, types[1]);
      for (uint32_t i = 2; i < arg_count; ++i) check(args, i, types[i]);
    }
  }
  for (uint32_t i = 0; i < result_count; ++i) top_[i] = Entry{type_of(shape.results[i]), Value{}};
  if (live()) consumer_.simple(op_, imm_, Entries(args, arg_count), Entries(top_, result_count));
  finish(args, result_count);
}

// The immediate of an access to a memory or to lanes.
template <class C, bool K>
void FuncDecoder<C, K>::access(const isa::OpShape& shape, ValType& address) {
  if constexpr (K) check_memarg(shape);
  if (shape.imm >= isa::Imm::lane) return;
  if (bad_index(imm_.index, module_.memories.size(), "memory")) return;
  address = memory_address(imm_.index);
  if constexpr (K) {
    if (address == isa::kI32 && shape.imm != isa::Imm::memory && imm_.value > 0xFFFFFFFF)
      invalid("offset out of range: the memory has 32-bit addresses");
  }
}

template <class C, bool K>
void FuncDecoder<C, K>::dispatch() {
  switch (op_) {
    case Op::unreachable:
      if (live()) consumer_.unreachable();
      end_live_code();
      break;
    case Op::block: open_block(Kind::block); break;
    case Op::loop: open_block(Kind::loop); break;
    case Op::if_: open_block(Kind::if_); break;
    case Op::try_: open_block(Kind::try_); break;
    case Op::try_table: open_block(Kind::try_table); break;
    case Op::else_: do_else(); break;
    case Op::catch_: do_catch(); break;
    case Op::catch_all: do_catch_all(); break;
    case Op::delegate: do_delegate(); break;
    case Op::end: do_end(); break;
    case Op::br: do_br(); break;
    case Op::br_if: do_br_if(); break;
    case Op::br_table: do_br_table(); break;
    case Op::br_on_null: do_br_on_null(); break;
    case Op::br_on_non_null: do_br_on_non_null(); break;
    case Op::br_on_cast: do_br_on_cast(false); break;
    case Op::br_on_cast_fail: do_br_on_cast(true); break;
    case Op::return_: do_return(); break;
    case Op::throw_: do_throw(); break;
    case Op::throw_ref: do_throw_ref(); break;
    case Op::rethrow: do_rethrow(); break;
    case Op::call: do_call(false); break;
    case Op::return_call: do_call(true); break;
    case Op::call_indirect: do_call_indirect(false); break;
    case Op::return_call_indirect: do_call_indirect(true); break;
    case Op::call_ref: do_call_ref(false); break;
    case Op::return_call_ref: do_call_ref(true); break;
    case Op::drop: {
      Entry* args = need(1);
      if (live()) consumer_.drop(args[0]);
      finish(args, 0);
      break;
    }
    case Op::select: do_select(); break;
    case Op::select_t: do_select_typed(); break;
    case Op::local_get: do_local_get(); break;
    case Op::local_set: do_local_set(); break;
    case Op::local_tee: do_local_tee(); break;
    case Op::global_get:
    case Op::global_set: do_global(); break;
    case Op::memory_init:
    case Op::memory_copy:
    case Op::memory_fill:
    case Op::data_drop: do_memory_op(); break;
    case Op::table_get:
    case Op::table_set:
    case Op::table_init:
    case Op::table_copy:
    case Op::table_grow:
    case Op::table_size:
    case Op::table_fill:
    case Op::elem_drop: do_table_op(); break;
    case Op::struct_new:
    case Op::struct_new_default:
    case Op::struct_get:
    case Op::struct_get_s:
    case Op::struct_get_u:
    case Op::struct_set: do_struct_op(); break;
    case Op::array_new:
    case Op::array_new_default:
    case Op::array_new_fixed:
    case Op::array_new_data:
    case Op::array_new_elem:
    case Op::array_get:
    case Op::array_get_s:
    case Op::array_get_u:
    case Op::array_set:
    case Op::array_len:
    case Op::array_fill:
    case Op::array_copy:
    case Op::array_init_data:
    case Op::array_init_elem: do_array_op(); break;
    // What remains is about references; ops with a signature in the table never come here.
    default: do_ref_op(); break;
  }
}

template <class C, bool K>
void FuncDecoder<C, K>::check_op_allowed() {
  if (const_expr_) {
    std::string problem = const_op_problem(op_, features_);
    if (!problem.empty()) return invalid(std::move(problem));
  }
  isa::Feature feature = isa::op_shape(op_).feature;
  if (features_.has(feature)) return;
  // Both forms of exceptions have `throw`.
  if (op_ == Op::throw_ && features_.has(isa::Feature::legacy_exceptions)) return;
  require_feature(feature);
}

template <class C, bool K>
void FuncDecoder<C, K>::check_memory_byte() {
  // Before these proposals the index was a reserved byte.
  bool table = op_ == Op::call_indirect || op_ == Op::return_call_indirect;
  if (table || features_.has(isa::Feature::multi_memory)) return;
  if (reader_.remaining() > 0 && reader_.peek() != 0)
    reader_.malformed("zero byte expected: multi-memory support is not enabled");
}

template <class C, bool K>
void FuncDecoder<C, K>::check_memarg(const isa::OpShape& shape) {
  if (shape.imm == isa::Imm::memarg || shape.imm == isa::Imm::memarg_lane) {
    if (imm_.index != 0) {
      if (!features_.has(isa::Feature::multi_memory))
        return require_feature(isa::Feature::multi_memory);
    }
    bool atomic = shape.feature == isa::Feature::threads;
    if (atomic ? imm_.align != shape.align : imm_.align > shape.align)
      return invalid(alignment_message(atomic, imm_.align, shape.align));
  }
  if (shape.imm == isa::Imm::lane || shape.imm == isa::Imm::memarg_lane) {
    if (imm_.lane >= shape.lanes) return invalid(lane_message(imm_.lane, shape.lanes));
  }
  if (shape.imm == isa::Imm::lanes) {
    for (uint32_t i = 0; i < 16; ++i)
      if (imm_.bytes[i] >= shape.lanes) return invalid(lane_message(imm_.bytes[i], shape.lanes));
  }
}

template <class C, bool K>
void FuncDecoder<C, K>::grow(size_t count) {
  size_t used = static_cast<size_t>(top_ - base_);
  stack_.resize(std::max(stack_.size() * 2, used + count + kSlack));
  base_ = stack_.data();
  top_ = base_ + used;
  limit_ = base_ + stack_.size();
}

template <class C, bool K>
void FuncDecoder<C, K>::supply(uint32_t count, TypeSpan types) {
  uint32_t have = static_cast<uint32_t>(top_ - base_) - frame_->height;
  uint32_t missing = count - have;
  if (!frame_->polymorphic)
    type_mismatch(concat({"instruction requires ", type_list(types, count), " but stack has ",
                          found_types(count), op_place(op_)}));
  room(size_t{missing} + kSlack);
  Entry* bottom = base_ + frame_->height;
  std::memmove(static_cast<void*>(bottom + missing), bottom, have * sizeof(Entry));
  for (uint32_t i = 0; i < missing; ++i) bottom[i] = Entry{ValType(), Value{}};
  top_ += missing;
}

template <class C, bool K>
void FuncDecoder<C, K>::mismatch_at(const Entry* args, uint32_t i, ValType expected) {
  type_mismatch(concat({"instruction requires ", type_list({&expected, 1}, 1), " but stack has ",
                        type_list({&args[i].type, 1}, 1), op_place(op_, i)}));
}

// The top operands of the innermost frame, for messages.
template <class C, bool K>
std::string FuncDecoder<C, K>::found_types(uint32_t most) const {
  uint32_t have = static_cast<uint32_t>(top_ - base_) - frame_->height;
  most = std::min(most, have);
  std::vector<ValType> types;
  for (const Entry* e = top_ - most; e != top_; ++e) types.push_back(e->type);
  return type_list(types, most);
}

template <class C, bool K>
TypeSpan FuncDecoder<C, K>::span_of(ValType type) {
  static constexpr ValType kPlain[] = {isa::kI32, isa::kI64, isa::kF32, isa::kF64, isa::kV128};
  if (!type.is_ref()) return {&kPlain[static_cast<uint32_t>(type.kind())], 1};
  if (last_span_.empty() || last_span_[0] != type) {
    std::span<ValType> one = type_arena_.allocate_array<ValType>(1);
    one[0] = type;
    last_span_ = one;
  }
  return last_span_;
}

template <class C, bool K>
template <class Hook>
void FuncDecoder<C, K>::apply(std::initializer_list<ValType> arg_types, Hook&& hook) {
  uint32_t count = static_cast<uint32_t>(arg_types.size());
  TypeSpan types(arg_types.begin(), count);
  Entry* args = need(count, types);
  check_all(args, types);
  if (live()) hook(Entries(args, count), Entries(top_, 0));
  finish(args, 0);
}

template <class C, bool K>
template <class Hook>
void FuncDecoder<C, K>::apply(std::initializer_list<ValType> arg_types, ValType result,
                              Hook&& hook) {
  uint32_t count = static_cast<uint32_t>(arg_types.size());
  TypeSpan types(arg_types.begin(), count);
  Entry* args = need(count, types);
  check_all(args, types);
  stage(result);
  if (live()) hook(Entries(args, count), Entries(top_, 1));
  finish(args, 1);
}

template <class C, bool K>
Hint FuncDecoder<C, K>::branch_hint() {
  uint64_t at = op_offset_ - body_start_;
  while (!hints_.empty() && hints_.front().offset < at) hints_ = hints_.subspan(1);
  if (hints_.empty() || hints_.front().offset != at) return Hint::none;
  return hints_.front().taken ? Hint::likely : Hint::unlikely;
}

}  // namespace zwasm::validate

#include "validate/func_decoder_control.h"  // IWYU pragma: keep
#include "validate/func_decoder_ops.h"      // IWYU pragma: keep
