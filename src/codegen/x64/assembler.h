// The x86-64 encoder. A method per encoding family, an enumerator per instruction (insts.def);
// operands are registers, memory, immediates, labels. It emits exactly what it is told: choosing
// instructions is the lowering's business. All immediates and displacements take their shortest
// form, as an assembler would choose it.
//
// Requires SSE4.1 for what the table marks with map 2 and 3; VEX forms require AVX, FMA rows FMA,
// the methods so marked BMI1 or BMI2: the caller asks the processor.
#pragma once
#include <cstdint>
#include <optional>

#include "codegen/code_buffer.h"

namespace zwasm::codegen::x64 {

enum class Gpr : uint8_t {
  rax,
  rcx,
  rdx,
  rbx,
  rsp,
  rbp,
  rsi,
  rdi,
  r8,
  r9,
  r10,
  r11,
  r12,
  r13,
  r14,
  r15
};
enum class Xmm : uint8_t {
  xmm0,
  xmm1,
  xmm2,
  xmm3,
  xmm4,
  xmm5,
  xmm6,
  xmm7,
  xmm8,
  xmm9,
  xmm10,
  xmm11,
  xmm12,
  xmm13,
  xmm14,
  xmm15
};

enum class Width : uint8_t { w8, w16, w32, w64 };

enum class Alu : uint8_t {
#define ALU(name, digit) name = digit,
#include "codegen/x64/insts.def"
};
enum class Shift : uint8_t {
#define SHIFT(name, digit) name = digit,
#include "codegen/x64/insts.def"
};
enum class Unary : uint8_t {
#define UNARY(name, digit) name = digit,
#include "codegen/x64/insts.def"
};
enum class Bits : uint8_t {
#define BITS(name, prefix, opcode) name,
#include "codegen/x64/insts.def"
};
enum class Bls : uint8_t {
#define BLS(name, digit) name = digit,
#include "codegen/x64/insts.def"
};
enum class Condition : uint8_t {
#define CONDITION(name, code) name = code,
#include "codegen/x64/insts.def"
};
enum class Sse : uint8_t {
#define SSE(name, prefix, map, opcode) name,
#include "codegen/x64/insts.def"
};
enum class SseMove : uint8_t {
#define SSE_MOVE(name, prefix, map, opcode) name,
#include "codegen/x64/insts.def"
};
enum class SseImm : uint8_t {
#define SSE_IMM(name, prefix, map, opcode) name,
#include "codegen/x64/insts.def"
};
enum class SseImmMove : uint8_t {
#define SSE_IMM_MOVE(name, prefix, map, opcode) name,
#include "codegen/x64/insts.def"
};
enum class SseShift : uint8_t {
#define SSE_SHIFT(name, opcode, digit) name,
#include "codegen/x64/insts.def"
};
enum class Fma : uint8_t {
#define FMA(name, w, opcode) name,
#include "codegen/x64/insts.def"
};

constexpr Condition negate(Condition c) {
  return static_cast<Condition>(static_cast<uint8_t>(c) ^ 1);
}

// [base + index * scale + disp], or [label] relative to the instruction pointer.
struct Mem {
  Gpr base = Gpr::rax;
  std::optional<Gpr> index;  // not rsp
  uint8_t scale = 0;         // log2: 0 to 3
  int32_t disp = 0;
  Label label;  // if valid, the others mean nothing

  static Mem at(Gpr base, int32_t disp = 0) { return {base, std::nullopt, 0, disp, {}}; }
  static Mem at(Gpr base, Gpr index, uint8_t scale, int32_t disp = 0) {
    return {base, index, scale, disp, {}};
  }
  static Mem at(Label label) { return {Gpr::rax, std::nullopt, 0, 0, label}; }
};

class Assembler {
 public:
  explicit Assembler(CodeBuffer& buffer) : out_(buffer) {}
  CodeBuffer& buffer() { return out_; }

  // --- integers
  void alu(Alu op, Width w, Gpr to, Gpr from);
  void alu(Alu op, Width w, Gpr to, const Mem& from);
  void alu(Alu op, Width w, const Mem& to, Gpr from);
  void alu(Alu op, Width w, Gpr to, int32_t imm);
  void alu(Alu op, Width w, const Mem& to, int32_t imm);
  void test(Width w, Gpr a, Gpr b);
  void test(Width w, Gpr a, int32_t imm);
  void imul(Width w, Gpr to, Gpr from);
  void imul(Width w, Gpr to, const Mem& from);
  void imul(Width w, Gpr to, Gpr from, int32_t imm);
  void unary(Unary op, Width w, Gpr operand);
  void shift(Shift op, Width w, Gpr to, uint8_t count);
  void shift_cl(Shift op, Width w, Gpr to);
  void shld(Width w, Gpr to, Gpr from, uint8_t count);
  void bits(Bits op, Width w, Gpr to, Gpr from);
  void bits(Bits op, Width w, Gpr to, const Mem& from);
  void bswap(Width w, Gpr to);
  void cdq() { out_.put8(0x99); }                   // sign of eax into edx
  void cqo() { out_.put8(0x48), out_.put8(0x99); }  // sign of rax into rdx
  // BMI1: to = ~inverted & other; the lowest bit set of `from` taken out, alone, or as a mask.
  void andn(Width w, Gpr to, Gpr inverted, Gpr other);
  void andn(Width w, Gpr to, Gpr inverted, const Mem& other);
  void bls(Bls op, Width w, Gpr to, Gpr from);
  void bls(Bls op, Width w, Gpr to, const Mem& from);
  // BMI2: shift by a register without flags; rotate right by a constant.
  void shlx(Width w, Gpr to, Gpr from, Gpr count);
  void sarx(Width w, Gpr to, Gpr from, Gpr count);
  void shrx(Width w, Gpr to, Gpr from, Gpr count);
  void shlx(Width w, Gpr to, const Mem& from, Gpr count);
  void sarx(Width w, Gpr to, const Mem& from, Gpr count);
  void shrx(Width w, Gpr to, const Mem& from, Gpr count);
  void rorx(Width w, Gpr to, Gpr from, uint8_t count);
  void mulx(Width w, Gpr high, Gpr low, Gpr from);  // rdx times from

  // --- moves
  void mov(Width w, Gpr to, Gpr from);             // w32 or w64; w32 zero-extends
  void mov(Width w, Gpr to, const Mem& from);      // w32 or w64
  void mov(Width w, const Mem& to, Gpr from);      // any width
  void mov(Width w, const Mem& to, int32_t imm);   // any width
  void mov_imm(Gpr to, uint64_t imm);              // shortest form; zero is not special
  void movzx(Width from_width, Gpr to, Gpr from);  // w8, w16 to 32 bits (and so to 64)
  void movzx(Width from_width, Gpr to, const Mem& from);
  void movsx(Width from_width, Width to_width, Gpr to, Gpr from);  // w8, w16, w32
  void movsx(Width from_width, Width to_width, Gpr to, const Mem& from);
  void lea(Width w, Gpr to, const Mem& address);
  void cmov(Condition c, Width w, Gpr to, Gpr from);
  void cmov(Condition c, Width w, Gpr to, const Mem& from);
  void set(Condition c, Gpr to);  // the low byte
  void push(Gpr from);
  void pop(Gpr to);
  void xchg(Width w, Gpr a, Gpr b);

  // --- control
  void jmp(Label target);
  void jcc(Condition c, Label target);
  void jmp(Gpr target);
  void jmp(const Mem& target);
  void call(Label target);
  // Makes the call or jump whose distance stands at `place` one of `target`, both counted from
  // `code`. False: out of reach.
  static bool set_call(uint8_t* code, uint32_t place, uint32_t target);
  void call(Gpr target);
  void call(const Mem& target);
  void ret() { out_.put8(0xC3); }
  void ud2() { out_.put8(0x0F), out_.put8(0x0B); }
  void nop(uint32_t bytes);  // the recommended forms

  // --- atomics: `mem` is naturally aligned
  void xchg(Width w, const Mem& mem, Gpr reg);
  void lock_xadd(Width w, const Mem& mem, Gpr reg);
  void lock_cmpxchg(Width w, const Mem& mem, Gpr reg);  // against al, ax, eax, rax
  void lock_alu(Alu op, Width w, const Mem& mem, Gpr reg);
  void mfence() { out_.put8(0x0F), out_.put8(0xAE), out_.put8(0xF0); }

  // --- vectors: to = to op from
  void sse(Sse op, Xmm to, Xmm from);
  void sse(Sse op, Xmm to, const Mem& from);
  void sse(SseMove op, Xmm to, Xmm from);
  void sse(SseMove op, Xmm to, const Mem& from);
  void sse(SseImm op, Xmm to, Xmm from, uint8_t imm);
  void sse(SseImm op, Xmm to, const Mem& from, uint8_t imm);
  void sse(SseImmMove op, Xmm to, Xmm from, uint8_t imm);
  void sse(SseImmMove op, Xmm to, const Mem& from, uint8_t imm);
  void sse(SseShift op, Xmm to, uint8_t count);
  // VEX: to = a op b
  void avx(Sse op, Xmm to, Xmm a, Xmm b);
  void avx(Sse op, Xmm to, Xmm a, const Mem& b);
  void avx(SseMove op, Xmm to, Xmm from);
  void avx(SseMove op, Xmm to, const Mem& from);
  void avx(SseImm op, Xmm to, Xmm a, Xmm b, uint8_t imm);
  void avx(SseImm op, Xmm to, Xmm a, const Mem& b, uint8_t imm);
  void avx(SseImmMove op, Xmm to, Xmm from, uint8_t imm);
  void avx(SseImmMove op, Xmm to, const Mem& from, uint8_t imm);
  void avx(SseShift op, Xmm to, Xmm from, uint8_t count);
  void fma(Fma op, Xmm to, Xmm a, Xmm b);
  void fma(Fma op, Xmm to, Xmm a, const Mem& b);

  void movss(Xmm to, const Mem& from);
  void movss(const Mem& to, Xmm from);
  void movsd(Xmm to, const Mem& from);
  void movsd(const Mem& to, Xmm from);
  void movups(const Mem& to, Xmm from);
  void movdqu(const Mem& to, Xmm from);
  void movd(Width w, Xmm to, Gpr from);  // w32 movd, w64 movq
  void movd(Width w, Gpr to, Xmm from);
  void cvtsi2ss(Width w, Xmm to, Gpr from);
  void cvtsi2sd(Width w, Xmm to, Gpr from);
  void cvttss2si(Width w, Gpr to, Xmm from);
  void cvttsd2si(Width w, Gpr to, Xmm from);
  void pmovmskb(Gpr to, Xmm from);
  void movmskps(Gpr to, Xmm from);
  void movmskpd(Gpr to, Xmm from);
  void pextr(Width w, Gpr to, Xmm from, uint8_t lane);
  void pextr(Width w, const Mem& to, Xmm from, uint8_t lane);
  void pinsr(Width w, Xmm to, Gpr from, uint8_t lane);
  void pinsr(Width w, Xmm to, const Mem& from, uint8_t lane);

 private:
  struct Opcode {
    uint8_t prefix;  // 0, 0x66, 0xF2, 0xF3
    uint8_t map;     // 0 one byte, 1 0F, 2 0F38, 3 0F3A
    uint8_t byte;
  };
  static const Opcode kBits[], kSse[], kSseMove[], kSseImm[], kSseImmMove[];
  static const Opcode kSseShift[];  // prefix holds the digit
  static const Opcode kFma[];       // prefix holds W

  // `reg` and `rm` are register numbers; `byte_reg`, `byte_rm` ask for a REX prefix where it
  // makes the difference between spl and ah.
  void legacy(Opcode op, Width w, uint8_t reg, uint8_t rm, bool byte_reg = false,
              bool byte_rm = false);
  // `tail`: bytes that follow the operand, which a distance to a label has to account for.
  void legacy(Opcode op, Width w, uint8_t reg, const Mem& mem, uint32_t tail = 0,
              bool byte_reg = false);
  void vex(Opcode op, bool w, uint8_t reg, uint8_t second, uint8_t rm);
  void vex(Opcode op, bool w, uint8_t reg, uint8_t second, const Mem& mem, uint32_t tail = 0);
  void vex_prefix(Opcode op, bool w, uint8_t reg, uint8_t second, bool x, bool b);
  void opcode_bytes(Opcode op);
  void modrm(uint8_t reg, uint8_t rm);
  void modrm(uint8_t reg, const Mem& mem, uint32_t tail);
  void imm(Width w, int32_t value);
  void rel32(Label target);
  static Opcode by_width(uint8_t byte_op, Width w);
  void alu_imm(Alu op, Width w, int32_t imm);

  CodeBuffer& out_;
};

}  // namespace zwasm::codegen::x64
