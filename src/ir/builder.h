// The consumer of validate::FuncDecoder that builds the SSA graph in one walk. WebAssembly's
// objects end here: what comes out are addresses, loads, stores, checks and calls.
//
// An operand is the value that it is. A control frame has a block where its label is, and the
// block that was current when it opened, the `parent` of that. The values that travel to a label
// are arguments on the edges; locals are variables of the graph.
//
// Exceptions: a call in a covered region ends its block (an invoke); each has a landing pad of its
// own, which hands the exception to the dispatch block of the innermost `try`. There the tags are
// compared, and what none matches goes on to the dispatch block of the next, or is thrown again.
//
// On-stack replacement (BuildSettings::osr_position): everything is built as usual, but at the loop
// in question the function starts anew, from a block that loads locals and operands from the
// interpreter's frame, and only what that block reaches is kept. Loops around it have that second
// entry inside: there, operands below are variables too, since they may come from either way.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ir/build.h"
#include "ir/emitter.h"
#include "ir/graph.h"
#include "runtime/gc/shape.h"
#include "runtime/offsets.h"
#include "validate/func_decoder.h"

namespace zwasm::ir {

// What a loop changes, known before it is built.
struct LoopInfo {
  uint32_t begin, end;  // events, see Assignments
  uint32_t position;
};
// Walks the body of `func`. False: the body cannot be decoded.
bool scan_assignments(const module::Module& module, const module::ModuleTypes& types, uint32_t func,
                      Assignments& assignments, std::vector<LoopInfo>& loops);

class Builder {
 public:
  using V = ir::Value;
  static constexpr uint32_t kNone = ~0u;

  // --- what the decoder keeps for us
  struct Value {
    V v = V::none;  // or, from kVariable on, a variable of the graph
  };
  struct Control {
    Block target = Block::none;              // the label; none: the function's
    Block otherwise = Block::none;           // if: the second arm
    Block parent = Block::none;              // current when the frame opened
    uint32_t begin = 0;                      // events so far at that time
    uint32_t saved = 0;                      // if: its parameters in saved_
    uint32_t scope = kNone;                  // try: its own; else and afterwards: the one around
    uint32_t clauses = 0, clause_count = 0;  // try_table
    Value exception;                         // legacy catch
    Block dispatch = Block::none;            // try: where exceptions arrive
    bool direct = false;      // its code runs into its end, and nothing else gets there
    bool used = false;        // a branch to the label
    uint32_t edge_epoch = 0;  // br_table: its block for this label
    Block edge = Block::none;
  };
  using Decoder = validate::FuncDecoder<Builder, false>;
  using E = validate::Entry<Value>;
  using F = validate::Frame<Control>;
  using Es = std::span<E>;
  using Imm = const module::Immediates&;
  using FuncType = const module::FuncType&;
  using W = isa::Op;
  using ValType = isa::ValType;
  using ControlKind = validate::ControlKind;

  Builder(const module::Module& module, const module::ModuleTypes& types,
          const BuildSettings& settings, const module::FuncBody& body, Function& function,
          const Assignments& assignments, const std::vector<LoopInfo>& loops);
  bool run(uint32_t func, std::string& error);

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

  void simple(W op, Imm imm, Es args, Es results);
  void drop(E&) {}
  void select(Es args, E& result);
  void local_get(uint32_t local, E& result);
  void local_set(uint32_t local, E& value);
  void local_tee(uint32_t local, E& value, E& result);
  void global_get(uint32_t global, E& result);
  void global_set(uint32_t global, E& value);
  void memory_op(W op, Imm imm, Es args, Es results);
  void table_op(W op, Imm imm, Es args, Es results);
  void ref_op(W op, Imm imm, Es args, Es results);
  void struct_op(W op, Imm imm, Es args, Es results);
  void array_op(W op, Imm imm, Es args, Es results);

 private:
  using Helper = runtime::NativeHelper;
  using Trap = isa::Trap;
  // Values from here on stand for variables (on-stack replacement).
  static constexpr uint32_t kVariable = 0x80000000;

  // Where an access goes.
  struct Place {
    V base = V::none, index = V::none;
    int32_t disp = 0;
    bool faults = false;
  };
  // address + end is not beyond the memory's length.
  struct Checked {
    V address = V::none;
    Block block = Block::none;
    uint32_t memory = 0;
    uint64_t end = 0;
  };
  // A region of code whose exceptions go to `dispatch`.
  struct Scope {
    Block dispatch;
    uint32_t outer;
  };

  // builder.cpp
  Type type_of(ValType type) const;
  bool is_func(ValType type) const;
  void op_begin();
  V use(const E& e);
  std::vector<V>& use_all(Es entries);
  std::vector<Type>& types_of(std::span<const ValType> types);
  void give(Es results, std::span<const V> values);
  V helper(Helper h, std::initializer_list<V> args, Type result = Type::none);
  void signature(uint32_t type);
  V memory_view(uint32_t memory);
  V table_view(uint32_t table);
  V loaded_pointer(uint32_t array, uint32_t index);
  std::optional<Const> constant_global(uint32_t global) const;
  Inst make(Op op, uint32_t aux = 0) const {
    Inst inst = Emitter::make(op);
    inst.aux = aux;
    return inst;
  }

  // builder_control.cpp
  void open(F& f);
  void conditional(V cond, F& target, std::span<const V> values, Hint hint = Hint::none);
  void go(F& target, std::span<const V> values);
  void new_charge() { charge_ = InstId::none; }
  void charge_check();
  void poll();
  void operands_to_variables(uint32_t count);
  void constants_again(uint32_t count);
  Block enter_from_frame(Es params, Block header);
  Hint hint();

  // builder_calls.cpp
  V function_address(uint32_t func);
  V look_up(uint32_t type, uint32_t table, V index);
  InstId covered(Inst inst, std::span<const V> args, std::span<const Type> results);
  void finish_call(Inst inst, std::span<const V> args, Es results);

  // builder_simple.cpp
  void numeric(W op, Imm imm, Es args, Es results);
  V divide(W op, V a, V b);
  V truncate(W op, V a);
  V canonical_nan(W op, V v);
  void check_division(W op, V a, V b);

  // builder_memory.cpp
  bool reserved(uint32_t memory) const;
  V load_shape(V view, int32_t offset);
  void shapes_may_change();
  V memory_base(uint32_t memory);
  V memory_length(uint32_t memory);
  Place place(uint32_t memory, V address, uint64_t offset, uint32_t size);
  Place atomic_place(uint32_t memory, V address, uint64_t offset, uint32_t size);
  V effective_address(V address, uint64_t offset);
  bool memory_access(W op, Imm imm, Es args, Es results);
  bool atomic_access(W op, Imm imm, Es args, Es results);
  Access access(const Place& place, MemKind kind) const;
  V load(const Place& place, MemKind kind, Type type);
  void store(const Place& place, MemKind kind, V value);
  bool copy_in_place(uint32_t to_memory, uint32_t from_memory, V to, V from, V count);
  bool fill_in_place(uint32_t memory, V to, V value, V count);
  void charge_bulk(V count, uint32_t shift);
  V size_of_memory(uint32_t memory);
  V table_size(uint32_t table);
  V table_elements(uint32_t table);
  bool fixed_table(uint32_t table) const;

  // builder_gc.cpp
  const runtime::gc::Shape& shape_of(uint32_t type);
  V heap_base();
  V load_object(V ref, int32_t offset, Type type, MemKind kind, Region region);
  void store_object(V ref, int32_t offset, V value, MemKind kind, Region region);
  V not_null(const E& e, Trap trap);
  V bits_of(V v, uint8_t half);
  // Objects of up to so many bytes are made in line.
  static constexpr uint32_t kMaxInlineObject = 128;
  V allocate(uint32_t type, uint32_t size, V length = V::none);
  void write_zeros(V ref, uint32_t size);
  void barrier(V object, V offset, V value);
  void test_type(V ref, ValType from, ValType to, Block yes, Block no);
  V canonical(uint32_t type);
  void branch_on_cast(F& target, Es values, ValType from, ValType to, bool on_fail);
  V array_length(V ref);
  Access element(const runtime::gc::Shape& shape, V ref, V index, bool sign, V place[2]);
  void array_new(W op, Imm imm, Es args, E& result);

  // builder_exceptions.cpp
  void begin_scope(F& f);
  void end_scope(F& f);
  void throw_to(uint32_t scope, V exception);
  void enter_dispatch(F& f);
  void test_tag(F& f, uint32_t tag, V exception);
  V payload(uint32_t tag, uint32_t arg, V exception);

  const module::Module& m_;
  const module::ModuleTypes& types_;
  const BuildSettings& settings_;
  Function& f_;
  Graph g_;
  Emitter e_;
  Decoder decoder_;
  const std::vector<LoopInfo>& loops_;
  runtime::InstanceOffsets instance_;

  uint32_t loop_ = 0;  // number of the next loop
  uint32_t osr_event_ = kNone;
  bool restarted_ = false;
  uint32_t loop_depth_ = 0;
  uint32_t edge_epoch_ = 0;
  uint32_t scope_ = kNone;
  uint64_t body_offset_ = 0;
  Block entry_ = Block::none;
  Var shape_state_ = 0;  // its value changes when memories and tables may have
  Checked checked_[64];
  InstId charge_ = InstId::none;  // the constant that the current block is charged
  std::vector<Scope> scopes_;
  std::vector<V> values_, saved_, fall_;
  std::vector<Type> value_types_;
  std::vector<module::CatchClause> clauses_;
  std::vector<Block> switch_targets_;
  runtime::gc::ShapeArena shape_arena_;
  std::vector<const runtime::gc::Shape*> shapes_;  // by type, made when first asked for
};

}  // namespace zwasm::ir
