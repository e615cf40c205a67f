// Which handler serves an instruction with which kinds of operands: what the translator asks.
// Each family of handlers is one file in handlers/ and answers for its ops.
#pragma once
#include <cstdint>

#include "interp/insn.h"
#include "isa/opcodes.h"

namespace zwasm::interp {

// Where an operand is.
enum class Kind : uint8_t { slot, acc, imm };
// What gives the same for (b, a) as the op does for (a, b): `lt` for `gt`, an op that commutes for
// itself. nop: there is none. Where there is one, operands stand in the order of these pairs (slot
// and slot, slot and acc, slot and imm, acc and imm), and there are no handlers for others.
// (Floating-point arithmetic commutes but for the payloads of NaNs, and is left as it is.)
constexpr isa::Op mirror_of(isa::Op op) {
  using isa::Op;
  switch (op) {
#define ZW_INT(T)                         \
  case Op::T##_add:                       \
  case Op::T##_mul:                       \
  case Op::T##_and:                       \
  case Op::T##_or:                        \
  case Op::T##_xor:                       \
  case Op::T##_eq:                        \
  case Op::T##_ne: return op;             \
  case Op::T##_lt_s: return Op::T##_gt_s; \
  case Op::T##_lt_u: return Op::T##_gt_u; \
  case Op::T##_gt_s: return Op::T##_lt_s; \
  case Op::T##_gt_u: return Op::T##_lt_u; \
  case Op::T##_le_s: return Op::T##_ge_s; \
  case Op::T##_le_u: return Op::T##_ge_u; \
  case Op::T##_ge_s: return Op::T##_le_s; \
  case Op::T##_ge_u: return Op::T##_le_u;
#define ZW_FLOAT(T)                   \
  case Op::T##_eq:                    \
  case Op::T##_ne: return op;         \
  case Op::T##_lt: return Op::T##_gt; \
  case Op::T##_gt: return Op::T##_lt; \
  case Op::T##_le: return Op::T##_ge; \
  case Op::T##_ge: return Op::T##_le;
    ZW_INT(i32)
    ZW_INT(i64)
    ZW_FLOAT(f32)
    ZW_FLOAT(f64)
#undef ZW_INT
#undef ZW_FLOAT
    default: return Op::nop;
  }
}

// Where a result goes. It is in its accumulator in any case.
enum class Dest : uint8_t { acc, slot };

// Handlers of an op by destination: the second replaces the first in place when it turns out that
// the result must be in a slot.
struct ByDest {
  Handler to_acc = nullptr;
  Handler to_slot = nullptr;
};

// Words: dest, then those operands that are not in an accumulator.
struct UnaryRow {
  ByDest by[2];  // slot, acc
};
struct BinaryRow {
  ByDest by[3][3];  // [a][b]; not both acc, not both imm; and see mirror_of
};
const UnaryRow* unary_row(isa::Op op);
const BinaryRow* binary_row(isa::Op op);
// Operands in slots: dest, a, b, c … (up to four); dest of wide results: two slots.
Handler slots_handler(isa::Op op);  // vectors, wide arithmetic

// Branches on comparisons. Words: operands that are not in an accumulator, displacement. `back`:
// the target is a loop, which is counted and polled.
struct CompareBranchRow {
  Handler by[4][2];  // [operands: ss, sa, si, ai][back]
};
// `inverted`: branches when the comparison does not hold. Null: no such row.
const CompareBranchRow* compare_branch_row(isa::Op op, bool inverted);

// Loads. Words: dest, address unless in acc, offset. Address imm: dest, effective address.
enum class Address : uint8_t { slot, acc, imm };
enum class AddressMode : uint8_t { m32, m64 };  // memory 0 by address type, offset of 32 bits
ByDest load_handler(isa::Op op, AddressMode mode, Address address);
// i32.add fused: words dest, a unless in acc, b, offset. Null where there is none.
ByDest load_indexed_handler(isa::Op op, Kind a);
// Any memory and offset; address slot or acc. Words: dest, address unless in acc, memory, offset
// (2).
ByDest load_any_handler(isa::Op op, Address address);

// Stores. Words: address unless in acc, offset, value unless in an accumulator. Not both acc of
// the same class. Immediates: one word for i32, two for i64.
Handler store_handler(isa::Op op, AddressMode mode, Address address, Kind value);
// Any memory and offset. Words: address unless in acc, memory, offset (2), value unless in acc.
// Not both acc.
Handler store_any_handler(isa::Op op, Address address, Kind value);

// Vector memory ops. Words: dest or value slot(s) … see handlers/simd_memory.cpp. `fast`: in memory
// 0, which has 32-bit addresses, with an offset of 32 bits.
Handler vector_memory_handler(isa::Op op, bool fast);
// Words: dest, a, b, lanes (4). For the machine at hand.
Handler shuffle_handler();
// Lane ops. Words: dest, a, [b,] lane.
Handler lane_handler(isa::Op op);
// Atomic accesses: words dest, address, memory, offset (2), a, b; unused ones are left out.
Handler atomic_handler(isa::Op op);

// Everything that has a handler of its own; operands as the comments in handlers/*.cpp say.
enum class Misc : uint16_t {
#define MISC(name) name,
#include "interp/misc.def"
};
Handler misc_handler(Misc m);

}  // namespace zwasm::interp
