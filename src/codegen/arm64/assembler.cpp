// Encoding: every instruction is a word; operands are ored into the base of its row.
#include "codegen/arm64/assembler.h"

#include <string_view>

#include "base/assert.h"

namespace zwasm::codegen::arm64 {

namespace {

template <class E>
constexpr uint32_t n(E e) {
  return static_cast<uint32_t>(e);
}
constexpr uint32_t n(Gpr r) { return static_cast<uint32_t>(r) & 31; }
template <class R>
constexpr uint32_t rd(R r) {
  return n(r);
}
template <class R>
constexpr uint32_t rn(R r) {
  return n(r) << 5;
}
template <class R>
constexpr uint32_t ra(R r) {
  return n(r) << 10;
}
template <class R>
constexpr uint32_t rm(R r) {
  return n(r) << 16;
}
constexpr uint32_t sf(Width w) { return w == Width::w64 ? 1u << 31 : 0; }
constexpr uint32_t fp(Fp type) { return type == Fp::d ? 1u << 22 : 0; }
constexpr uint32_t q(Shape s) { return (n(s) & 1) << 30; }
constexpr uint32_t cond(Condition c) { return n(c) << 12; }
constexpr uint32_t bits_of(Width w) { return w == Width::w64 ? 64 : 32; }
constexpr uint32_t bits_of(Size s) { return 8u << n(s); }

void or_word(uint8_t* at, uint32_t bits) {
  uint32_t word;
  std::memcpy(&word, at, sizeof word);
  word |= bits;
  std::memcpy(at, &word, sizeof word);
}

// A distance in words, of `kBits` bits, at bit `kAt` of the instruction.
template <int kBits, int kAt>
bool patch_branch(uint8_t* code, uint32_t place, uint32_t target) {
  int64_t distance = (int64_t{target} - int64_t{place}) / 4;
  if (distance >= int64_t{1} << (kBits - 1) || distance < -(int64_t{1} << (kBits - 1)))
    return false;
  or_word(code + place, (static_cast<uint32_t>(distance) & ((1u << kBits) - 1)) << kAt);
  return true;
}
bool patch_adr(uint8_t* code, uint32_t place, uint32_t target) {
  int64_t distance = int64_t{target} - int64_t{place};
  if (distance >= 1 << 20 || distance < -(1 << 20)) return false;
  auto d = static_cast<uint32_t>(distance);
  or_word(code + place, (d & 3) << 29 | (d >> 2 & 0x7FFFF) << 5);
  return true;
}

}  // namespace

// --- the tables ---

#define DEFINE_TABLE(table) const uint32_t Assembler::table[]
DEFINE_TABLE(kAddSub) = {
#define ADD_SUB(name, base) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kLogic) = {
#define LOGIC(name, base, kind) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kMoveWide) = {
#define MOVE_WIDE(name, base) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kBitfield) = {
#define BITFIELD(name, base) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kData1) = {
#define DATA1(name, base, widths) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kData2) = {
#define DATA2(name, base) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kData3) = {
#define DATA3(name, base, operands) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kSelect) = {
#define SELECT(name, base) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kCondCompare) = {
#define COND_COMPARE(name, base) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kExclusive) = {
#define EXCLUSIVE(name, base, operands) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kAtomic) = {
#define ATOMIC(name, base) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kFp1) = {
#define FP1(name, base) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kFp2) = {
#define FP2(name, base) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kFp3) = {
#define FP3(name, base) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kFpToInt) = {
#define FP_TO_INT(name, base) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kIntToFp) = {
#define INT_TO_FP(name, base) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kVLong) = {
#define VLONG(name, base, form, sizes) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kVPairLong) = {
#define VPAIRLONG(name, base) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kVNarrow) = {
#define VNARROW(name, base) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kVAcross) = {
#define VACROSS(name, base, form) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kVShl) = {
#define VSHL(name, base, form) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kVShr) = {
#define VSHR(name, base, form) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kVPermute) = {
#define VPERMUTE(name, base) base,
#include "codegen/arm64/insts.def"
};
DEFINE_TABLE(kVDot) = {
#define VDOT(name, base) base,
#include "codegen/arm64/insts.def"
};
#undef DEFINE_TABLE

const Assembler::Scaled Assembler::kAccess[] = {
#define ACCESS(name, text, reg, base, scale) {base, scale},
#include "codegen/arm64/insts.def"
};
const Assembler::Scaled Assembler::kVecAccess[] = {
#define VEC_ACCESS(name, text, reg, base, scale) {base, scale},
#include "codegen/arm64/insts.def"
};
const Assembler::Scaled Assembler::kPair[] = {
#define PAIR(name, text, reg, base, scale) {base, scale},
#include "codegen/arm64/insts.def"
};
const Assembler::Scaled Assembler::kVecPair[] = {
#define VEC_PAIR(name, text, reg, base, scale) {base, scale},
#include "codegen/arm64/insts.def"
};
// `sizes` of a row: only its first letter tells where the size stands.
#define FIELD(sizes) \
  (sizes)[0] == 'f' ? Assembler::Field::fp : (sizes)[0] == '.' ? Field::none : Field::size
const Assembler::Sized Assembler::kV3[] = {
#define V3(name, base, sizes) {base, FIELD(sizes)},
#include "codegen/arm64/insts.def"
};
const Assembler::Sized Assembler::kV2[] = {
#define V2(name, base, sizes) {base, FIELD(sizes)},
#include "codegen/arm64/insts.def"
};
#undef FIELD

// --- integers ---

void Assembler::add_sub(AddSub op, Width w, Gpr to, Gpr a, Gpr b, Shift shift, uint8_t amount) {
  ZWASM_ASSERT(to != Gpr::sp && a != Gpr::sp && b != Gpr::sp && shift != Shift::ror &&
               amount < bits_of(w));
  uint32_t base = kAddSub[n(op)] & ~(1u << 21);
  word(base | sf(w) | n(shift) << 22 | rm(b) | uint32_t{amount} << 10 | rn(a) | rd(to));
}
void Assembler::add_sub(AddSub op, Width w, Gpr to, Gpr a, Gpr b, Extend extend, uint8_t amount) {
  ZWASM_ASSERT(a != Gpr::zr && b != Gpr::sp && amount <= 4);
  word(kAddSub[n(op)] | sf(w) | rm(b) | n(extend) << 13 | uint32_t{amount} << 10 | rn(a) | rd(to));
}
void Assembler::add_sub_imm(AddSub op, Width w, Gpr to, Gpr a, uint64_t imm) {
  ZWASM_ASSERT(a != Gpr::zr && encode_arith(imm));
  uint32_t base = (kAddSub[n(op)] & 0xE0000000) | 0x11000000;
  word(base | sf(w) | *encode_arith(imm) << 10 | rn(a) | rd(to));
}
void Assembler::logic(Logic op, Width w, Gpr to, Gpr a, Gpr b, Shift shift, uint8_t amount) {
  ZWASM_ASSERT(to != Gpr::sp && a != Gpr::sp && b != Gpr::sp && amount < bits_of(w));
  word(kLogic[n(op)] | sf(w) | n(shift) << 22 | rm(b) | uint32_t{amount} << 10 | rn(a) | rd(to));
}
void Assembler::logic_imm(Logic op, Width w, Gpr to, Gpr a, uint64_t imm) {
  ZWASM_ASSERT(a != Gpr::sp && (kLogic[n(op)] & 1u << 21) == 0 && encode_bitmask(imm, w));
  uint32_t base = (kLogic[n(op)] & 0x60000000) | 0x12000000;
  word(base | sf(w) | *encode_bitmask(imm, w) << 10 | rn(a) | rd(to));
}
void Assembler::move_wide(MoveWide op, Width w, Gpr to, uint16_t imm, uint8_t shift) {
  ZWASM_ASSERT(shift % 16 == 0 && shift < bits_of(w));
  word(kMoveWide[n(op)] | sf(w) | uint32_t{shift} / 16 << 21 | uint32_t{imm} << 5 | rd(to));
}
void Assembler::bitfield(Bitfield op, Width w, Gpr to, Gpr from, uint8_t immr, uint8_t imms) {
  ZWASM_ASSERT(immr < bits_of(w) && imms < bits_of(w));
  uint32_t size = w == Width::w64 ? 1u << 31 | 1u << 22 : 0;
  word(kBitfield[n(op)] | size | uint32_t{immr} << 16 | uint32_t{imms} << 10 | rn(from) | rd(to));
}
void Assembler::extr(Width w, Gpr to, Gpr high, Gpr low, uint8_t amount) {
  ZWASM_ASSERT(amount < bits_of(w));
  uint32_t size = w == Width::w64 ? 1u << 31 | 1u << 22 : 0;
  word(0x13800000 | size | rm(low) | uint32_t{amount} << 10 | rn(high) | rd(to));
}
void Assembler::data1(Data1 op, Width w, Gpr to, Gpr from) {
  // Reversing all bytes has the number of those it reverses in its opcode.
  uint32_t more = op == Data1::rev && w == Width::w64 ? 1u << 10 : 0;
  word(kData1[n(op)] | sf(w) | more | rn(from) | rd(to));
}
void Assembler::data2(Data2 op, Width w, Gpr to, Gpr a, Gpr b) {
  word(kData2[n(op)] | sf(w) | rm(b) | rn(a) | rd(to));
}
void Assembler::data3(Data3 op, Width w, Gpr to, Gpr a, Gpr b, Gpr c) {
  word(kData3[n(op)] | sf(w) | rm(b) | ra(c) | rn(a) | rd(to));
}
void Assembler::select(Select op, Width w, Gpr to, Gpr a, Gpr b, Condition c) {
  word(kSelect[n(op)] | sf(w) | rm(b) | cond(c) | rn(a) | rd(to));
}
void Assembler::cond_compare(CondCompare op, Width w, Gpr a, Gpr b, uint8_t nzcv, Condition c) {
  word(kCondCompare[n(op)] | sf(w) | rm(b) | cond(c) | rn(a) | nzcv);
}
void Assembler::cond_compare_imm(CondCompare op, Width w, Gpr a, uint8_t imm5, uint8_t nzcv,
                                 Condition c) {
  ZWASM_ASSERT(imm5 < 32);
  word(kCondCompare[n(op)] | 1u << 11 | sf(w) | uint32_t{imm5} << 16 | cond(c) | rn(a) | nzcv);
}

void Assembler::mov(Width w, Gpr to, Gpr from) {
  if (to == Gpr::sp || from == Gpr::sp) return add_sub_imm(AddSub::add, w, to, from, 0);
  logic(Logic::orr, w, to, Gpr::zr, from);
}

namespace {

// How mov_imm makes a value: `first` one instruction, then a movk for each other piece.
struct Pieces {
  Width width;
  bool inverted;   // start from all ones
  uint32_t count;  // pieces that are not what the start gives
};
Pieces pieces_of(uint64_t value) {
  Width w = value >> 32 == 0 ? Width::w32 : Width::w64;
  uint32_t zeros = 0, ones = 0, pieces = bits_of(w) / 16;
  for (uint32_t i = 0; i < pieces; ++i) {
    uint64_t piece = value >> 16 * i & 0xFFFF;
    zeros += piece == 0;
    ones += piece == 0xFFFF;
  }
  return {w, ones > zeros, pieces - (ones > zeros ? ones : zeros)};
}

}  // namespace

uint32_t Assembler::mov_imm_words(uint64_t value) {
  Pieces p = pieces_of(value);
  if (p.count <= 1 || encode_bitmask(value, p.width)) return 1;
  return p.count;
}
void Assembler::mov_imm(Gpr to, uint64_t value) {
  Pieces p = pieces_of(value);
  if (p.count > 1 && encode_bitmask(value, p.width))
    return logic_imm(Logic::orr, p.width, to, Gpr::zr, value);
  uint64_t start = p.inverted ? 0xFFFF : 0;
  bool first = true;
  for (uint32_t i = 0; i < bits_of(p.width) / 16; ++i) {
    uint64_t piece = value >> 16 * i & 0xFFFF;
    if (piece == start) continue;
    auto shift = static_cast<uint8_t>(16 * i);
    if (!first) {
      move_wide(MoveWide::movk, p.width, to, static_cast<uint16_t>(piece), shift);
    } else {
      move_wide(p.inverted ? MoveWide::movn : MoveWide::movz, p.width, to,
                static_cast<uint16_t>(piece ^ start), shift);
      first = false;
    }
  }
  if (first) move_wide(p.inverted ? MoveWide::movn : MoveWide::movz, p.width, to, 0, 0);
}

void Assembler::lsl_imm(Width w, Gpr to, Gpr from, uint8_t amount) {
  uint32_t bits = bits_of(w);
  bitfield(Bitfield::ubfm, w, to, from, static_cast<uint8_t>((bits - amount) % bits),
           static_cast<uint8_t>(bits - 1 - amount));
}
void Assembler::lsr_imm(Width w, Gpr to, Gpr from, uint8_t amount) {
  bitfield(Bitfield::ubfm, w, to, from, amount, static_cast<uint8_t>(bits_of(w) - 1));
}
void Assembler::asr_imm(Width w, Gpr to, Gpr from, uint8_t amount) {
  bitfield(Bitfield::sbfm, w, to, from, amount, static_cast<uint8_t>(bits_of(w) - 1));
}

// --- control ---

void Assembler::refer(uint32_t base, Label target, CodeBuffer::Patch patch) {
  out_.refer(out_.size(), target, patch);
  word(base);
}
void Assembler::b(Label target) { refer(0x14000000, target, patch_branch<26, 0>); }
void Assembler::bl(Label target) { refer(0x94000000, target, patch_branch<26, 0>); }
bool Assembler::set_call(uint8_t* code, uint32_t place, uint32_t target) {
  uint32_t word;
  std::memcpy(&word, code + place, sizeof word);
  word &= 0xFC000000;
  std::memcpy(code + place, &word, sizeof word);
  return patch_branch<26, 0>(code, place, target);
}
void Assembler::b_cond(Condition c, Label target) {
  refer(0x54000000 | n(c), target, patch_branch<19, 5>);
}
void Assembler::cbz(Width w, Gpr r, Label target) {
  refer(0x34000000 | sf(w) | rd(r), target, patch_branch<19, 5>);
}
void Assembler::cbnz(Width w, Gpr r, Label target) {
  refer(0x35000000 | sf(w) | rd(r), target, patch_branch<19, 5>);
}
void Assembler::tbz(Gpr r, uint8_t bit, Label target) {
  ZWASM_ASSERT(bit < 64);
  refer(0x36000000 | (bit & 32u) << 26 | (bit & 31u) << 19 | rd(r), target, patch_branch<14, 5>);
}
void Assembler::tbnz(Gpr r, uint8_t bit, Label target) {
  ZWASM_ASSERT(bit < 64);
  refer(0x37000000 | (bit & 32u) << 26 | (bit & 31u) << 19 | rd(r), target, patch_branch<14, 5>);
}
void Assembler::register_branch(uint32_t base, Gpr target) {
  ZWASM_ASSERT(target != Gpr::sp);
  word(base | rn(target));
}
void Assembler::adr(Gpr to, Label target) { refer(0x10000000 | rd(to), target, patch_adr); }

// --- memory ---

bool Assembler::reaches(int64_t disp, uint32_t scale) {
  int64_t unit = int64_t{1} << scale;
  return (disp >= -256 && disp < 256) || (disp >= 0 && disp % unit == 0 && disp / unit < 4096);
}
bool Assembler::reaches_pair(int64_t disp, uint32_t scale) {
  int64_t unit = int64_t{1} << scale;
  return disp % unit == 0 && disp / unit >= -64 && disp / unit < 64;
}
uint32_t Assembler::scale_of(Access op) { return kAccess[n(op)].scale; }
uint32_t Assembler::scale_of(VecAccess op) { return kVecAccess[n(op)].scale; }

void Assembler::memory(Scaled op, uint32_t reg, const Mem& mem) {
  ZWASM_ASSERT(mem.base != Gpr::zr);
  uint32_t other = op.base & ~(1u << 24);  // the forms without a scaled offset
  uint32_t bits = rn(mem.base) | reg;
  auto disp = static_cast<uint32_t>(mem.disp);
  uint32_t imm9 = (disp & 0x1FF) << 12;
  switch (mem.mode) {
    case Mem::Mode::offset:
      ZWASM_ASSERT(reaches(mem.disp, op.scale));
      if (mem.disp >= 0 && (disp & ((1u << op.scale) - 1)) == 0)
        return word(op.base | (disp >> op.scale) << 10 | bits);
      return word(other | imm9 | bits);
    case Mem::Mode::pre:
      ZWASM_ASSERT(mem.disp >= -256 && mem.disp < 256);
      return word(other | imm9 | 3u << 10 | bits);
    case Mem::Mode::post:
      ZWASM_ASSERT(mem.disp >= -256 && mem.disp < 256);
      return word(other | imm9 | 1u << 10 | bits);
    case Mem::Mode::indexed:
      ZWASM_ASSERT(mem.shift == 0 || mem.shift == op.scale);
      ZWASM_ASSERT((n(mem.extend) & 2) != 0 && mem.index != Gpr::sp);
      return word(other | 1u << 21 | rm(mem.index) | n(mem.extend) << 13 |
                  (mem.shift != 0 ? 1u << 12 : 0) | 2u << 10 | bits);
  }
}
void Assembler::memory_pair(Scaled op, uint32_t first, uint32_t second, const Mem& mem) {
  ZWASM_ASSERT(mem.base != Gpr::zr && mem.mode != Mem::Mode::indexed);
  ZWASM_ASSERT(reaches_pair(mem.disp, op.scale));
  uint32_t mode = mem.mode == Mem::Mode::offset ? 2u : mem.mode == Mem::Mode::pre ? 3u : 1u;
  uint32_t imm7 = static_cast<uint32_t>(mem.disp >> op.scale) & 0x7F;
  word((op.base & ~(3u << 23)) | mode << 23 | imm7 << 15 | second << 10 | rn(mem.base) | first);
}
void Assembler::access(Access op, Gpr reg, const Mem& mem) {
  ZWASM_ASSERT(reg != Gpr::sp);
  memory(kAccess[n(op)], n(reg), mem);
}
void Assembler::access(VecAccess op, Vec reg, const Mem& mem) {
  memory(kVecAccess[n(op)], n(reg), mem);
}
void Assembler::pair(Pair op, Gpr first, Gpr second, const Mem& mem) {
  ZWASM_ASSERT(first != Gpr::sp && second != Gpr::sp);
  memory_pair(kPair[n(op)], n(first), n(second), mem);
}
void Assembler::pair(VecPair op, Vec first, Vec second, const Mem& mem) {
  memory_pair(kVecPair[n(op)], n(first), n(second), mem);
}
void Assembler::ldr_literal(Width w, Gpr to, Label from) {
  refer(0x18000000 | n(w) << 30 | rd(to), from, patch_branch<19, 5>);
}
void Assembler::ldr_literal(VecAccess op, Vec to, Label from) {
  ZWASM_ASSERT(op == VecAccess::ldr_s || op == VecAccess::ldr_d || op == VecAccess::ldr_q);
  refer(0x1C000000 | (scale_of(op) - 2) << 30 | rd(to), from, patch_branch<19, 5>);
}
void Assembler::exclusive(Exclusive op, Size size, Gpr reg, Gpr base) {
  // The status field is all ones where there is none.
  word(kExclusive[n(op)] | n(size) << 30 | 31u << 16 | rn(base) | rd(reg));
}
void Assembler::exclusive(Exclusive op, Size size, Gpr status, Gpr reg, Gpr base) {
  ZWASM_ASSERT(status != reg && status != base);
  word(kExclusive[n(op)] | n(size) << 30 | rm(status) | rn(base) | rd(reg));
}
void Assembler::atomic(Atomic op, Size size, Gpr operand, Gpr reg, Gpr base) {
  // Compare and swap has its two registers the other way round.
  if (op == Atomic::casal)
    return word(kAtomic[n(op)] | n(size) << 30 | rm(reg) | rn(base) | rd(operand));
  word(kAtomic[n(op)] | n(size) << 30 | rm(operand) | rn(base) | rd(reg));
}

// --- scalar floating point ---

void Assembler::fp1(Fp1 op, Fp type, Vec to, Vec from) {
  word(kFp1[n(op)] | fp(type) | rn(from) | rd(to));
}
void Assembler::fp2(Fp2 op, Fp type, Vec to, Vec a, Vec b) {
  word(kFp2[n(op)] | fp(type) | rm(b) | rn(a) | rd(to));
}
void Assembler::fp3(Fp3 op, Fp type, Vec to, Vec a, Vec b, Vec c) {
  word(kFp3[n(op)] | fp(type) | rm(b) | ra(c) | rn(a) | rd(to));
}
void Assembler::fcmp(Fp type, Vec a, Vec b) { word(0x1E202000 | fp(type) | rm(b) | rn(a)); }
void Assembler::fcmp_zero(Fp type, Vec a) { word(0x1E202008 | fp(type) | rn(a)); }
void Assembler::fcsel(Fp type, Vec to, Vec a, Vec b, Condition c) {
  word(0x1E200C00 | fp(type) | rm(b) | cond(c) | rn(a) | rd(to));
}
void Assembler::fcvt(Fp to_type, Vec to, Vec from) {
  word((to_type == Fp::d ? 0x1E22C000u : 0x1E624000u) | rn(from) | rd(to));
}
void Assembler::fmov_imm(Fp type, Vec to, uint8_t imm8) {
  word(0x1E201000 | fp(type) | uint32_t{imm8} << 13 | rd(to));
}
void Assembler::fp_to_int(FpToInt op, Fp from_type, Width w, Gpr to, Vec from) {
  word(kFpToInt[n(op)] | sf(w) | fp(from_type) | rn(from) | rd(to));
}
void Assembler::int_to_fp(IntToFp op, Fp to_type, Vec to, Width w, Gpr from) {
  word(kIntToFp[n(op)] | sf(w) | fp(to_type) | rn(from) | rd(to));
}
void Assembler::fmov(Width w, Gpr to, Vec from) {
  word((w == Width::w64 ? 0x9E660000u : 0x1E260000u) | rn(from) | rd(to));
}
void Assembler::fmov(Width w, Vec to, Gpr from) {
  word((w == Width::w64 ? 0x9E670000u : 0x1E270000u) | rn(from) | rd(to));
}

// --- vectors ---

uint32_t Assembler::shape_bits(Field field, Shape shape) {
  ZWASM_ASSERT(shape != Shape::d1);
  switch (field) {
    case Field::size: return q(shape) | n(size_of(shape)) << 22;
    case Field::fp:
      ZWASM_ASSERT(size_of(shape) == Size::s || size_of(shape) == Size::d);
      return q(shape) | (size_of(shape) == Size::d ? 1u << 22 : 0);
    case Field::none: ZWASM_ASSERT(size_of(shape) == Size::b); return q(shape);
  }
  return 0;
}
void Assembler::v3(V3 op, Shape shape, Vec to, Vec a, Vec b) {
  Sized row = kV3[n(op)];
  word(row.base | shape_bits(row.field, shape) | rm(b) | rn(a) | rd(to));
}
void Assembler::v2(V2 op, Shape shape, Vec to, Vec from) {
  Sized row = kV2[n(op)];
  word(row.base | shape_bits(row.field, shape) | rn(from) | rd(to));
}
void Assembler::vlong(VLong op, Shape shape, Vec to, Vec a, Vec b) {
  word(kVLong[n(op)] | shape_bits(Field::size, shape) | rm(b) | rn(a) | rd(to));
}
void Assembler::vpairlong(VPairLong op, Shape shape, Vec to, Vec from) {
  word(kVPairLong[n(op)] | shape_bits(Field::size, shape) | rn(from) | rd(to));
}
void Assembler::vnarrow(VNarrow op, Shape shape, Vec to, Vec from) {
  word(kVNarrow[n(op)] | shape_bits(Field::size, shape) | rn(from) | rd(to));
}
void Assembler::vacross(VAcross op, Shape shape, Vec to, Vec from) {
  ZWASM_ASSERT(shape != Shape::s2 && shape != Shape::d2);
  word(kVAcross[n(op)] | shape_bits(Field::size, shape) | rn(from) | rd(to));
}
void Assembler::faddp_scalar(Fp type, Vec to, Vec from) {
  word(0x7E30D800 | fp(type) | rn(from) | rd(to));
}
void Assembler::addp_scalar(Vec to, Vec from) { word(0x5EF1B800 | rn(from) | rd(to)); }
// The position of the highest bit of immh:immb tells the size; below it stands the amount, for
// shifts to the right subtracted from the size.
void Assembler::vshl(VShl op, Shape shape, Vec to, Vec from, uint8_t amount) {
  uint32_t bits = bits_of(size_of(shape));
  ZWASM_ASSERT(amount < bits);
  word(kVShl[n(op)] | q(shape) | (bits + amount) << 16 | rn(from) | rd(to));
}
void Assembler::vshr(VShr op, Shape shape, Vec to, Vec from, uint8_t amount) {
  uint32_t bits = bits_of(size_of(shape));
  ZWASM_ASSERT(amount >= 1 && amount <= bits);
  word(kVShr[n(op)] | q(shape) | (2 * bits - amount) << 16 | rn(from) | rd(to));
}
void Assembler::vpermute(VPermute op, Shape shape, Vec to, Vec a, Vec b) {
  word(kVPermute[n(op)] | shape_bits(Field::size, shape) | rm(b) | rn(a) | rd(to));
}
void Assembler::vdot(VDot op, Shape to_shape, Vec to, Vec a, Vec b) {
  ZWASM_ASSERT(size_of(to_shape) == Size::s);
  word(kVDot[n(op)] | q(to_shape) | rm(b) | rn(a) | rd(to));
}
void Assembler::fcvtl(Shape from_shape, Vec to, Vec from) {
  ZWASM_ASSERT(size_of(from_shape) == Size::s);
  word(0x0E617800 | q(from_shape) | rn(from) | rd(to));
}
void Assembler::fcvtn(Shape to_shape, Vec to, Vec from) {
  ZWASM_ASSERT(size_of(to_shape) == Size::s);
  word(0x0E616800 | q(to_shape) | rn(from) | rd(to));
}
void Assembler::ext(Shape shape, Vec to, Vec a, Vec b, uint8_t first) {
  ZWASM_ASSERT(size_of(shape) == Size::b && first < (shape == Shape::b16 ? 16 : 8));
  word(0x2E000000 | q(shape) | rm(b) | uint32_t{first} << 11 | rn(a) | rd(to));
}
void Assembler::tbl(Shape shape, Vec to, Vec table, uint8_t registers, Vec index) {
  ZWASM_ASSERT(size_of(shape) == Size::b && registers >= 1 && registers <= 4);
  word(0x0E000000 | q(shape) | rm(index) | (registers - 1u) << 13 | rn(table) | rd(to));
}
void Assembler::tbx(Shape shape, Vec to, Vec table, uint8_t registers, Vec index) {
  ZWASM_ASSERT(size_of(shape) == Size::b && registers >= 1 && registers <= 4);
  word(0x0E001000 | q(shape) | rm(index) | (registers - 1u) << 13 | rn(table) | rd(to));
}

namespace {

// Size and lane in one field: the lowest bit set tells the size, above it stands the lane.
uint32_t lane_field(Size size, uint8_t lane) {
  ZWASM_ASSERT(lane < 16u >> n(size));
  return (lane * 2u + 1u) << n(size);
}

}  // namespace

void Assembler::dup(Shape shape, Vec to, Vec from, uint8_t lane) {
  word(0x0E000400 | q(shape) | lane_field(size_of(shape), lane) << 16 | rn(from) | rd(to));
}
void Assembler::dup(Shape shape, Vec to, Gpr from) {
  word(0x0E000C00 | q(shape) | lane_field(size_of(shape), 0) << 16 | rn(from) | rd(to));
}
void Assembler::dup_scalar(Size size, Vec to, Vec from, uint8_t lane) {
  word(0x5E000400 | lane_field(size, lane) << 16 | rn(from) | rd(to));
}
void Assembler::ins(Size size, Vec to, uint8_t lane, Gpr from) {
  word(0x4E001C00 | lane_field(size, lane) << 16 | rn(from) | rd(to));
}
void Assembler::ins(Size size, Vec to, uint8_t lane, Vec from, uint8_t from_lane) {
  uint32_t source = uint32_t{from_lane} << n(size);
  word(0x6E000400 | lane_field(size, lane) << 16 | source << 11 | rn(from) | rd(to));
}
void Assembler::umov(Size size, Gpr to, Vec from, uint8_t lane) {
  uint32_t wide = size == Size::d ? 1u << 30 : 0;
  word(0x0E003C00 | wide | lane_field(size, lane) << 16 | rn(from) | rd(to));
}
void Assembler::smov(Size size, Width w, Gpr to, Vec from, uint8_t lane) {
  ZWASM_ASSERT(size != Size::d && (size != Size::s || w == Width::w64));
  word(0x0E002C00 | n(w) << 30 | lane_field(size, lane) << 16 | rn(from) | rd(to));
}
void Assembler::mov_imm(Vec to, VecImm imm) {
  uint32_t bits = imm.imm8;
  word(0x4F000400 | uint32_t{imm.op} << 29 | uint32_t{imm.cmode} << 12 | (bits >> 5) << 16 |
       (bits & 31) << 5 | rd(to));
}
// The lane's number stands in Q, S and size, its highest bit first, what is left of it telling the
// size.
void Assembler::lane_access(uint32_t base, Size size, Vec reg, uint8_t lane, Gpr mem) {
  ZWASM_ASSERT(lane < 16u >> n(size));
  uint32_t place = uint32_t{lane} << n(size);
  uint32_t opcode = size == Size::b ? 0u : size == Size::h ? 2u : 4u;
  if (size == Size::d) place |= 1;
  word(base | (place >> 3) << 30 | opcode << 13 | (place & 7) << 10 | rn(mem) | rd(reg));
}
void Assembler::ld1_lane(Size size, Vec to, uint8_t lane, Gpr base) {
  lane_access(0x0D400000, size, to, lane, base);
}
void Assembler::st1_lane(Size size, Vec from, uint8_t lane, Gpr base) {
  lane_access(0x0D000000, size, from, lane, base);
}
void Assembler::ld1r(Shape shape, Vec to, Gpr base) {
  word(0x0D40C000 | q(shape) | n(size_of(shape)) << 10 | rn(base) | rd(to));
}

}  // namespace zwasm::codegen::arm64
