#include "codegen_fixture.h"

#include <sys/mman.h>

#include <cstring>

#include "ir/ops.h"
#include "isa/op_shape.h"
#include "runtime/native_call.h"
#include "runtime/stubs.h"

namespace zwasm::test {

using ir::Op;
using ir::Type;
using ir::Value;

namespace {

bool is_float(Type type) { return type == Type::f32 || type == Type::f64 || type == Type::v128; }

}  // namespace

IrMaker::IrMaker(std::vector<Type> params, std::vector<Type> results) {
  f.signature = {params, std::move(results)};
  f.func_index = 7;
  enter(block(std::move(params)));
}

ir::Block IrMaker::block(std::vector<Type> params) {
  auto b = static_cast<ir::Block>(f.blocks.size());
  f.blocks.emplace_back();
  for (size_t i = 0; i < params.size(); ++i) {
    f.blocks.back().params.push_back(static_cast<Value>(f.values.size()));
    f.values.push_back({params[i], true, ir::index(b), static_cast<uint32_t>(i)});
  }
  return b;
}

void IrMaker::enter(ir::Block b) {
  f.order.push_back(b);
  current_ = b;
}

ir::Inst& IrMaker::add(Op op, std::initializer_list<Value> args, std::vector<Type> results) {
  auto id = static_cast<ir::InstId>(f.insts.size());
  ir::Inst inst;
  inst.op = op;
  inst.type = results.empty() ? Type::none : results[0];
  inst.first_arg = static_cast<uint32_t>(f.value_pool.size());
  inst.arg_count = static_cast<uint32_t>(args.size());
  f.value_pool.insert(f.value_pool.end(), args);
  inst.first_result = static_cast<Value>(f.values.size());
  inst.result_count = static_cast<uint32_t>(results.size());
  for (size_t r = 0; r < results.size(); ++r)
    f.values.push_back({results[r], false, ir::index(id), static_cast<uint32_t>(r)});
  ir::BlockInfo& block = f.block(current_);
  inst.block = current_;
  inst.prev = block.last;
  if (block.last != ir::InstId::none) f.inst(block.last).next = id;
  else block.first = id;
  block.last = id;
  f.insts.push_back(inst);
  return f.insts.back();
}

Value IrMaker::value(Op op, std::initializer_list<Value> args, Type type) {
  return result(add(op, args, {type}), 0);
}

Value IrMaker::constant(Op op, Type type, uint64_t lo, uint64_t hi) {
  ir::Inst& inst = add(op, {}, {type});
  inst.imm = lo;
  inst.imm2 = hi;
  return result(inst, 0);
}

Value IrMaker::op(isa::Op op, std::initializer_list<Value> args, uint32_t lane) {
  const isa::OpShape& shape = isa::op_shape(op);
  std::vector<Type> results;
  for (uint8_t r = 0; r < shape.result_count; ++r)
    results.push_back(ir::type_of_kind(shape.results[r]));
  ir::Inst& inst = add(ir::op_of(op), args, results);
  inst.aux = lane;
  return result(inst, 0);
}

Value IrMaker::load(ir::Access access, Type type, std::initializer_list<Value> address) {
  ir::Inst& inst = add(Op::load, address, {type});
  inst.access = access;
  return result(inst, 0);
}

void IrMaker::store(ir::Access access, std::initializer_list<Value> args) {
  add(Op::store, args, {}).access = access;
}

void IrMaker::jump(ir::Block to, std::initializer_list<Value> args) {
  ir::Inst& inst = add(Op::jump, {}, {});
  inst.first_target = static_cast<uint32_t>(f.targets.size());
  inst.target_count = 1;
  f.targets.push_back(
      {to, static_cast<uint32_t>(f.value_pool.size()), static_cast<uint32_t>(args.size())});
  f.value_pool.insert(f.value_pool.end(), args);
}

void IrMaker::branch(Value cond, ir::Block yes, ir::Block no, std::initializer_list<Value> yes_args,
                     std::initializer_list<Value> no_args) {
  ir::Inst& inst = add(Op::branch, {cond}, {});
  inst.first_target = static_cast<uint32_t>(f.targets.size());
  inst.target_count = 2;
  f.targets.push_back(
      {yes, static_cast<uint32_t>(f.value_pool.size()), static_cast<uint32_t>(yes_args.size())});
  f.value_pool.insert(f.value_pool.end(), yes_args);
  f.targets.push_back(
      {no, static_cast<uint32_t>(f.value_pool.size()), static_cast<uint32_t>(no_args.size())});
  f.value_pool.insert(f.value_pool.end(), no_args);
}

void IrMaker::switch_to(Value value, std::initializer_list<ir::Block> targets) {
  ir::Inst& inst = add(Op::switch_, {value}, {});
  inst.first_target = static_cast<uint32_t>(f.targets.size());
  inst.target_count = static_cast<uint32_t>(targets.size());
  for (ir::Block b : targets) f.targets.push_back({b, 0, 0});
}

void IrMaker::ret(std::initializer_list<Value> values) { add(Op::return_, values, {}); }

// --- running ---

CompiledFunction::CompiledFunction(const ir::Function& function,
                                   const codegen::CodegenSettings& settings)
    : signature_(function.signature) {
  context.native_limit = 0;
  instance.context = &context;
  codegen::Dumps dumps{&machine_text, &allocated_text};
  if (!codegen::generate(function, settings, {}, machine_, error_, dumps)) return;
  size_ = (machine_.bytes.size() + 4095) & ~size_t{4095};
  void* pages = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return;
  std::memcpy(pages, machine_.bytes.data(), machine_.bytes.size());
  mprotect(pages, size_, PROT_READ | PROT_EXEC);
  code_ = pages;
}

CompiledFunction::~CompiledFunction() {
  if (code_ != nullptr) munmap(code_, size_);
}

Words CompiledFunction::call(const Words& args) {
  runtime::FuncRef callee;
  callee.code = code_;
  callee.instance = &instance;
  runtime::NativeCall call{};
  call.context = &context;
  call.callee = &callee;
  call.caller = &instance;
  auto slots = [](const std::vector<Type>& types) {
    uint32_t ints = 0, floats = 0, count = 0;
    for (Type type : types) {
      uint32_t& used = is_float(type) ? floats : ints;
      if (used++ >= 8) count += type == Type::v128 ? 2 : 1;
    }
    return (count + 1) & ~1u;
  };
  uint32_t params = slots(signature_.params), results = slots(signature_.results);
  std::vector<uint64_t> stack(std::max(params, results) + 1, 0xDEAD'BEEF'DEAD'BEEF);
  call.stack = stack.data();
  call.stack_bytes = 8 * std::max(params, results);
  call.result_bytes = 8 * results;
  uint32_t ints = 0, floats = 0, at = 0;
  std::memset(&call.regs, 0xA5, sizeof call.regs);
  for (size_t i = 0; i < args.size(); ++i) {
    Type type = signature_.params[i];
    size_t bytes = type == Type::v128 ? 16 : 8;
    // The upper bits of narrow arguments are undefined: here, they are ones.
    isa::V128 value = args[i];
    if (type == Type::i32) value.lo |= 0xFFFF'FFFF'0000'0000;
    if (is_float(type) && floats < 8) std::memcpy(call.regs.floats[floats++], &value, bytes);
    else if (!is_float(type) && ints < 8) call.regs.ints[ints++] = value.lo;
    else std::memcpy(&stack[at], &value, bytes), at += type == Type::v128 ? 2 : 1;
  }
  zwasm_enter_native(&call);
  Words out;
  ints = floats = 0;
  at = std::max(params, results) - results;
  for (Type type : signature_.results) {
    size_t bytes = type == Type::v128 ? 16 : type == Type::i32 || type == Type::f32 ? 4 : 8;
    isa::V128 value;
    if (is_float(type) && floats < 8)
      std::memcpy(static_cast<void*>(&value), call.regs.floats[floats++], bytes);
    else if (!is_float(type) && ints < 8)
      std::memcpy(static_cast<void*>(&value), &call.regs.ints[ints++], bytes);
    else
      std::memcpy(static_cast<void*>(&value), &stack[at], bytes), at += type == Type::v128 ? 2 : 1;
    out.push_back(value);
  }
  return out;
}

std::vector<codegen::CodegenSettings> all_settings() {
  std::vector<codegen::CodegenSettings> all;
  for (bool plain : {false, true})
    for (uint8_t opt_level : {uint8_t{0}, uint8_t{1}, uint8_t{2}}) {
      codegen::CodegenSettings settings;
      if (!plain) settings.cpu = codegen::CpuFeatures::host();
      settings.verify = true;
      settings.opt_level = opt_level;
      all.push_back(settings);
    }
  return all;
}

}  // namespace zwasm::test
