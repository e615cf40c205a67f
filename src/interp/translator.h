// The consumer of validate::FuncDecoder that makes register bytecode in one walk.
//
// Each operand of the wasm stack has a home: the slot at its depth in the frame's operand stack.
// But values are not put there before they must be: an operand may be a constant, or a local that
// is read in place, or stand in an accumulator:
//
//   local.get 0  local.get 1  i32.add  local.set 2      =>   add  slot 2, slot 0, slot 1
//
// An accumulator mirrors one slot (`AccState`). The instruction that set it may not have stored
// the slot (`pending`); when the accumulator is needed for something else while the operand is
// still alive, that instruction is replaced in place by its variant which stores too. So there is
// never an instruction just to spill. `local.set` redirects the instruction before it in the same
// way, also one that knows no accumulator.
//
// Invariants:
//   - an entry's value is a constant, or stands in `slot`: its home or a local's slot (or in an
//     accumulator that mirrors that slot);
//   - entries below `lazy_floor_` do not refer to locals; those above are few, so that writing a
//     local looks at few entries;
//   - at labels, all operands but constants below the label's frame are at home and no
//     accumulator holds anything; at safepoints nothing is pending.
//
// Time and memory are linear in the size of the body.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "interp/assembler.h"
#include "interp/code.h"
#include "interp/tables.h"
#include "runtime/loaded_module.h"
#include "validate/func_decoder.h"

namespace zwasm::interp {

class Translator {
 public:
  // --- what the decoder keeps for us
  static constexpr uint32_t kConst = ~0u;
  struct Value {
    uint64_t bits = 0;  // slot == kConst: the constant
    uint32_t home = 0;  // byte offset
    uint32_t slot = 0;  // byte offset, or kConst
  };
  struct Control {
    uint32_t label = 0;                       // where branches go
    uint32_t else_label = 0;                  // if
    uint32_t base = 0;                        // home of the first parameter or result
    uint32_t inner = 0;                       // home of the first operand inside
    uint32_t begin = 0, end = 0;              // try: covered words; end 0: still open
    uint32_t region = 0;                      // try: nesting depth of its covered code
    uint32_t depth = 0;                       // nesting depth of covered code around the frame
    uint32_t first_pad = 0, pads = 0;         // try_table: its clauses
    uint32_t edge_epoch = 0, edge_label = 0;  // br_table: see there
  };
  using Decoder = validate::FuncDecoder<Translator, false>;
  using E = validate::Entry<Value>;
  using F = validate::Frame<Control>;
  using Es = std::span<E>;
  using Imm = const module::Immediates&;
  using FuncType = const module::FuncType&;
  using Op = isa::Op;
  using ValType = isa::ValType;

  Translator(runtime::LoadedModule& module);
  Code* translate(runtime::Function& function);
  const RootMap* record(const Code& code);

  // --- hooks: see validate/consumer.h
  void begin_function(F& f);
  void block(F& f, Es params);
  void loop(F& f, Es params);
  void if_(F& f, E& cond, Es params);
  void try_(F& f, Es params);
  void try_table(F& f, Es params, std::span<const module::CatchClause> catches);
  void fallthrough(F& f, Es values);
  void else_(F& f, Es params);
  void catch_(F& f, uint32_t tag, Es params);
  void catch_all(F& f);
  void delegate(F& f, F& target);
  void end(F& f, Es results);
  void end_function();

  void br(F& target, uint32_t depth, Es values);
  void br_if(F& target, uint32_t depth, E& cond, Es values);
  void br_table(E& index, std::span<const uint32_t> depths, uint32_t last, Es values);
  void br_on_null(F& target, uint32_t depth, E& ref, Es values);
  void br_on_non_null(F& target, uint32_t depth, Es values);
  void br_on_cast(F& target, uint32_t depth, Es values, ValType from, ValType to);
  void br_on_cast_fail(F& target, uint32_t depth, Es values, ValType from, ValType to);
  void return_(Es values);
  void unreachable();
  void throw_(uint32_t tag, Es args);
  void throw_ref(E& ref);
  void rethrow(F& target, uint32_t depth);

  void call(uint32_t func, FuncType type, Es args, Es results);
  void call_indirect(uint32_t type, uint32_t table, FuncType func_type, E& index, Es args,
                     Es results);
  void call_ref(uint32_t type, FuncType func_type, E& ref, Es args, Es results);
  void return_call(uint32_t func, FuncType type, Es args);
  void return_call_indirect(uint32_t type, uint32_t table, FuncType func_type, E& index, Es args);
  void return_call_ref(uint32_t type, FuncType func_type, E& ref, Es args);

  void simple(Op op, Imm imm, Es args, Es results);
  void simple_op(Op op, Imm imm, Es args, Es results);
  void drop(E& value);
  void select(Es args, E& result);
  void local_get(uint32_t local, E& result);
  void local_set(uint32_t local, E& value);
  void local_tee(uint32_t local, E& value, E& result);
  void global_get(uint32_t global, E& result);
  void global_set(uint32_t global, E& value);
  void memory_op(Op op, Imm imm, Es args, Es results);
  void table_op(Op op, Imm imm, Es args, Es results);
  void ref_op(Op op, Imm imm, Es args, Es results);
  void struct_op(Op op, Imm imm, Es args, Es results);
  void array_op(Op op, Imm imm, Es args, Es results);

 private:
  static constexpr uint32_t kNone = ~0u;
  enum class Class : uint8_t { integer, real };
  // What an accumulator holds.
  struct AccState {
    uint32_t slot = kNone;  // it mirrors this slot
    bool pending = false;   // … which the instruction at `insn` has not stored
    uint32_t insn = 0;
    Handler to_slot = nullptr;
  };
  // An operand as an instruction takes it.
  struct Operand {
    Kind kind = Kind::slot;
    uint64_t bits = 0;  // slot: byte offset; imm: the constant
  };
  // The last instruction was a comparison (or eqz of one): what a branch needs to absorb it.
  struct Compare {
    uint32_t begin = kNone;  // its first word; kNone: there is none
    uint32_t end = 0;
    Op op = Op::nop;
    bool unary = false;     // `a` is zero
    bool inverted = false;  // … and then eqz
    ValType type;           // of the operands
    Operand a, b;
    AccState before;  // of the integer accumulator
  };
  // The last instruction was i32.add with a slot as second operand.
  struct Addition {
    uint32_t begin = kNone;
    uint32_t end = 0;
    Operand a, b;
    AccState before;
  };

  // translator.cpp: operands and results
  static Class class_of(ValType t) {
    return t == isa::kF32 || t == isa::kF64 ? Class::real : Class::integer;
  }
  AccState& acc(Class c) { return acc_[static_cast<int>(c)]; }
  uint32_t top_home(uint32_t frame_depth = 0);
  uint32_t home_after(Es args);
  void op_begin();
  uint32_t start(Handler handler);
  uint32_t start(Misc m) { return start(misc_handler(m)); }
  uint32_t start_at_position(Handler handler);
  uint32_t start_at_position(Misc m) { return start_at_position(misc_handler(m)); }
  void words(std::initializer_list<uint32_t> ws);
  void store_pending(Class c);
  void store_pending() {
    store_pending(Class::integer);
    store_pending(Class::real);
  }
  void forget_accs();
  void barrier();
  void wrote(uint32_t slot);
  void wrote(uint32_t slot, uint32_t slots);
  Operand operand(E& e, bool acc_ok, bool imm_ok);
  void put(const Operand& o, ValType type);
  uint32_t in_slot(E& e);
  void consume(const Operand& o, Class c);
  void result_in_acc(E& result, uint32_t home, ByDest handlers, uint32_t insn);
  void result_at_home(E& result, uint32_t home);
  void result_of_last(E& result, uint32_t home);
  bool redirect(uint32_t slot, const E& value);
  void move_to(uint32_t slot, const E& e);
  void to_home(E& e);
  void flush(uint32_t below_top = 0);
  void flush_all_locals_of(uint32_t local_slot);
  void keep_few_lazy();
  void at_home(Es entries);
  void set_local(uint32_t slot, E& value);
  bool is_root_type(ValType type) const;
  bool in_place(Es values, uint32_t base);
  void move_values(Es values, uint32_t base);
  bool acc_holds(const E& e);
  void touch_height(uint32_t end);
  uint32_t slots_size(std::span<const ValType> types);

  // translator_control.cpp
  void open(F& f, Es params);
  void open_keeping(F& f, Es params, E& cond);
  void fresh(Es entries, uint32_t home);
  template <class Condition>
  void branch_with(F& target, Es values, Condition condition);
  void jump(uint32_t label);
  void absorb_compare(bool sense, uint32_t label, bool back);
  void branch_to(F& target);
  void conditional(E& cond, bool sense, uint32_t label, bool back);
  void bind(uint32_t label);
  void new_block();
  void return_values(Es values);
  void safepoint(uint32_t live_operands);
  void call_safepoint(uint32_t live_operands);
  void record_point(uint32_t key, uint32_t live_operands);
  void finish_call(uint32_t home, Es results, uint32_t live);
  void tail_moves(Es args, FuncType type);
  bool own_function(uint32_t func) const;

  // translator_exceptions.cpp
  void begin_covered(F& f, Es params);
  void end_covered(F& f);
  void add_catch(F& f, Catch::Kind kind, uint32_t tag, uint32_t target);
  void close_try(F& f);
  void close_try_table(F& f);
  void begin_catch(F& f);

  // translator_ops.cpp
  void binary(Op op, const BinaryRow& row, Es args, E& result);
  void unary(Op op, const UnaryRow& row, Es args, E& result);
  void load(Op op, Imm imm, E& address, E& result);
  void store(Op op, Imm imm, E& address, E& value);
  void slots_op(Handler handler, Es args, Es results, uint32_t home);
  bool fast_memory(Imm imm) const;
  void charge_bulk(E& count, uint32_t shift);

  // translator_gc.cpp
  void result_in_both(E& result, uint32_t home);
  void put_type(ValType type);
  void test(Misc plain, Misc func, uint32_t dest, uint32_t slot, ValType type);
  void branch_on_cast(F& target, Es values, ValType to, bool on_fail);
  void start_allocation(Misc m);

  runtime::LoadedModule& module_;
  const module::Module& m_;
  const runtime::EngineSettings& settings_;
  Decoder decoder_;
  Assembler as_;

  runtime::Function* function_ = nullptr;
  const module::FuncBody* body_ = nullptr;
  std::vector<uint32_t> local_slot_;
  uint32_t window_bytes_ = 0;  // parameters or results, whichever is more
  uint32_t header_offset_ = 0;
  uint32_t operands_base_ = 0;  // byte offset of the operand stack
  uint32_t max_end_ = 0;        // end of the deepest operand
  uint32_t lazy_floor_ = 0;
  AccState acc_[2];
  uint32_t last_insn_ = kNone;
  uint32_t home_insn_ = kNone;  // last_insn_, if its first word names where its result goes
  uint32_t fuel_word_ = kNone;
  uint32_t edge_epoch_ = 0;
  uint32_t try_depth_ = 0;
  Compare compare_;
  Addition addition_;

  bool recording_ = false;
  std::vector<Safepoint> points_;
  std::vector<uint32_t> point_slots_;
  std::vector<uint32_t> ref_locals_;
  std::vector<uint32_t> catch_slots_;  // where exceptions caught by open legacy catches stand
  std::vector<uint32_t> edges_;
  std::vector<E> saved_values_, pad_values_;
  std::vector<module::CatchClause> pads_;  // of the open try_tables
};

// A branch under a condition, with values: condition(sense, label, back) emits a jump if the
// condition's truth is `sense`.
template <class Condition>
void Translator::branch_with(F& target, Es values, Condition condition) {
  bool to_function = target.kind == validate::ControlKind::func;
  if (values.empty() || (!to_function && in_place(values, target.control.base))) {
    at_home(values);  // harmless where the branch is not taken
    condition(true, target.control.label, target.kind == validate::ControlKind::loop);
    return;
  }
  uint32_t skip = as_.new_label();
  condition(false, skip, false);
  if (to_function) {
    return_values(values);
  } else {
    move_values(values, target.control.base);
    branch_to(target);
  }
  bind(skip);
}

}  // namespace zwasm::interp
