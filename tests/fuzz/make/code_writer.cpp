#include "fuzz/make/code_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

#include "isa/op_shape.h"
#include "isa/opcodes.h"

namespace fuzz {

namespace isa = zwasm::isa;
namespace module = zwasm::module;
using isa::Op;
using isa::ValKind;
using isa::ValType;

namespace {

constexpr int kDeepest = 6;  // of nested expressions
constexpr size_t kKinds = 5;

// Ops by result, to choose from.
struct OpLists {
  std::array<std::vector<Op>, kKinds> by_result;
  std::vector<Op> without;
};

const OpLists& op_lists() {
  static const OpLists kLists = [] {
    OpLists lists;
    for (uint32_t i = 0; i < isa::kOpCount; ++i) {
      Op op = static_cast<Op>(i);
      const isa::OpShape& shape = isa::op_shape(op);
      if (!shape.simple) continue;
      // Waits; sizes of memories are for memory_statement.
      if (op == Op::memory_atomic_wait32 || op == Op::memory_atomic_wait64) continue;
      if (shape.imm == isa::Imm::memory || op == Op::nop) continue;
      if (shape.result_count == 0) lists.without.push_back(op);
      if (shape.result_count == 1 && shape.results[0] < kKinds)
        lists.by_result[shape.results[0]].push_back(op);
    }
    return lists;
  }();
  return kLists;
}

}  // namespace

std::span<const Op> ops_resulting_in(ValKind kind) {
  return op_lists().by_result[static_cast<size_t>(kind)];
}
std::span<const Op> ops_without_result() { return op_lists().without; }

CodeWriter::CodeWriter(const module::Module& module, std::span<const ValType> locals,
                       const CodeOptions& options, Random& random)
    : module_(module),
      locals_(locals.begin(), locals.end()),
      options_(options),
      random_(random),
      left_(options.size) {}

void CodeWriter::op(Op op) {
  module::write_op(out_, op);
  --left_;
}

void CodeWriter::op(Op code, const Imm& imm) {
  op(code);
  module::write_immediates(out_, isa::op_info(code).imm, imm);
}

void CodeWriter::indexed(Op code, uint32_t index, uint32_t index2) {
  op(code, Imm{.index = index, .index2 = index2});
}

void CodeWriter::i32_const(int32_t value) {
  op(Op::i32_const, Imm{.value = static_cast<uint64_t>(int64_t{value})});
}

void CodeWriter::address_const(ValType type, uint64_t value) {
  if (type == isa::kI64) op(Op::i64_const, Imm{.value = value});
  else i32_const(static_cast<int32_t>(value));
}

void CodeWriter::expressions(std::span<const ValType> types) {
  for (ValType type : types) expression(type);
}

void CodeWriter::drop(size_t count) {
  for (size_t i = 0; i < count; ++i) op(Op::drop);
}

void CodeWriter::consume(std::span<const ValType> types) {
  for (size_t i = types.size(); i > 0; --i) {
    if (random_.one_in(3) || !set_local(types[i - 1], Op::local_set)) op(Op::drop);
  }
}

void CodeWriter::spend() {
  if (!options_.budget) return;
  indexed(Op::global_get, *options_.budget);
  op(Op::i32_eqz);
  op(Op::if_, Imm{});
  op(Op::unreachable);
  op(Op::end);
  indexed(Op::global_get, *options_.budget);
  i32_const(1);
  op(Op::i32_sub);
  indexed(Op::global_set, *options_.budget);
}

void CodeWriter::body(std::span<const ValType> results) {
  for (size_t i = 1 + random_.below(6); i > 0; --i) statement();
  expressions(results);
}

void CodeWriter::constant(ValType type) {
  static constexpr int64_t kInts[] = {0,    1,     2,     7,      8,          31,         32,
                                      63,   64,    -1,    -2,     127,        128,        255,
                                      0xFF, 0x100, 32767, -32768, 0xFFFF,     INT32_MAX,  INT32_MIN,
                                      1000, 4096,  65535, 65536,  0xFFFFFFFF, INT64_MAX,  INT64_MIN,
                                      -128, -129,  12345, -65536, 0x5555AAAA, 0x80000000, 3};
  static constexpr uint32_t kFloats[] = {
      0,          0x80000000, 1,          0x007FFFFF, 0x00800000, 0x3F800000, 0xBF800000,
      0x3F000000, 0x40490FDB, 0x4EFFFFFF, 0x4F000000, 0xCF000000, 0x4F800000, 0x5F000000,
      0xDF000000, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000, 0xC2C80000};
  static constexpr uint64_t kDoubles[] = {0,
                                          0x8000000000000000,
                                          1,
                                          0x000FFFFFFFFFFFFF,
                                          0x0010000000000000,
                                          0x3FF0000000000000,
                                          0xBFF0000000000000,
                                          0x3FE0000000000000,
                                          0x400921FB54442D18,
                                          0x41DFFFFFFFC00000,
                                          0x41E0000000000000,
                                          0xC1E0000000000000,
                                          0x41EFFFFFFFE00000,
                                          0x43E0000000000000,
                                          0xC3E0000000000000,
                                          0x7FEFFFFFFFFFFFFF,
                                          0x7FF0000000000000,
                                          0xFFF0000000000000,
                                          0x7FF8000000000000,
                                          0x36A0000000000000};
  uint64_t any = random_.next();
  bool edge = !random_.one_in(4);
  uint64_t integer = edge ? static_cast<uint64_t>(random_.pick(std::span(kInts))) : any;
  switch (type.kind()) {
    case ValKind::i32: i32_const(static_cast<int32_t>(integer)); break;
    case ValKind::i64: op(Op::i64_const, Imm{.value = integer}); break;
    case ValKind::f32: {
      uint32_t bits = edge ? random_.pick(std::span(kFloats)) : static_cast<uint32_t>(any);
      op(Op::f32_const, Imm{.value = bits});
      break;
    }
    case ValKind::f64:
      op(Op::f64_const, Imm{.value = edge ? random_.pick(std::span(kDoubles)) : any});
      break;
    case ValKind::v128: {
      std::array<uint8_t, 16> bytes;
      uint64_t halves[2] = {integer, random_.one_in(2) ? random_.next() : integer};
      if (random_.one_in(3)) halves[0] = halves[1] = random_.pick(std::span(kDoubles));
      if (random_.one_in(3)) halves[0] = uint64_t{random_.pick(std::span(kFloats))} * 0x100000001u;
      for (size_t i = 0; i < 16; ++i) {
        bytes[i] = static_cast<uint8_t>(halves[i / 8] >> (i % 8 * 8));
      }
      op(Op::v128_const, Imm{.bytes = bytes.data()});
      break;
    }
    case ValKind::ref:
    case ValKind::i8:
    case ValKind::i16:
    case ValKind::bottom: assert(false); break;
  }
}

// The shortest way to a value.
void CodeWriter::leaf(ValType type) {
  if (!random_.one_in(3) && from_local(type)) return;
  if (random_.one_in(4) && from_global(type)) return;
  if (type.is_ref()) reference(type);
  else constant(type);
}

void CodeWriter::expression(ValType type) {
  ++depth_;
  if (type.is_ref()) {
    if (!(random_.one_in(2) && from_local(type)) && !(random_.one_in(4) && from_global(type)))
      reference(type);
  } else if (depth_ > kDeepest || left_ <= 0 || random_.one_in(4)) {
    leaf(type);
  } else if (random_.one_in(6) && control_expression(type)) {
  } else if (random_.one_in(6) && from_aggregate(type)) {
  } else if (random_.one_in(12) && number_from_ref(type)) {
  } else if (!simple(type)) {
    leaf(type);
  }
  --depth_;
}

// An op of the table with operands.
bool CodeWriter::simple(ValType type) {
  auto ops = ops_resulting_in(type.kind());
  // Vectors have the most ops by far; without, the others get their share.
  bool vectors = random_.one_in(3) || type == isa::kV128;
  for (int tries = 0; tries < 8; ++tries) {
    Op code = random_.pick(ops);
    const isa::OpInfo& info = isa::op_info(code);
    if (info.prefix == 0xFD && !vectors) continue;
    if (info.width && module_.memories.empty()) continue;
    if (info.imm == isa::Imm::i32_const || info.imm == isa::Imm::i64_const ||
        info.imm == isa::Imm::f32_const || info.imm == isa::Imm::f64_const ||
        info.imm == isa::Imm::v128_const)
      continue;  // leaf's
    simple_op(code);
    return true;
  }
  return false;
}

void CodeWriter::simple_op(Op code) {
  const isa::OpInfo& info = isa::op_info(code);
  const isa::OpShape& shape = isa::op_shape(code);
  uint32_t memory = module_.memories.empty()
                        ? 0
                        : random_.below32(static_cast<uint32_t>(module_.memories.size()));
  for (uint32_t i = 0; i < shape.arg_count; ++i) {
    if (shape.args[i] == isa::kAddressType) address(memory, info.width);
    else expression(ValType(static_cast<ValKind>(shape.args[i])));
  }
  Imm imm = access(info, memory);
  if (shape.lanes) imm.lane = static_cast<uint8_t>(random_.below(shape.lanes));
  std::array<uint8_t, 16> lanes;
  if (info.imm == isa::Imm::lanes) {
    for (uint8_t& lane : lanes) lane = static_cast<uint8_t>(random_.below(32));
    imm.bytes = lanes.data();
  }
  op(code, imm);
}

CodeWriter::Imm CodeWriter::access(const isa::OpInfo& info, uint32_t memory) {
  Imm imm;
  imm.index = memory;
  if (info.width == 0) return imm;
  int natural = std::countr_zero(uint32_t{info.width});
  bool atomic = info.prefix == 0xFE;
  imm.align =
      static_cast<uint8_t>(atomic ? natural : random_.below(static_cast<size_t>(natural) + 1));
  switch (random_.below(64)) {
    case 0: imm.value = 65536 - info.width; break;
    case 1: imm.value = random_.one_in(8) ? 0xFFFFFFFF : random_.below(1 << 17); break;
    default: imm.value = random_.below(64) & ~uint64_t{atomic ? info.width - 1u : 0u}; break;
  }
  return imm;
}

void CodeWriter::address(uint32_t memory, uint64_t width) {
  const module::MemoryType& type = module_.memories[memory].type;
  ValType index = type.limits.is64 ? isa::kI64 : isa::kI32;
  uint64_t bytes = std::min<uint64_t>(type.limits.min << type.page_size_log2, 1 << 20);
  if (random_.one_in(100) || bytes < 256) return expression(index);
  uint64_t mask = (std::bit_floor(bytes) / 2 - 1) & ~(width == 0 ? 0 : width - 1);
  if (random_.one_in(3)) return address_const(index, random_.next() & mask);
  expression(index);
  address_const(index, mask);
  op(index == isa::kI64 ? Op::i64_and : Op::i32_and);
}

void CodeWriter::small(ValType type, uint32_t bound) {
  if (random_.one_in(60)) return expression(type);
  if (random_.one_in(2)) return address_const(type, random_.below(bound));
  expression(type);
  address_const(type, std::bit_floor(bound) - 1);
  op(type == isa::kI64 ? Op::i64_and : Op::i32_and);
}

bool CodeWriter::from_local(ValType type) {
  std::vector<uint32_t> fitting;
  for (uint32_t i = 0; i < locals_.size(); ++i) {
    if (locals_[i] == type && type.defaultable()) fitting.push_back(i);
  }
  if (fitting.empty()) return false;
  indexed(Op::local_get, random_.pick(fitting));
  return true;
}

bool CodeWriter::set_local(ValType type, Op how) {
  std::vector<uint32_t> fitting;
  for (uint32_t i = 0; i < locals_.size(); ++i) {
    if (locals_[i] == type) fitting.push_back(i);
  }
  if (fitting.empty()) return false;
  indexed(how, random_.pick(fitting));
  return true;
}

bool CodeWriter::from_global(ValType type) {
  std::vector<uint32_t> fitting;
  for (uint32_t i = 0; i < module_.globals.size(); ++i) {
    if (module_.globals[i].type.type == type && i != options_.budget) fitting.push_back(i);
  }
  if (fitting.empty()) return false;
  indexed(Op::global_get, random_.pick(fitting));
  return true;
}

void CodeWriter::store() {
  for (int tries = 0; tries < 8; ++tries) {
    Op code = random_.pick(ops_without_result());
    const isa::OpInfo& info = isa::op_info(code);
    if (info.width && module_.memories.empty()) continue;
    return simple_op(code);
  }
}

void CodeWriter::memory_statement() {
  if (module_.memories.empty()) return;
  auto some = [&] { return random_.below32(static_cast<uint32_t>(module_.memories.size())); };
  uint32_t memory = some(), other = some();
  auto index_type = [&](uint32_t m) {
    return module_.memories[m].type.limits.is64 ? isa::kI64 : isa::kI32;
  };
  ValType type = index_type(memory);
  bool both64 = type == isa::kI64 && index_type(other) == isa::kI64;
  switch (random_.below(module_.data_count && !module_.datas.empty() ? 6 : 4)) {
    case 0:
      address(memory, 0);
      expression(isa::kI32);
      small(type, 256);
      indexed(Op::memory_fill, memory);
      break;
    case 1:
      address(memory, 0);
      address(other, 0);
      small(both64 ? isa::kI64 : isa::kI32, 256);
      indexed(Op::memory_copy, memory, other);
      break;
    case 2:
      small(type, 3);
      indexed(Op::memory_grow, memory);
      consume(std::span(&type, 1));
      break;
    case 3:
      indexed(Op::memory_size, memory);
      consume(std::span(&type, 1));
      break;
    case 4: {
      uint32_t data = random_.below32(static_cast<uint32_t>(module_.datas.size()));
      address(memory, 0);
      small(isa::kI32, 8);
      small(isa::kI32, 8);
      indexed(Op::memory_init, data, memory);
      break;
    }
    case 5:
      if (random_.one_in(4))
        indexed(Op::data_drop, random_.below32(static_cast<uint32_t>(module_.datas.size())));
      break;
    default: break;
  }
}

void CodeWriter::table_statement() {
  if (module_.tables.empty()) return;
  auto some = [&] { return random_.below32(static_cast<uint32_t>(module_.tables.size())); };
  uint32_t table = some(), other = some();
  ValType elem = module_.tables[table].type.elem;
  auto index_type = [&](uint32_t t) {
    return module_.tables[t].type.limits.is64 ? isa::kI64 : isa::kI32;
  };
  ValType type = index_type(table);
  bool both64 = type == isa::kI64 && index_type(other) == isa::kI64;
  switch (random_.below(8)) {
    case 0:
      small(type, 8);
      expression(elem);
      indexed(Op::table_set, table);
      break;
    case 1:
      small(type, 8);
      indexed(Op::table_get, table);
      consume(std::span(&elem, 1));
      break;
    case 2:
      expression(elem);
      small(type, 3);
      indexed(Op::table_grow, table);
      consume(std::span(&type, 1));
      break;
    case 3:
      indexed(Op::table_size, table);
      consume(std::span(&type, 1));
      break;
    case 4:
      small(type, 8);
      expression(elem);
      small(type, 4);
      indexed(Op::table_fill, table);
      break;
    case 5:
      if (module_.tables[other].type.elem != elem) break;
      small(type, 8);
      small(index_type(other), 8);
      small(both64 ? isa::kI64 : isa::kI32, 4);
      indexed(Op::table_copy, table, other);
      break;
    case 6:
    case 7: {
      if (module_.elems.empty()) break;
      uint32_t segment = random_.below32(static_cast<uint32_t>(module_.elems.size()));
      if (random_.one_in(6)) return indexed(Op::elem_drop, segment);
      if (module_.elems[segment].type != elem) break;
      small(type, 8);
      small(isa::kI32, 4);
      small(isa::kI32, 4);
      indexed(Op::table_init, segment, table);
      break;
    }
    default: break;
  }
}

void CodeWriter::statement() {
  if (left_ <= 0 || depth_ > kDeepest) return;
  ++depth_;
  static constexpr ValType kSimple[] = {isa::kI32, isa::kI64, isa::kF32, isa::kF64, isa::kV128};
  switch (random_.below(16)) {
    case 0:
    case 1:
    case 2:
      if (!locals_.empty()) {
        uint32_t local = random_.below32(static_cast<uint32_t>(locals_.size()));
        expression(locals_[local]);
        indexed(Op::local_set, local);
      }
      break;
    case 3:
      if (!module_.globals.empty()) {
        uint32_t global = random_.below32(static_cast<uint32_t>(module_.globals.size()));
        if (!module_.globals[global].type.mut || global == options_.budget) break;
        expression(module_.globals[global].type.type);
        indexed(Op::global_set, global);
      }
      break;
    case 4:
    case 5:
    case 6: store(); break;
    case 7: memory_statement(); break;
    case 8: table_statement(); break;
    case 9: {  // two results
      static constexpr Op kWide[] = {Op::i64_add128, Op::i64_sub128, Op::i64_mul_wide_s,
                                     Op::i64_mul_wide_u};
      simple_op(random_.pick(std::span(kWide)));
      static constexpr ValType kResults[] = {isa::kI64, isa::kI64};
      consume(kResults);
      break;
    }
    case 10: aggregate_statement(); break;
    case 11: {
      ValType type = random_.pick(std::span(kSimple));
      expression(type);
      if (!set_local(type, Op::local_tee)) op(Op::nop);
      op(Op::drop);
      break;
    }
    default: control_statement(); break;
  }
  --depth_;
}

}  // namespace fuzz
