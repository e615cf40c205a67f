// Encoding: prefix bytes, REX or VEX, opcode, ModRM, SIB, displacement, immediate.
#include "codegen/x64/assembler.h"

namespace zwasm::codegen::x64 {

namespace {

constexpr uint8_t n(Gpr r) { return static_cast<uint8_t>(r); }
constexpr uint8_t n(Xmm r) { return static_cast<uint8_t>(r); }
template <class E>
constexpr uint8_t index(E e) {
  return static_cast<uint8_t>(e);
}
constexpr bool fits8(int32_t v) { return v >= -128 && v <= 127; }
// spl, bpl, sil, dil: without REX these numbers mean ah, ch, dh, bh.
constexpr bool needs_rex_as_byte(uint8_t r) { return r >= 4 && r < 8; }

// The distance counts from the end of the instruction; `tail` bytes (0, 1, 2 or 4) stand between it
// and the place.
template <int kTail>
bool patch_rel32(uint8_t* code, uint32_t place, uint32_t target) {
  int64_t distance = int64_t{target} - (int64_t{place} + 4 + kTail);
  if (distance != static_cast<int32_t>(distance)) return false;
  auto value = static_cast<int32_t>(distance);
  std::memcpy(code + place, &value, sizeof value);
  return true;
}

}  // namespace

const Assembler::Opcode Assembler::kBits[] = {
#define BITS(name, prefix, opcode) {prefix, 1, opcode},
#include "codegen/x64/insts.def"
};
const Assembler::Opcode Assembler::kSse[] = {
#define SSE(name, prefix, map, opcode) {prefix, map, opcode},
#include "codegen/x64/insts.def"
};
const Assembler::Opcode Assembler::kSseMove[] = {
#define SSE_MOVE(name, prefix, map, opcode) {prefix, map, opcode},
#include "codegen/x64/insts.def"
};
const Assembler::Opcode Assembler::kSseImm[] = {
#define SSE_IMM(name, prefix, map, opcode) {prefix, map, opcode},
#include "codegen/x64/insts.def"
};
const Assembler::Opcode Assembler::kSseImmMove[] = {
#define SSE_IMM_MOVE(name, prefix, map, opcode) {prefix, map, opcode},
#include "codegen/x64/insts.def"
};
const Assembler::Opcode Assembler::kSseShift[] = {
#define SSE_SHIFT(name, opcode, digit) {digit, 1, opcode},
#include "codegen/x64/insts.def"
};
const Assembler::Opcode Assembler::kFma[] = {
#define FMA(name, w, opcode) {w, 2, opcode},
#include "codegen/x64/insts.def"
};

// --- the parts of an instruction ---

void Assembler::opcode_bytes(Opcode op) {
  if (op.map != 0) out_.put8(0x0F);
  if (op.map == 2) out_.put8(0x38);
  if (op.map == 3) out_.put8(0x3A);
  out_.put8(op.byte);
}

void Assembler::modrm(uint8_t reg, uint8_t rm) { out_.put8(0xC0u | (reg & 7u) << 3 | (rm & 7u)); }

void Assembler::modrm(uint8_t reg, const Mem& mem, uint32_t tail) {
  uint32_t middle = (reg & 7u) << 3;
  if (mem.label.valid()) {
    out_.put8(middle | 5);
    CodeBuffer::Patch patch = tail == 0   ? patch_rel32<0>
                              : tail == 1 ? patch_rel32<1>
                              : tail == 2 ? patch_rel32<2>
                                          : patch_rel32<4>;
    out_.refer(out_.size(), mem.label, patch);
    out_.put32(0);
    return;
  }
  uint32_t base = n(mem.base) & 7u;
  // rbp and r13 have no form without displacement.
  uint32_t mode = mem.disp == 0 && base != 5 ? 0x00 : fits8(mem.disp) ? 0x40 : 0x80;
  if (mem.index || base == 4) {  // rsp and r12 as base need a SIB byte
    out_.put8(mode | middle | 4);
    uint32_t idx = mem.index ? n(*mem.index) & 7u : 4u;
    out_.put8(static_cast<uint32_t>(mem.scale) << 6 | idx << 3 | base);
  } else {
    out_.put8(mode | middle | base);
  }
  if (mode == 0x40) out_.put8(static_cast<uint8_t>(mem.disp));
  if (mode == 0x80) out_.put32(static_cast<uint32_t>(mem.disp));
}

void Assembler::legacy(Opcode op, Width w, uint8_t reg, uint8_t rm, bool byte_reg, bool byte_rm) {
  if (w == Width::w16) out_.put8(0x66);
  if (op.prefix != 0) out_.put8(op.prefix);
  uint32_t rex = (w == Width::w64 ? 8u : 0u) | (reg >= 8 ? 4u : 0u) | (rm >= 8 ? 1u : 0u);
  bool forced = (byte_reg && needs_rex_as_byte(reg)) || (byte_rm && needs_rex_as_byte(rm));
  if (rex != 0 || forced) out_.put8(0x40 | rex);
  opcode_bytes(op);
  modrm(reg, rm);
}

void Assembler::legacy(Opcode op, Width w, uint8_t reg, const Mem& mem, uint32_t tail,
                       bool byte_reg) {
  if (w == Width::w16) out_.put8(0x66);
  if (op.prefix != 0) out_.put8(op.prefix);
  bool b = !mem.label.valid() && n(mem.base) >= 8;
  bool x = !mem.label.valid() && mem.index && n(*mem.index) >= 8;
  uint32_t rex = (w == Width::w64 ? 8u : 0u) | (reg >= 8 ? 4u : 0u) | (x ? 2u : 0u) | (b ? 1u : 0u);
  if (rex != 0 || (byte_reg && needs_rex_as_byte(reg))) out_.put8(0x40 | rex);
  opcode_bytes(op);
  modrm(reg, mem, tail);
}

void Assembler::vex_prefix(Opcode op, bool w, uint8_t reg, uint8_t second, bool x, bool b) {
  uint32_t pp = op.prefix == 0x66 ? 1 : op.prefix == 0xF3 ? 2 : op.prefix == 0xF2 ? 3 : 0;
  uint32_t vvvv = (~static_cast<uint32_t>(second) & 15) << 3;
  uint32_t r = reg < 8 ? 0x80 : 0;
  if (op.map == 1 && !w && !x && !b) {
    out_.put8(0xC5);
    out_.put8(r | vvvv | pp);
    return;
  }
  out_.put8(0xC4);
  out_.put8(r | (x ? 0u : 0x40u) | (b ? 0u : 0x20u) | op.map);
  out_.put8((w ? 0x80u : 0u) | vvvv | pp);
}

void Assembler::vex(Opcode op, bool w, uint8_t reg, uint8_t second, uint8_t rm) {
  vex_prefix(op, w, reg, second, false, rm >= 8);
  out_.put8(op.byte);
  modrm(reg, rm);
}

void Assembler::vex(Opcode op, bool w, uint8_t reg, uint8_t second, const Mem& mem, uint32_t tail) {
  bool b = !mem.label.valid() && n(mem.base) >= 8;
  bool x = !mem.label.valid() && mem.index && n(*mem.index) >= 8;
  vex_prefix(op, w, reg, second, x, b);
  out_.put8(op.byte);
  modrm(reg, mem, tail);
}

void Assembler::imm(Width w, int32_t value) {
  auto v = static_cast<uint32_t>(value);
  switch (w) {
    case Width::w8: out_.put8(v & 0xFF); return;
    case Width::w16:
      out_.put8(v & 0xFF);
      out_.put8(v >> 8 & 0xFF);
      return;
    case Width::w32:
    case Width::w64: out_.put32(v); return;
  }
}

bool Assembler::set_call(uint8_t* code, uint32_t place, uint32_t target) {
  return patch_rel32<0>(code, place, target);
}

void Assembler::rel32(Label target) {
  out_.refer(out_.size(), target, patch_rel32<0>);
  out_.put32(0);
}

// Most integer instructions have an opcode for bytes, and the next one for all other widths.
Assembler::Opcode Assembler::by_width(uint8_t byte_op, Width w) {
  return {0, 0, static_cast<uint8_t>(w == Width::w8 ? byte_op : byte_op + 1)};
}

// --- integers ---

void Assembler::alu(Alu op, Width w, Gpr to, Gpr from) {
  bool byte = w == Width::w8;
  legacy(by_width(static_cast<uint8_t>(index(op) * 8), w), w, n(from), n(to), byte, byte);
}
void Assembler::alu(Alu op, Width w, Gpr to, const Mem& from) {
  legacy(by_width(static_cast<uint8_t>(index(op) * 8 + 2), w), w, n(to), from, 0, w == Width::w8);
}
void Assembler::alu(Alu op, Width w, const Mem& to, Gpr from) {
  legacy(by_width(static_cast<uint8_t>(index(op) * 8), w), w, n(from), to, 0, w == Width::w8);
}
void Assembler::alu(Alu op, Width w, Gpr to, int32_t value) {
  bool byte = w == Width::w8;
  if (!byte && fits8(value)) {
    legacy({0, 0, 0x83}, w, index(op), n(to));
    imm(Width::w8, value);
    return;
  }
  if (to == Gpr::rax) {  // the accumulator has a form without ModRM
    if (w == Width::w16) out_.put8(0x66);
    if (w == Width::w64) out_.put8(0x48);
    out_.put8(static_cast<uint32_t>(index(op) * 8 + (byte ? 4 : 5)));
  } else {
    legacy({0, 0, static_cast<uint8_t>(byte ? 0x80 : 0x81)}, w, index(op), n(to), false, byte);
  }
  imm(w, value);
}
void Assembler::alu(Alu op, Width w, const Mem& to, int32_t value) {
  bool byte = w == Width::w8;
  bool small = !byte && fits8(value);
  uint32_t tail = byte || small ? 1 : w == Width::w16 ? 2 : 4;
  legacy({0, 0, static_cast<uint8_t>(byte ? 0x80 : small ? 0x83 : 0x81)}, w, index(op), to, tail);
  imm(small ? Width::w8 : w, value);
}
void Assembler::test(Width w, Gpr a, Gpr b) {
  bool byte = w == Width::w8;
  legacy(by_width(0x84, w), w, n(b), n(a), byte, byte);
}
void Assembler::test(Width w, Gpr a, int32_t value) {
  bool byte = w == Width::w8;
  if (a == Gpr::rax) {
    if (w == Width::w16) out_.put8(0x66);
    if (w == Width::w64) out_.put8(0x48);
    out_.put8(byte ? 0xA8 : 0xA9);
  } else {
    legacy(by_width(0xF6, w), w, 0, n(a), false, byte);
  }
  imm(w, value);
}
void Assembler::imul(Width w, Gpr to, Gpr from) { legacy({0, 1, 0xAF}, w, n(to), n(from)); }
void Assembler::imul(Width w, Gpr to, const Mem& from) { legacy({0, 1, 0xAF}, w, n(to), from); }
void Assembler::imul(Width w, Gpr to, Gpr from, int32_t value) {
  bool small = fits8(value);
  legacy({0, 0, static_cast<uint8_t>(small ? 0x6B : 0x69)}, w, n(to), n(from));
  imm(small ? Width::w8 : w, value);
}
void Assembler::unary(Unary op, Width w, Gpr operand) {
  legacy(by_width(0xF6, w), w, index(op), n(operand), false, w == Width::w8);
}
void Assembler::shift(Shift op, Width w, Gpr to, uint8_t count) {
  bool one = count == 1;
  legacy(by_width(one ? 0xD0 : 0xC0, w), w, index(op), n(to), false, w == Width::w8);
  if (!one) out_.put8(count);
}
void Assembler::shift_cl(Shift op, Width w, Gpr to) {
  legacy(by_width(0xD2, w), w, index(op), n(to), false, w == Width::w8);
}
void Assembler::shld(Width w, Gpr to, Gpr from, uint8_t count) {
  legacy({0, 1, 0xA4}, w, n(from), n(to));
  out_.put8(count);
}
void Assembler::bits(Bits op, Width w, Gpr to, Gpr from) {
  legacy(kBits[index(op)], w, n(to), n(from));
}
void Assembler::bits(Bits op, Width w, Gpr to, const Mem& from) {
  legacy(kBits[index(op)], w, n(to), from);
}
void Assembler::bswap(Width w, Gpr to) {
  uint32_t rex = (w == Width::w64 ? 8u : 0u) | (n(to) >= 8 ? 1u : 0u);
  if (rex != 0) out_.put8(0x40 | rex);
  out_.put8(0x0F);
  out_.put8(0xC8u | (n(to) & 7u));
}
void Assembler::andn(Width w, Gpr to, Gpr inverted, Gpr other) {
  vex({0, 2, 0xF2}, w == Width::w64, n(to), n(inverted), n(other));
}
void Assembler::andn(Width w, Gpr to, Gpr inverted, const Mem& other) {
  vex({0, 2, 0xF2}, w == Width::w64, n(to), n(inverted), other);
}
void Assembler::bls(Bls op, Width w, Gpr to, Gpr from) {
  vex({0, 2, 0xF3}, w == Width::w64, index(op), n(to), n(from));
}
void Assembler::bls(Bls op, Width w, Gpr to, const Mem& from) {
  vex({0, 2, 0xF3}, w == Width::w64, index(op), n(to), from);
}
void Assembler::shlx(Width w, Gpr to, const Mem& from, Gpr count) {
  vex({0x66, 2, 0xF7}, w == Width::w64, n(to), n(count), from);
}
void Assembler::sarx(Width w, Gpr to, const Mem& from, Gpr count) {
  vex({0xF3, 2, 0xF7}, w == Width::w64, n(to), n(count), from);
}
void Assembler::shrx(Width w, Gpr to, const Mem& from, Gpr count) {
  vex({0xF2, 2, 0xF7}, w == Width::w64, n(to), n(count), from);
}
void Assembler::shlx(Width w, Gpr to, Gpr from, Gpr count) {
  vex({0x66, 2, 0xF7}, w == Width::w64, n(to), n(count), n(from));
}
void Assembler::sarx(Width w, Gpr to, Gpr from, Gpr count) {
  vex({0xF3, 2, 0xF7}, w == Width::w64, n(to), n(count), n(from));
}
void Assembler::shrx(Width w, Gpr to, Gpr from, Gpr count) {
  vex({0xF2, 2, 0xF7}, w == Width::w64, n(to), n(count), n(from));
}
void Assembler::rorx(Width w, Gpr to, Gpr from, uint8_t count) {
  vex({0xF2, 3, 0xF0}, w == Width::w64, n(to), 0, n(from));
  out_.put8(count);
}
void Assembler::mulx(Width w, Gpr high, Gpr low, Gpr from) {
  vex({0xF2, 2, 0xF6}, w == Width::w64, n(high), n(low), n(from));
}

// --- moves ---

void Assembler::mov(Width w, Gpr to, Gpr from) { legacy({0, 0, 0x89}, w, n(from), n(to)); }
void Assembler::mov(Width w, Gpr to, const Mem& from) { legacy({0, 0, 0x8B}, w, n(to), from); }
void Assembler::mov(Width w, const Mem& to, Gpr from) {
  legacy(by_width(0x88, w), w, n(from), to, 0, w == Width::w8);
}
void Assembler::mov(Width w, const Mem& to, int32_t value) {
  uint32_t tail = w == Width::w8 ? 1 : w == Width::w16 ? 2 : 4;
  legacy(by_width(0xC6, w), w, 0, to, tail);
  imm(w, value);
}
void Assembler::mov_imm(Gpr to, uint64_t value) {
  uint32_t b = n(to) >= 8 ? 1u : 0u;
  if (value <= UINT32_MAX) {
    if (b) out_.put8(0x41);
    out_.put8(0xB8u | (n(to) & 7u));
    out_.put32(static_cast<uint32_t>(value));
  } else if (static_cast<uint64_t>(static_cast<int32_t>(value)) == value) {
    legacy({0, 0, 0xC7}, Width::w64, 0, n(to));
    out_.put32(static_cast<uint32_t>(value));
  } else {
    out_.put8(0x48 | b);
    out_.put8(0xB8u | (n(to) & 7u));
    out_.put64(value);
  }
}
void Assembler::movzx(Width from_width, Gpr to, Gpr from) {
  bool byte = from_width == Width::w8;
  legacy({0, 1, static_cast<uint8_t>(byte ? 0xB6 : 0xB7)}, Width::w32, n(to), n(from), false, byte);
}
void Assembler::movzx(Width from_width, Gpr to, const Mem& from) {
  legacy({0, 1, static_cast<uint8_t>(from_width == Width::w8 ? 0xB6 : 0xB7)}, Width::w32, n(to),
         from);
}
void Assembler::movsx(Width from_width, Width to_width, Gpr to, Gpr from) {
  if (from_width == Width::w32) return legacy({0, 0, 0x63}, to_width, n(to), n(from));
  bool byte = from_width == Width::w8;
  legacy({0, 1, static_cast<uint8_t>(byte ? 0xBE : 0xBF)}, to_width, n(to), n(from), false, byte);
}
void Assembler::movsx(Width from_width, Width to_width, Gpr to, const Mem& from) {
  if (from_width == Width::w32) return legacy({0, 0, 0x63}, to_width, n(to), from);
  legacy({0, 1, static_cast<uint8_t>(from_width == Width::w8 ? 0xBE : 0xBF)}, to_width, n(to),
         from);
}
void Assembler::lea(Width w, Gpr to, const Mem& address) {
  legacy({0, 0, 0x8D}, w, n(to), address);
}
void Assembler::cmov(Condition c, Width w, Gpr to, Gpr from) {
  legacy({0, 1, static_cast<uint8_t>(0x40 + index(c))}, w, n(to), n(from));
}
void Assembler::cmov(Condition c, Width w, Gpr to, const Mem& from) {
  legacy({0, 1, static_cast<uint8_t>(0x40 + index(c))}, w, n(to), from);
}
void Assembler::set(Condition c, Gpr to) {
  legacy({0, 1, static_cast<uint8_t>(0x90 + index(c))}, Width::w32, 0, n(to), false, true);
}
void Assembler::push(Gpr from) {
  if (n(from) >= 8) out_.put8(0x41);
  out_.put8(0x50u | (n(from) & 7u));
}
void Assembler::pop(Gpr to) {
  if (n(to) >= 8) out_.put8(0x41);
  out_.put8(0x58u | (n(to) & 7u));
}
void Assembler::xchg(Width w, Gpr a, Gpr b) { legacy({0, 0, 0x87}, w, n(b), n(a)); }

// --- control ---

void Assembler::jmp(Label target) {
  out_.put8(0xE9);
  rel32(target);
}
void Assembler::jcc(Condition c, Label target) {
  out_.put8(0x0F);
  out_.put8(0x80u | index(c));
  rel32(target);
}
void Assembler::jmp(Gpr target) { legacy({0, 0, 0xFF}, Width::w32, 4, n(target)); }
void Assembler::jmp(const Mem& target) { legacy({0, 0, 0xFF}, Width::w32, 4, target); }
void Assembler::call(Label target) {
  out_.put8(0xE8);
  rel32(target);
}
void Assembler::call(Gpr target) { legacy({0, 0, 0xFF}, Width::w32, 2, n(target)); }
void Assembler::call(const Mem& target) { legacy({0, 0, 0xFF}, Width::w32, 2, target); }

void Assembler::nop(uint32_t bytes) {
  static constexpr uint8_t kForms[9][9] = {{0x90},
                                           {0x66, 0x90},
                                           {0x0F, 0x1F, 0x00},
                                           {0x0F, 0x1F, 0x40, 0x00},
                                           {0x0F, 0x1F, 0x44, 0x00, 0x00},
                                           {0x66, 0x0F, 0x1F, 0x44, 0x00, 0x00},
                                           {0x0F, 0x1F, 0x80, 0x00, 0x00, 0x00, 0x00},
                                           {0x0F, 0x1F, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
                                           {0x66, 0x0F, 0x1F, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00}};
  while (bytes != 0) {
    uint32_t now = bytes < 9 ? bytes : 9;
    out_.put_bytes({kForms[now - 1], now});
    bytes -= now;
  }
}

// --- atomics ---

void Assembler::xchg(Width w, const Mem& mem, Gpr reg) {
  legacy(by_width(0x86, w), w, n(reg), mem, 0, w == Width::w8);
}
// The lock prefix takes the place of a mandatory one, behind an operand-size prefix.
void Assembler::lock_xadd(Width w, const Mem& mem, Gpr reg) {
  bool byte = w == Width::w8;
  legacy({0xF0, 1, static_cast<uint8_t>(byte ? 0xC0 : 0xC1)}, w, n(reg), mem, 0, byte);
}
void Assembler::lock_cmpxchg(Width w, const Mem& mem, Gpr reg) {
  bool byte = w == Width::w8;
  legacy({0xF0, 1, static_cast<uint8_t>(byte ? 0xB0 : 0xB1)}, w, n(reg), mem, 0, byte);
}
void Assembler::lock_alu(Alu op, Width w, const Mem& mem, Gpr reg) {
  Opcode row = by_width(static_cast<uint8_t>(index(op) * 8), w);
  row.prefix = 0xF0;
  legacy(row, w, n(reg), mem, 0, w == Width::w8);
}

// --- vectors ---

void Assembler::sse(Sse op, Xmm to, Xmm from) {
  legacy(kSse[index(op)], Width::w32, n(to), n(from));
}
void Assembler::sse(Sse op, Xmm to, const Mem& from) {
  legacy(kSse[index(op)], Width::w32, n(to), from);
}
void Assembler::sse(SseMove op, Xmm to, Xmm from) {
  legacy(kSseMove[index(op)], Width::w32, n(to), n(from));
}
void Assembler::sse(SseMove op, Xmm to, const Mem& from) {
  legacy(kSseMove[index(op)], Width::w32, n(to), from);
}
void Assembler::sse(SseImm op, Xmm to, Xmm from, uint8_t value) {
  legacy(kSseImm[index(op)], Width::w32, n(to), n(from));
  out_.put8(value);
}
void Assembler::sse(SseImm op, Xmm to, const Mem& from, uint8_t value) {
  legacy(kSseImm[index(op)], Width::w32, n(to), from, 1);
  out_.put8(value);
}
void Assembler::sse(SseImmMove op, Xmm to, Xmm from, uint8_t value) {
  legacy(kSseImmMove[index(op)], Width::w32, n(to), n(from));
  out_.put8(value);
}
void Assembler::sse(SseImmMove op, Xmm to, const Mem& from, uint8_t value) {
  legacy(kSseImmMove[index(op)], Width::w32, n(to), from, 1);
  out_.put8(value);
}
void Assembler::sse(SseShift op, Xmm to, uint8_t count) {
  Opcode row = kSseShift[index(op)];
  legacy({0x66, 1, row.byte}, Width::w32, row.prefix, n(to));
  out_.put8(count);
}
void Assembler::avx(Sse op, Xmm to, Xmm a, Xmm b) {
  vex(kSse[index(op)], false, n(to), n(a), n(b));
}
void Assembler::avx(Sse op, Xmm to, Xmm a, const Mem& b) {
  vex(kSse[index(op)], false, n(to), n(a), b);
}
void Assembler::avx(SseMove op, Xmm to, Xmm from) {
  Opcode row = kSseMove[index(op)];
  bool plain_move = op == SseMove::movaps || op == SseMove::movups || op == SseMove::movdqa ||
                    op == SseMove::movdqu;
  if (plain_move && n(from) >= 8 && n(to) < 8) {  // the store's opcode saves a prefix byte
    row.byte = row.byte == 0x6F ? 0x7F : static_cast<uint8_t>(row.byte + 1);
    return vex(row, false, n(from), 0, n(to));
  }
  vex(row, false, n(to), 0, n(from));
}
void Assembler::avx(SseMove op, Xmm to, const Mem& from) {
  vex(kSseMove[index(op)], false, n(to), 0, from);
}
void Assembler::avx(SseImm op, Xmm to, Xmm a, Xmm b, uint8_t value) {
  vex(kSseImm[index(op)], false, n(to), n(a), n(b));
  out_.put8(value);
}
void Assembler::avx(SseImm op, Xmm to, Xmm a, const Mem& b, uint8_t value) {
  vex(kSseImm[index(op)], false, n(to), n(a), b, 1);
  out_.put8(value);
}
void Assembler::avx(SseImmMove op, Xmm to, const Mem& from, uint8_t value) {
  vex(kSseImmMove[index(op)], false, n(to), 0, from, 1);
  out_.put8(value);
}
void Assembler::avx(SseImmMove op, Xmm to, Xmm from, uint8_t value) {
  vex(kSseImmMove[index(op)], false, n(to), 0, n(from));
  out_.put8(value);
}
void Assembler::avx(SseShift op, Xmm to, Xmm from, uint8_t count) {
  Opcode row = kSseShift[index(op)];
  vex({0x66, 1, row.byte}, false, row.prefix, n(to), n(from));
  out_.put8(count);
}
void Assembler::fma(Fma op, Xmm to, Xmm a, Xmm b) {
  Opcode row = kFma[index(op)];
  vex({0x66, 2, row.byte}, row.prefix != 0, n(to), n(a), n(b));
}
void Assembler::fma(Fma op, Xmm to, Xmm a, const Mem& b) {
  Opcode row = kFma[index(op)];
  vex({0x66, 2, row.byte}, row.prefix != 0, n(to), n(a), b);
}

void Assembler::movss(Xmm to, const Mem& from) { legacy({0xF3, 1, 0x10}, Width::w32, n(to), from); }
void Assembler::movss(const Mem& to, Xmm from) { legacy({0xF3, 1, 0x11}, Width::w32, n(from), to); }
void Assembler::movsd(Xmm to, const Mem& from) { legacy({0xF2, 1, 0x10}, Width::w32, n(to), from); }
void Assembler::movsd(const Mem& to, Xmm from) { legacy({0xF2, 1, 0x11}, Width::w32, n(from), to); }
void Assembler::movups(const Mem& to, Xmm from) { legacy({0, 1, 0x11}, Width::w32, n(from), to); }
void Assembler::movdqu(const Mem& to, Xmm from) {
  legacy({0xF3, 1, 0x7F}, Width::w32, n(from), to);
}
void Assembler::movd(Width w, Xmm to, Gpr from) { legacy({0x66, 1, 0x6E}, w, n(to), n(from)); }
void Assembler::movd(Width w, Gpr to, Xmm from) { legacy({0x66, 1, 0x7E}, w, n(from), n(to)); }
void Assembler::cvtsi2ss(Width w, Xmm to, Gpr from) { legacy({0xF3, 1, 0x2A}, w, n(to), n(from)); }
void Assembler::cvtsi2sd(Width w, Xmm to, Gpr from) { legacy({0xF2, 1, 0x2A}, w, n(to), n(from)); }
void Assembler::cvttss2si(Width w, Gpr to, Xmm from) { legacy({0xF3, 1, 0x2C}, w, n(to), n(from)); }
void Assembler::cvttsd2si(Width w, Gpr to, Xmm from) { legacy({0xF2, 1, 0x2C}, w, n(to), n(from)); }
void Assembler::pmovmskb(Gpr to, Xmm from) { legacy({0x66, 1, 0xD7}, Width::w32, n(to), n(from)); }
void Assembler::movmskps(Gpr to, Xmm from) { legacy({0, 1, 0x50}, Width::w32, n(to), n(from)); }
void Assembler::movmskpd(Gpr to, Xmm from) { legacy({0x66, 1, 0x50}, Width::w32, n(to), n(from)); }

// Lanes of 16 bits: extraction to memory and insertion are the odd ones out in the opcode maps.
void Assembler::pextr(Width w, Gpr to, Xmm from, uint8_t lane) {
  switch (w) {
    case Width::w8: legacy({0x66, 3, 0x14}, Width::w32, n(from), n(to)); break;
    case Width::w16: legacy({0x66, 1, 0xC5}, Width::w32, n(to), n(from)); break;
    case Width::w32:
    case Width::w64: legacy({0x66, 3, 0x16}, w, n(from), n(to)); break;
  }
  out_.put8(lane);
}
void Assembler::pextr(Width w, const Mem& to, Xmm from, uint8_t lane) {
  switch (w) {
    case Width::w8: legacy({0x66, 3, 0x14}, Width::w32, n(from), to, 1); break;
    case Width::w16: legacy({0x66, 3, 0x15}, Width::w32, n(from), to, 1); break;
    case Width::w32:
    case Width::w64: legacy({0x66, 3, 0x16}, w, n(from), to, 1); break;
  }
  out_.put8(lane);
}
void Assembler::pinsr(Width w, Xmm to, Gpr from, uint8_t lane) {
  switch (w) {
    case Width::w8: legacy({0x66, 3, 0x20}, Width::w32, n(to), n(from)); break;
    case Width::w16: legacy({0x66, 1, 0xC4}, Width::w32, n(to), n(from)); break;
    case Width::w32:
    case Width::w64: legacy({0x66, 3, 0x22}, w, n(to), n(from)); break;
  }
  out_.put8(lane);
}
void Assembler::pinsr(Width w, Xmm to, const Mem& from, uint8_t lane) {
  switch (w) {
    case Width::w8: legacy({0x66, 3, 0x20}, Width::w32, n(to), from, 1); break;
    case Width::w16: legacy({0x66, 1, 0xC4}, Width::w32, n(to), from, 1); break;
    case Width::w32:
    case Width::w64: legacy({0x66, 3, 0x22}, w, n(to), from, 1); break;
  }
  out_.put8(lane);
}

}  // namespace zwasm::codegen::x64
