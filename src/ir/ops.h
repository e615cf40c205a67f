// What the tables say about an op: its name in the text form, its effects.
#pragma once
#include <string_view>

#include "ir/ir.h"
#include "isa/types.h"

namespace zwasm::ir {

struct OwnOpInfo {
  std::string_view text;
  int args;     // -1: any number
  int results;  // -1: as the signature says
  std::string_view effects;
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

constexpr bool has_letter(std::string_view effects, char letter) {
  return effects.find(letter) != std::string_view::npos;
}
// Writes, traps, calls or ends a block: must stay although nobody uses it. (Loads: see Access.)
inline bool op_has_effect(Op op) {
  if (is_wasm_op(op)) return false;
  std::string_view effects = own_op_info(op).effects;
  return effects != "-" && effects != "r";
}
// Other code may run: collects, throws, changes memories and tables.
inline bool op_is_safepoint(Op op) {
  return !is_wasm_op(op) && has_letter(own_op_info(op).effects, 'c');
}

}  // namespace zwasm::ir
