// The immediates of instructions: one structure, one reader and one writer, which switch on the
// kind (isa::Imm) and never on the op. FuncDecoder, printer, parser and encoder all use these.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "isa/opcodes.h"
#include "isa/types.h"
#include "module/reader.h"

namespace zwasm::module {

struct BlockType {
  enum class Kind : uint8_t { empty, value, type };
  Kind kind = Kind::empty;
  isa::ValType value;  // kind == value
  uint32_t type = 0;   // kind == type: index of a function type
};

struct CatchClause {
  enum class Kind : uint8_t { catch_ = 0, catch_ref = 1, catch_all = 2, catch_all_ref = 3 };
  Kind kind = Kind::catch_;
  uint32_t tag = 0;    // catch_, catch_ref
  uint32_t label = 0;  // depth, counted from outside the try_table
  bool has_tag() const { return kind == Kind::catch_ || kind == Kind::catch_ref; }
  bool has_ref() const { return kind == Kind::catch_ref || kind == Kind::catch_all_ref; }
};

// Which fields mean something depends on the kind; the others keep whatever they held:
//
//   one index (func, label, local, …)      index
//   type_table (call_indirect)             index = type, index2 = table
//   table_table, memory_memory             index = destination, index2 = source
//   elem_table, data_memory                index = segment, index2 = table or memory
//   type_field, type_count, type_data,
//   type_elem                              index = type, index2 = field, count, segment
//   type_type (array.copy)                 index = destination type, index2 = source type
//   memarg, memarg_lane                    index = memory, align, value = offset, lane
//   label_table                            labels, index = default label
//   i32_const, i64_const                   value, sign-extended
//   f32_const, f64_const                   value = bits
//   v128_const, lanes                      bytes (sixteen)
//   lane                                   lane
//   block_type                             block
//   try_table                              block, catches
//   heap_type, ref_type, ref_type_null     heap
//   br_cast                                index = label, from, to
//   select_types                           types
struct Immediates {
  uint32_t index = 0;
  uint32_t index2 = 0;
  uint64_t value = 0;
  uint8_t align = 0;  // log2
  uint8_t lane = 0;
  const uint8_t* bytes = nullptr;
  BlockType block;
  isa::HeapType heap;
  isa::ValType from, to;
  std::span<const uint32_t> labels;
  std::span<const CatchClause> catches;
  std::span<const isa::ValType> types;
};

// Storage behind the spans of Immediates, used again for every instruction.
struct ImmediateStorage {
  std::vector<uint32_t> labels;
  std::vector<CatchClause> catches;
  std::vector<isa::ValType> types;
};

// Reads what follows the opcode. Spans point into `storage`, `bytes` into the input. Errors are
// the reader's; indices are not checked against anything.
void read_immediates(Reader& reader, isa::Imm kind, Immediates& imm, ImmediateStorage& storage);
// Appends what follows the opcode.
void write_immediates(std::vector<uint8_t>& out, isa::Imm kind, const Immediates& imm);

// Appends the opcode.
void write_op(std::vector<uint8_t>& out, isa::Op op);
// Reads an opcode, its prefix included; reports an unassigned one as "illegal opcode".
isa::Op read_op(Reader& reader);

// Types in the binary format.
isa::HeapType read_heap_type(Reader& reader);
isa::ValType read_val_type(Reader& reader);
isa::ValType read_ref_type(Reader& reader);
isa::ValType read_storage_type(Reader& reader);
void write_heap_type(std::vector<uint8_t>& out, isa::HeapType heap);
// Abstract nullable references take the one-byte form.
void write_val_type(std::vector<uint8_t>& out, isa::ValType type);

}  // namespace zwasm::module
