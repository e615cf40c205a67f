// The part of opcodes.def that a walk over code needs for every instruction, packed: immediate
// kind, feature, signature.
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "isa/opcodes.h"
#include "isa/types.h"

namespace zwasm::isa {

// A type in a signature: a ValKind, or the address type of the memory that is accessed.
inline constexpr uint8_t kAddressType = 0xFF;

struct OpShape {
  Imm imm = Imm::none;
  Feature feature = Feature::mvp;
  bool simple = false;  // has a signature in the table
  uint8_t arg_count = 0;
  uint8_t result_count = 0;
  uint8_t align = 0;  // log2 of the natural alignment
  uint8_t lanes = 0;  // valid lane immediates are below this
  std::array<uint8_t, 4> args{};
  std::array<uint8_t, 2> results{};
};

namespace detail {

constexpr uint8_t kind_of_letter(char letter) {
  switch (letter) {
    case 'i': return static_cast<uint8_t>(ValKind::i32);
    case 'I': return static_cast<uint8_t>(ValKind::i64);
    case 'f': return static_cast<uint8_t>(ValKind::f32);
    case 'F': return static_cast<uint8_t>(ValKind::f64);
    case 'v': return static_cast<uint8_t>(ValKind::v128);
    default: return kAddressType;
  }
}

constexpr OpShape shape_of(Imm imm, std::string_view sig, Feature feature, uint32_t width) {
  OpShape shape;
  shape.imm = imm;
  shape.feature = feature;
  shape.align = width == 0 ? uint8_t{0} : static_cast<uint8_t>(std::countr_zero(width));
  if (imm == Imm::memarg_lane) shape.lanes = static_cast<uint8_t>(16 / width);
  if (imm == Imm::lanes) shape.lanes = 32;
  if (sig == "*") return shape;
  shape.simple = true;
  bool in_results = false;
  for (char letter : sig) {
    if (letter == ':') in_results = true;
    else if (in_results) shape.results[shape.result_count++] = kind_of_letter(letter);
    else shape.args[shape.arg_count++] = kind_of_letter(letter);
  }
  return shape;
}

struct LaneCount {
  Op op;
  uint8_t lanes;
};
inline constexpr LaneCount kLaneCounts[] = {
#define VLANE(name, prefix, code, text, imm, sig, feature, lanes) {Op::name, lanes},
#include "isa/opcodes.def"
};

constexpr std::array<OpShape, kOpCount> make_shapes() {
  std::array<OpShape, kOpCount> shapes = {{
#define OP(name, prefix, code, text, imm, sig, feature, effect, width) \
  shape_of(Imm::imm, sig, Feature::feature, width),
#include "isa/opcodes.def"
  }};
  for (LaneCount count : kLaneCounts) shapes[static_cast<uint32_t>(count.op)].lanes = count.lanes;
  return shapes;
}

constexpr std::array<uint16_t, 256> make_one_byte_ops() {
  std::array<uint16_t, 256> ops{};
  ops.fill(0xFFFF);
  uint16_t index = 0;
#define OP(name, prefix, code, text, imm, sig, feature, effect, width) \
  if (prefix == 0) ops[code & 0xFF] = index;                           \
  ++index;
#include "isa/opcodes.def"
  return ops;
}

}  // namespace detail

inline constexpr std::array<OpShape, kOpCount> kOpShapes = detail::make_shapes();
// Ops of one byte; kNoOneByteOp for prefixes and unassigned bytes.
inline constexpr std::array<uint16_t, 256> kOneByteOps = detail::make_one_byte_ops();
inline constexpr uint16_t kNoOneByteOp = 0xFFFF;

constexpr const OpShape& op_shape(Op op) { return kOpShapes[static_cast<uint32_t>(op)]; }

}  // namespace zwasm::isa
