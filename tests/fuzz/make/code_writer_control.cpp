// Blocks, branches, calls, exceptions.
#include <algorithm>
#include <array>

#include "fuzz/make/code_writer.h"

namespace fuzz {

namespace isa = zwasm::isa;
namespace module = zwasm::module;
using isa::Op;
using isa::ValType;
using module::BlockType;
using module::CompositeKind;

namespace {

bool same(std::span<const ValType> a, std::span<const ValType> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

BlockType block_type(std::span<const ValType> results) {
  if (results.empty()) return {};
  return {.kind = BlockType::Kind::value, .value = results[0]};
}

}  // namespace

void CodeWriter::open_if() {
  expression(isa::kI32);
  op(Op::if_, Imm{});
  labels_.push_back({});
}

void CodeWriter::close() {
  labels_.pop_back();
  op(Op::end);
}

// `results` are one or none.
void CodeWriter::block(Op code, std::span<const ValType> results) {
  module::BlockType type = block_type(results);
  if (code == Op::if_) expression(isa::kI32);
  op(code, Imm{.block = type});
  bool loops = code == Op::loop;
  labels_.push_back({loops ? std::span<const ValType>() : results});
  if (loops) spend();
  body(results);
  if (code == Op::if_ && (!results.empty() || random_.one_in(2))) {
    op(Op::else_);
    body(results);
  }
  close();
}

// A loop around a block, so that there is a way out, with a condition at its end or its start.
void CodeWriter::loop() {
  op(Op::block, Imm{});
  labels_.push_back({});
  op(Op::loop, Imm{});
  labels_.push_back({});
  spend();
  bool early = random_.one_in(2);
  if (early) {
    expression(isa::kI32);
    indexed(Op::br_if, 1);
  }
  body({});
  if (options_.budget && !random_.one_in(8)) {  // a few times
    indexed(Op::global_get, *options_.budget);
    i32_const(random_.one_in(4) ? 31 : 3);
    op(Op::i32_and);
    indexed(Op::br_if, 0);
  } else if (!early || random_.one_in(2)) {
    expression(isa::kI32);
    indexed(Op::br_if, 0);
  } else {
    indexed(Op::br, 0);
  }
  close();
  close();
}

bool CodeWriter::control_expression(ValType type) {
  std::span<const ValType> one(&type, 1);
  switch (random_.below(7)) {
    case 0: block(Op::block, one); return true;
    case 1: block(Op::if_, one); return true;
    case 2: block(Op::loop, one); return true;
    case 3:
      expression(type);
      expression(type);
      expression(isa::kI32);
      if (type.is_ref() || random_.one_in(4)) op(Op::select_t, Imm{.types = one});
      else op(Op::select);
      return true;
    case 4: return call(one);
    case 5: {  // out of a block with the value
      op(Op::block, Imm{.block = block_type(one)});
      labels_.push_back({one});
      expression(type);
      expression(isa::kI32);
      indexed(Op::br_if, 0);
      body({});
      close();
      return true;
    }
    case 6:
      expression(type);
      if (!set_local(type, Op::local_tee)) op(Op::nop);
      return true;
    default: return false;
  }
}

// To a label around, or out of the function; taken or not.
void CodeWriter::branch() {
  size_t choice = random_.below(6);
  if (labels_.empty() || choice == 0) {
    if (!options_.results.empty() || labels_.empty()) {
      if (random_.one_in(2)) return;
    }
    open_if();
    expressions(options_.results);
    op(Op::return_);
    close();
    return;
  }
  uint32_t depth = random_.below32(static_cast<uint32_t>(labels_.size()));
  auto types = labels_[labels_.size() - 1 - depth].types;
  switch (choice) {
    case 1:
    case 2:
      expressions(types);
      expression(isa::kI32);
      indexed(Op::br_if, depth);
      consume(types);
      break;
    case 3: {  // in a block of its own: what comes after a br_table is dead
      std::vector<uint32_t> targets;
      for (uint32_t i = 0; i < labels_.size(); ++i) {
        if (same(labels_[labels_.size() - 1 - i].types, types)) targets.push_back(i + 1);
      }
      if (types.empty()) targets.push_back(0);
      std::vector<uint32_t> table;
      for (size_t i = random_.below(random_.one_in(8) ? 40 : 6); i > 0; --i)
        table.push_back(random_.pick(targets));
      op(Op::block, Imm{});
      labels_.push_back({});
      expressions(types);
      expression(isa::kI32);
      op(Op::br_table, Imm{.index = random_.pick(targets), .labels = table});
      close();
      break;
    }
    default:
      open_if();
      expressions(types);
      indexed(Op::br, depth + 1);
      close();
      break;
  }
}

void CodeWriter::arguments(const module::FuncType& type) { expressions(type.params); }

// A function of the module with exactly these results, in one of the ways to call it.
bool CodeWriter::call(std::span<const ValType> results) {
  std::vector<uint32_t> fitting;
  for (uint32_t i = options_.first_callable; i < module_.funcs.size(); ++i) {
    if (same(module_.func_type(i).results, results)) fitting.push_back(i);
  }
  if (fitting.empty()) return false;
  uint32_t func = random_.pick(fitting), type = module_.funcs[func].type;
  arguments(module_.func_type(func));
  switch (random_.below(4)) {
    case 0: {
      std::vector<uint32_t> tables;
      for (uint32_t i = 0; i < module_.tables.size(); ++i) {
        if (module_.tables[i].type.elem == isa::kFuncRef) tables.push_back(i);
      }
      if (!tables.empty()) {
        uint32_t table = random_.pick(tables);
        small(module_.tables[table].type.limits.is64 ? isa::kI64 : isa::kI32, 8);
        indexed(Op::call_indirect, type, table);
        break;
      }
      [[fallthrough]];
    }
    case 1:
      if (func < module_.declared_funcs.size() && module_.declared_funcs[func]) {
        concrete(type, true);
        indexed(Op::call_ref, type);
        break;
      }
      [[fallthrough]];
    default: indexed(Op::call, func); break;
  }
  return true;
}

void CodeWriter::call_statement() {
  if (module_.funcs.empty()) return;
  auto results =
      module_.func_type(random_.below32(static_cast<uint32_t>(module_.funcs.size()))).results;
  if (call(results)) consume(results);
}

void CodeWriter::tail_call() {
  std::vector<uint32_t> fitting;
  for (uint32_t i = options_.first_callable; i < module_.funcs.size(); ++i) {
    if (same(module_.func_type(i).results, options_.results)) fitting.push_back(i);
  }
  if (fitting.empty()) return;
  uint32_t func = random_.pick(fitting);
  open_if();
  arguments(module_.func_type(func));
  if (random_.one_in(3) && func < module_.declared_funcs.size() && module_.declared_funcs[func]) {
    concrete(module_.funcs[func].type, true);
    indexed(Op::return_call_ref, module_.funcs[func].type);
  } else {
    indexed(Op::return_call, func);
  }
  close();
}

// A block whose type is a function type: parameters come in, several results go out.
bool CodeWriter::block_of_type(const module::FuncType& type, uint32_t index) {
  expressions(type.params);
  bool loops = random_.one_in(3);
  op(loops ? Op::loop : Op::block, Imm{.block = {.kind = BlockType::Kind::type, .type = index}});
  if (loops) spend();
  labels_.push_back({loops ? type.params : type.results});
  consume(type.params);
  body(type.results);
  close();
  consume(type.results);
  return true;
}

//   block $out
//     block $handler (result …)
//       try_table (catch tag $handler) … end
//       br $out
//     end
//     (what the tag carries)
//   end
void CodeWriter::catching() {
  using Kind = module::CatchClause::Kind;
  std::vector<module::CatchClause> clauses;
  BlockType carried;
  std::span<const ValType> types;
  static constexpr ValType kExn[] = {isa::kExnRef};
  if (module_.tags.empty() || random_.one_in(3)) {
    bool with_ref = random_.one_in(2);
    clauses.push_back({.kind = with_ref ? Kind::catch_all_ref : Kind::catch_all});
    if (with_ref) types = kExn;
  } else {
    uint32_t tag = random_.below32(static_cast<uint32_t>(module_.tags.size()));
    types = module_.types[module_.tags[tag].type].func.params;
    clauses.push_back({.kind = Kind::catch_, .tag = tag});
  }
  if (types.size() == 1) {
    carried = {.kind = BlockType::Kind::value, .value = types[0]};
  } else if (!types.empty()) {
    for (uint32_t i = 0; i < module_.types.size(); ++i) {
      const module::SubType& type = module_.types[i];
      if (type.kind == CompositeKind::func && type.func.params.empty() &&
          same(type.func.results, types))
        carried = {.kind = BlockType::Kind::type, .type = i};
    }
    if (carried.kind == BlockType::Kind::empty) return;
  }
  op(Op::block, Imm{});
  labels_.push_back({});
  op(Op::block, Imm{.block = carried});
  labels_.push_back({types});
  op(Op::try_table, Imm{.catches = clauses});
  labels_.push_back({});
  body({});
  close();
  indexed(Op::br, 1);
  close();
  if (types.data() == kExn && random_.one_in(3)) {
    op(Op::throw_ref);
  } else {
    consume(types);
  }
  close();
}

void CodeWriter::throwing() {
  if (module_.tags.empty()) return;
  uint32_t tag = random_.below32(static_cast<uint32_t>(module_.tags.size()));
  open_if();
  expressions(module_.types[module_.tags[tag].type].func.params);
  indexed(Op::throw_, tag);
  close();
}

void CodeWriter::control_statement() {
  switch (random_.below(12)) {
    case 0: block(Op::block, {}); break;
    case 1: block(Op::if_, {}); break;
    case 2:
    case 3: loop(); break;
    case 4:
    case 5: branch(); break;
    case 6:
    case 7: call_statement(); break;
    case 8:
      if (auto type = some_type(CompositeKind::func))
        block_of_type(module_.types[*type].func, *type);
      break;
    case 9: catching(); break;
    case 10: throwing(); break;
    case 11:
      if (random_.one_in(2)) tail_call();
      break;
    default: break;
  }
}

}  // namespace fuzz
