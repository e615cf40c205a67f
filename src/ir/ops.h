// What the tables say about an op: its name in the text form, its effects.
#pragma once
#include <cstdint>
#include <string_view>

#include "ir/ir.h"
#include "isa/types.h"

namespace zwasm::ir {

struct OwnOpInfo {
  std::string_view text;
  int args;     // -1: any number
  int results;  // -1: as the signature says
};
inline constexpr int kAnyNumber = -1;
const OwnOpInfo& own_op_info(Op op);  // of ops.def
std::string_view op_text(Op op);

// Of an operand or a result in isa::OpShape.
constexpr Type type_of_kind(uint8_t val_kind) {
  switch (static_cast<isa::ValKind>(val_kind)) {
    case isa::ValKind::i8:
    case isa::ValKind::i16:
    case isa::ValKind::i32: return Type::i32;
    case isa::ValKind::i64: return Type::i64;
    case isa::ValKind::f32: return Type::f32;
    case isa::ValKind::f64: return Type::f64;
    case isa::ValKind::v128: return Type::v128;
    case isa::ValKind::ref: return Type::ref;
    case isa::ValKind::bottom: return Type::none;
  }
  return Type::none;
}

// The letters of the column `effects`, as bits.
enum Effect : uint8_t {
  kReads = 1,
  kWrites = 2,
  kTraps = 4,
  kRunsCode = 8,  // other code: it collects, throws, changes memories and tables
  kEndsBlock = 16,
};
constexpr uint8_t effects_from(std::string_view letters) {
  uint8_t effects = 0;
  for (char letter : letters)
    effects |= letter == 'r'   ? kReads
               : letter == 'w' ? kWrites
               : letter == 't' ? kTraps
               : letter == 'c' ? kRunsCode
               : letter == 'x' ? kEndsBlock
                               : 0;
  return effects;
}
inline constexpr uint8_t kOwnEffects[] = {
#define IR_OP(name, text, args, results, effects, about) effects_from(effects),
#include "ir/ops.def"
};
// Of wasm's own ops, which are pure in the IR, none.
inline uint8_t effects_of(Op op) {
  return is_wasm_op(op) ? 0 : kOwnEffects[static_cast<uint32_t>(op) - isa::kOpCount];
}
// Writes, traps, calls or ends a block: must stay although nobody uses it. (Loads: see Access.)
inline bool op_has_effect(Op op) { return (effects_of(op) & ~kReads) != 0; }
inline bool op_is_safepoint(Op op) { return (effects_of(op) & kRunsCode) != 0; }

}  // namespace zwasm::ir
