// Random code that validates: expressions of a wanted type and statements that leave the operand
// stack as it was, for a place in a function of a given module. The grammar of simple instructions
// is the opcode table itself, so an opcode that is added there is generated here.
//
//   CodeWriter writer(module, locals, {}, random);
//   writer.expression(isa::kI32);   // … leaves an i32
//   writer.statement();             // … leaves what was there
//   writer.take()                   // the bytes
//
// What is generated seldom traps: addresses are mostly masked to lie in the memory, references
// mostly are not null. Nothing waits (memory.atomic.wait), and with a budget everything ends: a
// global counts down in loops and at function entries, the code traps when it is used up.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "fuzz/make/random.h"
#include "module/immediates.h"
#include "module/module.h"

namespace fuzz {

struct CodeOptions {
  // A mutable global of type i32 that counts down. Without, the code needs fuel to end.
  std::optional<uint32_t> budget;
  // Functions below are not called: the one that refills the budget.
  uint32_t first_callable = 0;
  // About so many instructions are written at most.
  int size = 100;
  // Results of the function, for `return` and tail calls.
  std::span<const zwasm::isa::ValType> results;
};

class CodeWriter {
 public:
  using ValType = zwasm::isa::ValType;
  using Op = zwasm::isa::Op;

  CodeWriter(const zwasm::module::Module& module, std::span<const ValType> locals,
             const CodeOptions& options, Random& random);

  // Ends the function with a trap when the budget is used up; else one less is left.
  void spend();
  void expression(ValType type);
  void statement();
  // Statements, then one value of each type.
  void body(std::span<const ValType> results);
  void op(Op op);
  std::vector<uint8_t> take() { return std::move(out_); }

 private:
  using Imm = zwasm::module::Immediates;
  using HeapType = zwasm::isa::HeapType;
  struct Label {
    std::span<const ValType> types;  // what a branch to it takes
  };

  void op(Op op, const Imm& imm);
  void indexed(Op op, uint32_t index, uint32_t index2 = 0);
  void i32_const(int32_t value);
  void address_const(ValType type, uint64_t value);
  void expressions(std::span<const ValType> types);
  void drop(size_t count);
  // Stores the top values, or drops them.
  void consume(std::span<const ValType> types);

  // code_writer.cpp: numbers, variables, memory
  void constant(ValType type);
  void leaf(ValType type);
  bool simple(ValType type);
  void simple_op(Op op);
  Imm access(const zwasm::isa::OpInfo& info, uint32_t memory);
  void address(uint32_t memory, uint64_t width);
  // A number below `bound`, mostly.
  void small(ValType type, uint32_t bound);
  bool from_local(ValType type);
  bool from_global(ValType type);
  bool set_local(ValType type, Op op);
  void store();
  void memory_statement();
  void table_statement();

  // code_writer_control.cpp
  bool control_expression(ValType type);
  void control_statement();
  void block(Op op, std::span<const ValType> results);
  void loop();
  // `if` on a random condition, and the end of what was opened last.
  void open_if();
  void close();
  void branch();
  bool call(std::span<const ValType> results);
  void call_statement();
  void tail_call();
  void catching();
  void throwing();
  void arguments(const zwasm::module::FuncType& type);
  bool block_of_type(const zwasm::module::FuncType& type, uint32_t index);

  // code_writer_refs.cpp
  void reference(ValType type);
  void concrete(uint32_t type, bool nullable);
  bool from_aggregate(ValType type);
  bool number_from_ref(ValType type);
  void aggregate_statement();
  void field_value(const zwasm::module::FieldType& field);
  // A random type of the kind; nothing if the module has none.
  std::optional<uint32_t> some_type(zwasm::module::CompositeKind kind);

  const zwasm::module::Module& module_;
  std::vector<ValType> locals_;
  CodeOptions options_;
  Random& random_;
  std::vector<uint8_t> out_;
  std::vector<Label> labels_;
  int left_;
  int depth_ = 0;
};

// The ops of the table with a signature whose only result is `kind`, and those with none.
std::span<const zwasm::isa::Op> ops_resulting_in(zwasm::isa::ValKind kind);
std::span<const zwasm::isa::Op> ops_without_result();

}  // namespace fuzz
