// What the rest of zwasm asks about an opcode: everything comes from opcodes.def.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "isa/features.h"

namespace zwasm::isa {

enum class Op : uint16_t {
#define OP(name, prefix, code, text, imm, sig, feature, effect, width) name,
#include "isa/opcodes.def"
};

// The closed set of immediate kinds. In the binary format, in this order of parts:
enum class Imm : uint8_t {
  none,
  block_type,     // s33: empty, value type, or type index
  try_table,      // block type, then the catch clauses
  label,          // u32 depth
  label_table,    // vector of labels, default label
  func,           // u32
  type_table,     // call_indirect: type, table
  type,           // u32 type index
  local,          // u32
  global,         // u32
  table,          // u32
  table_table,    // table.copy: destination, source
  elem_table,     // table.init: element segment, table
  elem,           // u32
  data,           // u32
  data_memory,    // memory.init: data segment, memory
  memory,         // u32
  memory_memory,  // memory.copy: destination, source
  memarg,         // alignment and memory, offset
  memarg_lane,    // memarg, lane byte
  lane,           // one byte
  lanes,          // sixteen bytes
  v128_const,     // sixteen bytes
  i32_const,      // s32
  i64_const,      // s64
  f32_const,      // four bytes
  f64_const,      // eight bytes
  heap_type,      // ref.null
  ref_type,       // ref.test, ref.cast: heap type; the op means a non-null reference
  ref_type_null,  // the same; the op means a nullable reference
  br_cast,        // flags byte, label, two heap types
  select_types,   // vector of value types
  type_field,     // struct.get …: type, field
  type_type,      // array.copy: destination type, source type
  type_count,     // array.new_fixed: type, length
  type_data,      // array.new_data, array.init_data: type, data segment
  type_elem,      // array.new_elem, array.init_elem: type, element segment
  tag,            // u32
  fence,          // one zero byte
};

enum class Effect : uint8_t { pure, traps, reads, writes, allocates, control, call };

struct OpInfo {
  std::string_view text;  // name in the text format
  std::string_view sig;   // "operands:results", or "*"
  uint32_t code;
  uint8_t prefix;  // 0 or 0xFB..0xFE
  Imm imm;
  Feature feature;
  Effect effect;
  uint8_t width;  // bytes accessed in memory, also the natural alignment; 0: none
};

inline constexpr uint32_t kOpCount =
#define OP(...) +1
#include "isa/opcodes.def"
    ;

OpInfo op_info(Op op);
// The op of a code behind a prefix (0: one-byte opcodes); nothing if the code is not assigned.
std::optional<Op> op_by_code(uint8_t prefix, uint32_t code);
// The ops of a name of the text format. A few names stand for two ops, told apart by the operand
// that follows (select, ref.test, ref.cast): then the first in table order is returned.
std::optional<Op> op_by_name(std::string_view text);

}  // namespace zwasm::isa
