// Functions in IR made by hand, compiled for this machine and run: each call goes through the same
// stub as the interpreter's calls of compiled code, with a context of its own.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "codegen/compile.h"
#include "ir/ir.h"
#include "isa/semantics_simd.h"
#include "runtime/layout.h"

namespace zwasm::test {

// Appends to a function under construction.
class IrMaker {
 public:
  explicit IrMaker(std::vector<ir::Type> params, std::vector<ir::Type> results);
  ir::Block block(std::vector<ir::Type> params = {});  // made, not entered
  void enter(ir::Block b);
  ir::Value param(ir::Block b, size_t n) const { return f.blocks[ir::index(b)].params[n]; }
  ir::Value param(size_t n) const { return param(f.order[0], n); }

  ir::Value i32(uint32_t v) { return constant(ir::Op::const_i32, ir::Type::i32, v); }
  ir::Value i64(uint64_t v) { return constant(ir::Op::const_i64, ir::Type::i64, v); }
  ir::Value constant(ir::Op op, ir::Type type, uint64_t lo, uint64_t hi = 0);
  // A simple op: result types by its signature.
  ir::Value op(isa::Op op, std::initializer_list<ir::Value> args, uint32_t lane = 0);
  ir::Inst& add(ir::Op op, std::initializer_list<ir::Value> args, std::vector<ir::Type> results);
  ir::Value value(ir::Op op, std::initializer_list<ir::Value> args, ir::Type type);
  ir::Value load(ir::Access access, ir::Type type, std::initializer_list<ir::Value> address);
  void store(ir::Access access, std::initializer_list<ir::Value> address_and_value);
  void jump(ir::Block to, std::initializer_list<ir::Value> args = {});
  void branch(ir::Value cond, ir::Block yes, ir::Block no,
              std::initializer_list<ir::Value> yes_args = {},
              std::initializer_list<ir::Value> no_args = {});
  void switch_to(ir::Value value, std::initializer_list<ir::Block> targets);
  void ret(std::initializer_list<ir::Value> values);
  static ir::Value result(const ir::Inst& inst, uint32_t n) {
    return ir::Function::result(inst, n);
  }
  ir::Inst& last() { return f.insts.back(); }

  ir::Function f;

 private:
  ir::Block current_ = ir::Block::none;
};

using Words = std::vector<isa::V128>;  // a value each, in the low bytes

// Compiled for this machine.
class CompiledFunction {
 public:
  CompiledFunction(const ir::Function& function, const codegen::CodegenSettings& settings);
  ~CompiledFunction();
  CompiledFunction(const CompiledFunction&) = delete;
  CompiledFunction& operator=(const CompiledFunction&) = delete;

  bool ok() const { return code_ != nullptr; }
  Words call(const Words& args);
  const std::string& error() const { return error_.message; }
  const codegen::MachineCode& machine_code() const { return machine_; }
  std::string machine_text, allocated_text;

  runtime::StoreContext context;
  runtime::Instance instance{};

 private:
  ir::Signature signature_;
  codegen::MachineCode machine_;
  codegen::CompileError error_;
  void* code_ = nullptr;
  size_t size_ = 0;
};

// Every combination of processor features and allocator that a test should pass with.
std::vector<codegen::CodegenSettings> all_settings();

}  // namespace zwasm::test
