// The arm64 encoder. A method per encoding family, an enumerator per instruction (insts.def);
// operands are registers, memory, immediates, labels. It emits exactly what it is told: choosing
// instructions is the lowering's business. A constant must be one that the family can encode
// (immediates.h; Assembler::reaches for addresses), as must a shift or a lane.
//
// Requires ARMv8.0; atomic() requires LSE, dot() DotProd: the caller asks the processor.
#pragma once
#include <cstdint>

#include "codegen/arm64/immediates.h"
#include "codegen/code_buffer.h"

namespace zwasm::codegen::arm64 {

// clang-format off
enum class Gpr : uint8_t {
  x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15,
  x16, x17, x18, x19, x20, x21, x22, x23, x24, x25, x26, x27, x28, x29, x30,
  zr,       // 31 in most operands
  sp = 63,  // 31 in addresses, and where add, sub and logic take it
};
enum class Vec : uint8_t {
  v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15,
  v16, v17, v18, v19, v20, v21, v22, v23, v24, v25, v26, v27, v28, v29, v30, v31,
};
// clang-format on

// Lanes of a vector: size of the element (b, h, s, d) in the upper bits, whole register in bit 0.
enum class Shape : uint8_t { b8, b16, h4, h8, s2, s4, d1, d2 };
enum class Size : uint8_t { b, h, s, d };
constexpr Size size_of(Shape s) { return static_cast<Size>(static_cast<uint8_t>(s) >> 1); }

enum class Shift : uint8_t { lsl, lsr, asr, ror };
enum class Extend : uint8_t { uxtb, uxth, uxtw, uxtx, sxtb, sxth, sxtw, sxtx };
enum class Barrier : uint8_t { ishld = 9, ishst = 10, ish = 11 };

enum class Condition : uint8_t {
#define CONDITION(name, code) name = code,
#include "codegen/arm64/insts.def"
};
constexpr Condition negate(Condition c) {
  return static_cast<Condition>(static_cast<uint8_t>(c) ^ 1);
}
enum class AddSub : uint8_t {
#define ADD_SUB(name, base) name,
#include "codegen/arm64/insts.def"
};
enum class Logic : uint8_t {
#define LOGIC(name, base, kind) name,
#include "codegen/arm64/insts.def"
};
enum class MoveWide : uint8_t {
#define MOVE_WIDE(name, base) name,
#include "codegen/arm64/insts.def"
};
enum class Bitfield : uint8_t {
#define BITFIELD(name, base) name,
#include "codegen/arm64/insts.def"
};
enum class Data1 : uint8_t {
#define DATA1(name, base, widths) name,
#include "codegen/arm64/insts.def"
};
enum class Data2 : uint8_t {
#define DATA2(name, base) name,
#include "codegen/arm64/insts.def"
};
enum class Data3 : uint8_t {
#define DATA3(name, base, operands) name,
#include "codegen/arm64/insts.def"
};
enum class Select : uint8_t {
#define SELECT(name, base) name,
#include "codegen/arm64/insts.def"
};
enum class CondCompare : uint8_t {
#define COND_COMPARE(name, base) name,
#include "codegen/arm64/insts.def"
};
enum class Access : uint8_t {
#define ACCESS(name, text, reg, base, scale) name,
#include "codegen/arm64/insts.def"
};
enum class VecAccess : uint8_t {
#define VEC_ACCESS(name, text, reg, base, scale) name,
#include "codegen/arm64/insts.def"
};
enum class Pair : uint8_t {
#define PAIR(name, text, reg, base, scale) name,
#include "codegen/arm64/insts.def"
};
enum class VecPair : uint8_t {
#define VEC_PAIR(name, text, reg, base, scale) name,
#include "codegen/arm64/insts.def"
};
enum class Exclusive : uint8_t {
#define EXCLUSIVE(name, base, operands) name,
#include "codegen/arm64/insts.def"
};
enum class Atomic : uint8_t {
#define ATOMIC(name, base) name,
#include "codegen/arm64/insts.def"
};
enum class Fp1 : uint8_t {
#define FP1(name, base) name,
#include "codegen/arm64/insts.def"
};
enum class Fp2 : uint8_t {
#define FP2(name, base) name,
#include "codegen/arm64/insts.def"
};
enum class Fp3 : uint8_t {
#define FP3(name, base) name,
#include "codegen/arm64/insts.def"
};
enum class FpToInt : uint8_t {
#define FP_TO_INT(name, base) name,
#include "codegen/arm64/insts.def"
};
enum class IntToFp : uint8_t {
#define INT_TO_FP(name, base) name,
#include "codegen/arm64/insts.def"
};
enum class V3 : uint8_t {
#define V3(name, base, sizes) name,
#include "codegen/arm64/insts.def"
};
enum class V2 : uint8_t {
#define V2(name, base, sizes) name,
#include "codegen/arm64/insts.def"
};
enum class VLong : uint8_t {
#define VLONG(name, base, form, sizes) name,
#include "codegen/arm64/insts.def"
};
enum class VPairLong : uint8_t {
#define VPAIRLONG(name, base) name,
#include "codegen/arm64/insts.def"
};
enum class VNarrow : uint8_t {
#define VNARROW(name, base) name,
#include "codegen/arm64/insts.def"
};
enum class VAcross : uint8_t {
#define VACROSS(name, base, form) name,
#include "codegen/arm64/insts.def"
};
enum class VShl : uint8_t {
#define VSHL(name, base, form) name,
#include "codegen/arm64/insts.def"
};
enum class VShr : uint8_t {
#define VSHR(name, base, form) name,
#include "codegen/arm64/insts.def"
};
enum class VPermute : uint8_t {
#define VPERMUTE(name, base) name,
#include "codegen/arm64/insts.def"
};
enum class VDot : uint8_t {
#define VDOT(name, base) name,
#include "codegen/arm64/insts.def"
};

// [base + disp], [base + disp]! (pre), [base], disp (post), or [base + extended index << shift],
// where shift is 0 or the log2 of the bytes accessed.
struct Mem {
  enum class Mode : uint8_t { offset, pre, post, indexed };
  Gpr base = Gpr::sp;
  Mode mode = Mode::offset;
  int32_t disp = 0;
  Gpr index = Gpr::zr;
  Extend extend = Extend::uxtx;  // uxtw, uxtx (plain), sxtw, sxtx
  uint8_t shift = 0;

  static Mem at(Gpr base, int32_t disp = 0) { return {base, Mode::offset, disp}; }
  static Mem pre(Gpr base, int32_t disp) { return {base, Mode::pre, disp}; }
  static Mem post(Gpr base, int32_t disp) { return {base, Mode::post, disp}; }
  static Mem at(Gpr base, Gpr index, Extend extend = Extend::uxtx, uint8_t shift = 0) {
    return {base, Mode::indexed, 0, index, extend, shift};
  }
};

class Assembler {
 public:
  explicit Assembler(CodeBuffer& buffer) : out_(buffer) {}
  CodeBuffer& buffer() { return out_; }

  // --- integers: to = a op b
  void add_sub(AddSub op, Width w, Gpr to, Gpr a, Gpr b, Shift shift = Shift::lsl,
               uint8_t amount = 0);
  void add_sub(AddSub op, Width w, Gpr to, Gpr a, Gpr b, Extend extend, uint8_t amount);  // 0 to 4
  void add_sub_imm(AddSub op, Width w, Gpr to, Gpr a, uint64_t imm);  // of encode_arith
  void logic(Logic op, Width w, Gpr to, Gpr a, Gpr b, Shift shift = Shift::lsl, uint8_t amount = 0);
  void logic_imm(Logic op, Width w, Gpr to, Gpr a, uint64_t imm);  // of encode_bitmask
  void move_wide(MoveWide op, Width w, Gpr to, uint16_t imm, uint8_t shift);
  void bitfield(Bitfield op, Width w, Gpr to, Gpr from, uint8_t immr, uint8_t imms);
  void extr(Width w, Gpr to, Gpr high, Gpr low, uint8_t amount);
  void data1(Data1 op, Width w, Gpr to, Gpr from);
  void data2(Data2 op, Width w, Gpr to, Gpr a, Gpr b);
  void data3(Data3 op, Width w, Gpr to, Gpr a, Gpr b, Gpr c = Gpr::zr);  // c ± a * b
  void select(Select op, Width w, Gpr to, Gpr a, Gpr b, Condition c);
  void cond_compare(CondCompare op, Width w, Gpr a, Gpr b, uint8_t nzcv, Condition c);
  void cond_compare_imm(CondCompare op, Width w, Gpr a, uint8_t imm5, uint8_t nzcv, Condition c);

  // The usual names of special cases.
  void mov(Width w, Gpr to, Gpr from);   // also from and to the stack pointer
  void mov_imm(Gpr to, uint64_t value);  // one to four instructions, the fewest
  static uint32_t mov_imm_words(uint64_t value);
  void cmp(Width w, Gpr a, Gpr b) { add_sub(AddSub::subs, w, Gpr::zr, a, b); }
  void cset(Width w, Gpr to, Condition c) {
    select(Select::csinc, w, to, Gpr::zr, Gpr::zr, negate(c));
  }
  void lsl_imm(Width w, Gpr to, Gpr from, uint8_t amount);
  void lsr_imm(Width w, Gpr to, Gpr from, uint8_t amount);
  void asr_imm(Width w, Gpr to, Gpr from, uint8_t amount);

  // --- control
  void b(Label target);   // 128 MiB
  void bl(Label target);  // 128 MiB
  // Makes the b or bl at `place`, which may have been one of something else, one of `target`, both
  // counted from `code`. False: out of reach.
  static bool set_call(uint8_t* code, uint32_t place, uint32_t target);
  void b_cond(Condition c, Label target);       // 1 MiB
  void cbz(Width w, Gpr r, Label target);       // 1 MiB
  void cbnz(Width w, Gpr r, Label target);      // 1 MiB
  void tbz(Gpr r, uint8_t bit, Label target);   // 32 KiB
  void tbnz(Gpr r, uint8_t bit, Label target);  // 32 KiB
  void br(Gpr target) { register_branch(0xD61F0000, target); }
  void blr(Gpr target) { register_branch(0xD63F0000, target); }
  void ret(Gpr target = Gpr::x30) { register_branch(0xD65F0000, target); }
  void adr(Gpr to, Label target);  // 1 MiB
  void brk(uint16_t code) { word(0xD4200000 | uint32_t{code} << 5); }
  void udf(uint16_t code) { word(code); }  // permanently undefined
  void nop() { word(0xD503201F); }

  // --- memory
  // Whether [base + disp] has an encoding for accesses of 1 << scale bytes.
  static bool reaches(int64_t disp, uint32_t scale);
  static bool reaches_pair(int64_t disp, uint32_t scale);
  static uint32_t scale_of(Access op);
  static uint32_t scale_of(VecAccess op);
  void access(Access op, Gpr reg, const Mem& mem);
  void access(VecAccess op, Vec reg, const Mem& mem);
  void pair(Pair op, Gpr first, Gpr second, const Mem& mem);  // not indexed
  void pair(VecPair op, Vec first, Vec second, const Mem& mem);
  void ldr_literal(Width w, Gpr to, Label from);       // 1 MiB
  void ldr_literal(VecAccess op, Vec to, Label from);  // ldr_s, ldr_d, ldr_q
  void exclusive(Exclusive op, Size size, Gpr reg, Gpr base);
  void exclusive(Exclusive op, Size size, Gpr status, Gpr reg, Gpr base);
  // reg = [base], [base] = [base] op operand; casal: reg is compared and loaded, operand stored.
  void atomic(Atomic op, Size size, Gpr operand, Gpr reg, Gpr base);
  void dmb(Barrier b) { word(0xD50330BF | static_cast<uint32_t>(b) << 8); }
  void clrex() { word(0xD5033F5F); }
  void isb() { word(0xD5033FDF); }

  // --- scalar floating point
  void fp1(Fp1 op, Fp type, Vec to, Vec from);
  void fp2(Fp2 op, Fp type, Vec to, Vec a, Vec b);
  void fp3(Fp3 op, Fp type, Vec to, Vec a, Vec b, Vec c);
  void fcmp(Fp type, Vec a, Vec b);
  void fcmp_zero(Fp type, Vec a);
  void fcsel(Fp type, Vec to, Vec a, Vec b, Condition c);
  void fcvt(Fp to_type, Vec to, Vec from);  // from the other type
  void fmov_imm(Fp type, Vec to, uint8_t imm8);
  void fp_to_int(FpToInt op, Fp from_type, Width w, Gpr to, Vec from);
  void int_to_fp(IntToFp op, Fp to_type, Vec to, Width w, Gpr from);
  void fmov(Width w, Gpr to, Vec from);  // bits
  void fmov(Width w, Vec to, Gpr from);

  // --- vectors: to = a op b
  void v3(V3 op, Shape shape, Vec to, Vec a, Vec b);
  void v2(V2 op, Shape shape, Vec to, Vec from);
  // `shape` is the narrow sources': b16, h8, s4 take their upper halves.
  void vlong(VLong op, Shape shape, Vec to, Vec a, Vec b);
  void vpairlong(VPairLong op, Shape shape, Vec to, Vec from);
  // `shape` is the narrow result's: b16, h8, s4 write the upper half and keep the lower.
  void vnarrow(VNarrow op, Shape shape, Vec to, Vec from);
  void vacross(VAcross op, Shape shape, Vec to, Vec from);  // not s2, d2
  void faddp_scalar(Fp type, Vec to, Vec from);
  void addp_scalar(Vec to, Vec from);  // d = d[0] + d[1]
  // `shape` is the narrower one where they differ.
  void vshl(VShl op, Shape shape, Vec to, Vec from, uint8_t amount);
  void vshr(VShr op, Shape shape, Vec to, Vec from, uint8_t amount);
  void vpermute(VPermute op, Shape shape, Vec to, Vec a, Vec b);
  void vdot(VDot op, Shape to_shape, Vec to, Vec a, Vec b);  // s2, s4
  void fcvtl(Shape from_shape, Vec to, Vec from);            // s2: lower, s4: upper half to d2
  void fcvtn(Shape to_shape, Vec to, Vec from);              // d2 to s2, or to the upper half
  void ext(Shape shape, Vec to, Vec a, Vec b, uint8_t first);
  void tbl(Shape shape, Vec to, Vec table, uint8_t registers, Vec index);  // out of range: 0
  void tbx(Shape shape, Vec to, Vec table, uint8_t registers, Vec index);  // kept
  void dup(Shape shape, Vec to, Vec from, uint8_t lane);
  void dup(Shape shape, Vec to, Gpr from);
  void dup_scalar(Size size, Vec to, Vec from, uint8_t lane);  // the rest is zeroed
  void ins(Size size, Vec to, uint8_t lane, Gpr from);
  void ins(Size size, Vec to, uint8_t lane, Vec from, uint8_t from_lane);
  void umov(Size size, Gpr to, Vec from, uint8_t lane);
  void smov(Size size, Width w, Gpr to, Vec from, uint8_t lane);  // not d
  void mov(Vec to, Vec from) { v3(V3::orr, Shape::b16, to, from, from); }
  void mov_imm(Vec to, VecImm imm);
  void ld1_lane(Size size, Vec to, uint8_t lane, Gpr base);
  void st1_lane(Size size, Vec from, uint8_t lane, Gpr base);
  void ld1r(Shape shape, Vec to, Gpr base);

 private:
  static const uint32_t kAddSub[], kLogic[], kMoveWide[], kBitfield[], kData1[], kData2[], kData3[];
  static const uint32_t kSelect[], kCondCompare[], kExclusive[], kAtomic[];
  static const uint32_t kFp1[], kFp2[], kFp3[], kFpToInt[], kIntToFp[];
  static const uint32_t kVLong[], kVPairLong[], kVNarrow[], kVAcross[], kVShl[], kVShr[];
  static const uint32_t kVPermute[], kVDot[];
  struct Scaled {
    uint32_t base;
    uint8_t scale;  // log2 of the bytes accessed
  };
  static const Scaled kAccess[], kVecAccess[], kPair[], kVecPair[];
  enum class Field : uint8_t { size, fp, none };  // where an element's size stands
  struct Sized {
    uint32_t base;
    Field field;
  };
  static const Sized kV3[], kV2[];

  void word(uint32_t w) { out_.put32(w); }
  void refer(uint32_t base, Label target, CodeBuffer::Patch patch);
  void register_branch(uint32_t base, Gpr target);
  void memory(Scaled op, uint32_t reg, const Mem& mem);
  void memory_pair(Scaled op, uint32_t first, uint32_t second, const Mem& mem);
  void lane_access(uint32_t base, Size size, Vec reg, uint8_t lane, Gpr mem);
  static uint32_t shape_bits(Field field, Shape shape);

  CodeBuffer& out_;
};

}  // namespace zwasm::codegen::arm64
