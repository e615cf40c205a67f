// The x86-64 encoder against GNU as: every instruction is emitted with operands that reach each
// corner of the encoding, and compared with golden/x64.txt, lines of `bytes <tab> text` made from
// the same list by tools/golden_asm.py (run it after changing this list).
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "codegen/x64/assembler.h"
#include "golden.h"

namespace {

using namespace zwasm::codegen;
using namespace zwasm::codegen::x64;

std::string reg(Gpr r, Width w) {
  static const char* kLow[8] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
  auto i = static_cast<unsigned>(r);
  if (i >= 8) {
    const char* suffix[] = {"b", "w", "d", ""};
    return "r" + std::to_string(i) + suffix[static_cast<unsigned>(w)];
  }
  std::string name = kLow[i];
  switch (w) {
    case Width::w8: return i < 4 ? std::string(1, name[0]) + "l" : name + "l";
    case Width::w16: return name;
    case Width::w32: return "e" + name;
    case Width::w64: return "r" + name;
  }
  return name;
}
std::string reg(Xmm r) { return "xmm" + std::to_string(static_cast<unsigned>(r)); }
std::string mem(const Mem& m, const char* size) {
  std::string s = std::string(size) + " ptr [" + reg(m.base, Width::w64);
  if (m.index) s += "+" + reg(*m.index, Width::w64) + "*" + std::to_string(1 << m.scale);
  return s + (m.disp < 0 ? "-" : "+") + std::to_string(m.disp < 0 ? -int64_t{m.disp} : m.disp) +
         "]";
}
const char* size_of(Width w) {
  static const char* kSizes[] = {"byte", "word", "dword", "qword"};
  return kSizes[static_cast<unsigned>(w)];
}
// Names in the tables end in '_' where C++ has a keyword.
std::string plain(std::string name) {
  if (name.back() == '_') name.pop_back();
  return name;
}
std::string num(int64_t v) { return std::to_string(v); }

const Width kWidths[] = {Width::w8, Width::w16, Width::w32, Width::w64};
const Width kWide[] = {Width::w32, Width::w64};
const Gpr kRegs[] = {Gpr::rax, Gpr::rbx, Gpr::rsi, Gpr::r9, Gpr::r12};
const Xmm kXmms[] = {Xmm::xmm0, Xmm::xmm5, Xmm::xmm11};
const Mem kMems[] = {Mem::at(Gpr::rax),
                     Mem::at(Gpr::rbp),
                     Mem::at(Gpr::rsp, 8),
                     Mem::at(Gpr::r12),
                     Mem::at(Gpr::r13),
                     Mem::at(Gpr::rdi, -129),
                     Mem::at(Gpr::r9, 127),
                     Mem::at(Gpr::rbx, Gpr::rcx, 2),
                     Mem::at(Gpr::r13, Gpr::r12, 3, 4096),
                     Mem::at(Gpr::rbp, Gpr::rax, 0),
                     Mem::at(Gpr::rsp, Gpr::r15, 1, -8)};

std::vector<zwasm::test::GoldenCase> all_cases() {
  std::vector<zwasm::test::GoldenCase> cases;
  auto add = [&](std::string text, const std::function<void(Assembler&)>& emit) {
    CodeBuffer buffer;
    Assembler a(buffer);
    emit(a);
    cases.push_back({std::move(text), {buffer.bytes().begin(), buffer.bytes().end()}});
  };

  auto alu = [&](Alu op, const std::string& name) {
    for (Width w : kWidths) {
      for (Gpr x : kRegs)
        for (Gpr y : kRegs)
          add(name + " " + reg(x, w) + ", " + reg(y, w), [&](Assembler& a) { a.alu(op, w, x, y); });
      for (const Mem& m : kMems) {
        add(name + " " + reg(Gpr::rsi, w) + ", " + mem(m, size_of(w)),
            [&](Assembler& a) { a.alu(op, w, Gpr::rsi, m); });
        add(name + " " + mem(m, size_of(w)) + ", " + reg(Gpr::r9, w),
            [&](Assembler& a) { a.alu(op, w, m, Gpr::r9); });
      }
      for (int32_t imm : {1, -128, 300, 2000000000}) {
        if (w == Width::w8 && imm > 127) continue;
        if (w == Width::w16 && imm > 32767) continue;
        for (Gpr x : kRegs)
          add(name + " " + reg(x, w) + ", " + num(imm),
              [&](Assembler& a) { a.alu(op, w, x, imm); });
        add(name + " " + mem(kMems[7], size_of(w)) + ", " + num(imm),
            [&](Assembler& a) { a.alu(op, w, kMems[7], imm); });
      }
    }
  };
#define ALU(name, digit) alu(Alu::name, plain(#name));
#include "codegen/x64/insts.def"

  for (Width w : kWidths) {
    for (Gpr x : kRegs) {
      add("test " + reg(x, w) + ", " + reg(Gpr::rdi, w),
          [&](Assembler& a) { a.test(w, x, Gpr::rdi); });
      add("test " + reg(x, w) + ", 77", [&](Assembler& a) { a.test(w, x, 77); });
#define UNARY(name, digit) \
  add(plain(#name) + " " + reg(x, w), [&](Assembler& a) { a.unary(Unary::name, w, x); });
#include "codegen/x64/insts.def"
#define SHIFT(name, digit)                                                                  \
  add(#name " " + reg(x, w) + ", 1", [&](Assembler& a) { a.shift(Shift::name, w, x, 1); }); \
  add(#name " " + reg(x, w) + ", 7", [&](Assembler& a) { a.shift(Shift::name, w, x, 7); }); \
  add(#name " " + reg(x, w) + ", cl", [&](Assembler& a) { a.shift_cl(Shift::name, w, x); });
#include "codegen/x64/insts.def"
    }
    for (const Mem& m : kMems) {
      std::string at = mem(m, size_of(w));
      add("mov " + at + ", " + reg(Gpr::rsi, w), [&](Assembler& a) { a.mov(w, m, Gpr::rsi); });
      add("mov " + at + ", 100", [&](Assembler& a) { a.mov(w, m, 100); });
      add("xchg " + at + ", " + reg(Gpr::r9, w), [&](Assembler& a) { a.xchg(w, m, Gpr::r9); });
      add("lock xadd " + at + ", " + reg(Gpr::rsi, w),
          [&](Assembler& a) { a.lock_xadd(w, m, Gpr::rsi); });
      add("lock cmpxchg " + at + ", " + reg(Gpr::rdi, w),
          [&](Assembler& a) { a.lock_cmpxchg(w, m, Gpr::rdi); });
      add("lock or " + at + ", " + reg(Gpr::rbx, w),
          [&](Assembler& a) { a.lock_alu(Alu::or_, w, m, Gpr::rbx); });
    }
  }
  for (Width w : kWide) {
    for (Gpr x : kRegs) {
      for (Gpr y : kRegs) {
        std::string xy = " " + reg(x, w) + ", " + reg(y, w);
        add("imul" + xy, [&](Assembler& a) { a.imul(w, x, y); });
        add("imul" + xy + ", 5", [&](Assembler& a) { a.imul(w, x, y, 5); });
        add("imul" + xy + ", 500", [&](Assembler& a) { a.imul(w, x, y, 500); });
        add("mov" + xy, [&](Assembler& a) { a.mov(w, x, y); });
        add("shld" + xy + ", 9", [&](Assembler& a) { a.shld(w, x, y, 9); });
#define BITS(name, prefix, opcode) \
  add(#name + xy, [&](Assembler& a) { a.bits(Bits::name, w, x, y); });
#include "codegen/x64/insts.def"
#define CONDITION(name, code) \
  add("cmov" #name + xy, [&](Assembler& a) { a.cmov(Condition::name, w, x, y); });
#include "codegen/x64/insts.def"
        add("movsx " + reg(x, w) + ", " + reg(y, Width::w8),
            [&](Assembler& a) { a.movsx(Width::w8, w, x, y); });
        add("movsx " + reg(x, w) + ", " + reg(y, Width::w16),
            [&](Assembler& a) { a.movsx(Width::w16, w, x, y); });
        add("andn" + xy + ", " + reg(Gpr::r9, w), [&](Assembler& a) { a.andn(w, x, y, Gpr::r9); });
        add("andn " + reg(Gpr::rsi, w) + "," + xy,
            [&](Assembler& a) { a.andn(w, Gpr::rsi, x, y); });
#define BLS(name, digit) add(#name + xy, [&](Assembler& a) { a.bls(Bls::name, w, x, y); });
#include "codegen/x64/insts.def"
        add("shlx" + xy + ", " + reg(Gpr::r9, w), [&](Assembler& a) { a.shlx(w, x, y, Gpr::r9); });
        add("sarx" + xy + ", " + reg(Gpr::rcx, w),
            [&](Assembler& a) { a.sarx(w, x, y, Gpr::rcx); });
        add("shrx" + xy + ", " + reg(Gpr::rcx, w),
            [&](Assembler& a) { a.shrx(w, x, y, Gpr::rcx); });
        add("rorx" + xy + ", 13", [&](Assembler& a) { a.rorx(w, x, y, 13); });
        add("mulx" + xy + ", " + reg(Gpr::r9, w), [&](Assembler& a) { a.mulx(w, x, y, Gpr::r9); });
      }
      add("bswap " + reg(x, w), [&](Assembler& a) { a.bswap(w, x); });
      for (Xmm v : kXmms) {
        std::string move = w == Width::w32 ? "movd " : "movq ";
        add(move + reg(v) + ", " + reg(x, w), [&](Assembler& a) { a.movd(w, v, x); });
        add(move + reg(x, w) + ", " + reg(v), [&](Assembler& a) { a.movd(w, x, v); });
        add("cvtsi2ss " + reg(v) + ", " + reg(x, w), [&](Assembler& a) { a.cvtsi2ss(w, v, x); });
        add("cvtsi2sd " + reg(v) + ", " + reg(x, w), [&](Assembler& a) { a.cvtsi2sd(w, v, x); });
        add("cvttss2si " + reg(x, w) + ", " + reg(v), [&](Assembler& a) { a.cvttss2si(w, x, v); });
        add("cvttsd2si " + reg(x, w) + ", " + reg(v), [&](Assembler& a) { a.cvttsd2si(w, x, v); });
      }
    }
    for (const Mem& m : kMems) {
      std::string at = " " + reg(Gpr::r9, w) + ", " + mem(m, size_of(w));
      add("mov" + at, [&](Assembler& a) { a.mov(w, Gpr::r9, m); });
      add("imul" + at, [&](Assembler& a) { a.imul(w, Gpr::r9, m); });
      add("andn " + reg(Gpr::rsi, w) + "," + at,
          [&](Assembler& a) { a.andn(w, Gpr::rsi, Gpr::r9, m); });
#define BLS(name, digit) add(#name + at, [&](Assembler& a) { a.bls(Bls::name, w, Gpr::r9, m); });
#include "codegen/x64/insts.def"
      add("popcnt" + at, [&](Assembler& a) { a.bits(Bits::popcnt, w, Gpr::r9, m); });
      add("cmovl" + at, [&](Assembler& a) { a.cmov(Condition::l, w, Gpr::r9, m); });
      add("lea" + at, [&](Assembler& a) { a.lea(w, Gpr::r9, m); });
      add("movsx " + reg(Gpr::rsi, w) + ", " + mem(m, "byte"),
          [&](Assembler& a) { a.movsx(Width::w8, w, Gpr::rsi, m); });
      add("movsx " + reg(Gpr::rsi, w) + ", " + mem(m, "word"),
          [&](Assembler& a) { a.movsx(Width::w16, w, Gpr::rsi, m); });
    }
  }
  for (Gpr x : kRegs) {
    for (Gpr y : kRegs) {
      add("movzx " + reg(x, Width::w32) + ", " + reg(y, Width::w8),
          [&](Assembler& a) { a.movzx(Width::w8, x, y); });
      add("movzx " + reg(x, Width::w32) + ", " + reg(y, Width::w16),
          [&](Assembler& a) { a.movzx(Width::w16, x, y); });
      add("movsxd " + reg(x, Width::w64) + ", " + reg(y, Width::w32),
          [&](Assembler& a) { a.movsx(Width::w32, Width::w64, x, y); });
    }
    for (uint64_t imm :
         {uint64_t{0}, uint64_t{0xFFFFFFFF}, ~uint64_t{0}, uint64_t{0x123456789ABCDEF0}}) {
      std::string form =
          imm <= 0xFFFFFFFF     ? "mov " + reg(x, Width::w32) + ", " + std::to_string(imm)
          : imm == ~uint64_t{0} ? "mov " + reg(x, Width::w64) + ", -1"
                                : "movabs " + reg(x, Width::w64) + ", " + std::to_string(imm);
      add(form, [&](Assembler& a) { a.mov_imm(x, imm); });
    }
#define CONDITION(name, code) \
  add("set" #name " " + reg(x, Width::w8), [&](Assembler& a) { a.set(Condition::name, x); });
#include "codegen/x64/insts.def"
    add("push " + reg(x, Width::w64), [&](Assembler& a) { a.push(x); });
    add("pop " + reg(x, Width::w64), [&](Assembler& a) { a.pop(x); });
    add("jmp " + reg(x, Width::w64), [&](Assembler& a) { a.jmp(x); });
    add("call " + reg(x, Width::w64), [&](Assembler& a) { a.call(x); });
    for (Xmm v : kXmms) {
      add("pmovmskb " + reg(x, Width::w32) + ", " + reg(v),
          [&](Assembler& a) { a.pmovmskb(x, v); });
      add("movmskps " + reg(x, Width::w32) + ", " + reg(v),
          [&](Assembler& a) { a.movmskps(x, v); });
      add("movmskpd " + reg(x, Width::w32) + ", " + reg(v),
          [&](Assembler& a) { a.movmskpd(x, v); });
      const char* suffix[] = {"b", "w", "d", "q"};
      for (Width w : kWidths) {
        const char* s = suffix[static_cast<unsigned>(w)];
        Width shown = w == Width::w64 ? w : Width::w32;
        add(std::string("pextr") + s + " " + reg(x, shown) + ", " + reg(v) + ", 1",
            [&](Assembler& a) { a.pextr(w, x, v, 1); });
        add(std::string("pinsr") + s + " " + reg(v) + ", " + reg(x, shown) + ", 1",
            [&](Assembler& a) { a.pinsr(w, v, x, 1); });
        add(std::string("pextr") + s + " " + mem(kMems[8], size_of(w)) + ", " + reg(v) + ", 1",
            [&](Assembler& a) { a.pextr(w, kMems[8], v, 1); });
        add(std::string("pinsr") + s + " " + reg(v) + ", " + mem(kMems[8], size_of(w)) + ", 1",
            [&](Assembler& a) { a.pinsr(w, v, kMems[8], 1); });
      }
    }
  }
  for (const Mem& m : kMems) {
    add("movzx edx, " + mem(m, "byte"), [&](Assembler& a) { a.movzx(Width::w8, Gpr::rdx, m); });
    add("movzx r10d, " + mem(m, "word"), [&](Assembler& a) { a.movzx(Width::w16, Gpr::r10, m); });
    add("movsxd r10, " + mem(m, "dword"),
        [&](Assembler& a) { a.movsx(Width::w32, Width::w64, Gpr::r10, m); });
    add("jmp " + mem(m, "qword"), [&](Assembler& a) { a.jmp(m); });
    add("call " + mem(m, "qword"), [&](Assembler& a) { a.call(m); });
    for (Xmm v : kXmms) {
      add("movss " + reg(v) + ", " + mem(m, "dword"), [&](Assembler& a) { a.movss(v, m); });
      add("movss " + mem(m, "dword") + ", " + reg(v), [&](Assembler& a) { a.movss(m, v); });
      add("movsd " + reg(v) + ", " + mem(m, "qword"), [&](Assembler& a) { a.movsd(v, m); });
      add("movsd " + mem(m, "qword") + ", " + reg(v), [&](Assembler& a) { a.movsd(m, v); });
      add("movups " + mem(m, "xmmword") + ", " + reg(v), [&](Assembler& a) { a.movups(m, v); });
      add("movdqu " + mem(m, "xmmword") + ", " + reg(v), [&](Assembler& a) { a.movdqu(m, v); });
      add("paddd " + reg(v) + ", " + mem(m, "xmmword"),
          [&](Assembler& a) { a.sse(Sse::paddd, v, m); });
      add("pshufd " + reg(v) + ", " + mem(m, "xmmword") + ", 27",
          [&](Assembler& a) { a.sse(SseImmMove::pshufd, v, m, 27); });
      add("pblendw " + reg(v) + ", " + mem(m, "xmmword") + ", 27",
          [&](Assembler& a) { a.sse(SseImm::pblendw, v, m, 27); });
      add("vpaddd " + reg(v) + ", xmm9, " + mem(m, "xmmword"),
          [&](Assembler& a) { a.avx(Sse::paddd, v, Xmm::xmm9, m); });
      add("vpshufb " + reg(v) + ", xmm2, " + mem(m, "xmmword"),
          [&](Assembler& a) { a.avx(Sse::pshufb, v, Xmm::xmm2, m); });
      add("vmovdqu " + reg(v) + ", " + mem(m, "xmmword"),
          [&](Assembler& a) { a.avx(SseMove::movdqu, v, m); });
      add("vfmadd231pd " + reg(v) + ", xmm3, " + mem(m, "xmmword"),
          [&](Assembler& a) { a.fma(Fma::vfmadd231pd, v, Xmm::xmm3, m); });
    }
  }
  for (Xmm x : kXmms)
    for (Xmm y : kXmms) {
      std::string xy = " " + reg(x) + ", " + reg(y), xzy = " " + reg(x) + ", xmm9, " + reg(y);
#define SSE(name, prefix, map, opcode)                            \
  add(#name + xy, [&](Assembler& a) { a.sse(Sse::name, x, y); }); \
  add("v" #name + xzy, [&](Assembler& a) { a.avx(Sse::name, x, Xmm::xmm9, y); });
#define SSE_MOVE(name, prefix, map, opcode)                           \
  add(#name + xy, [&](Assembler& a) { a.sse(SseMove::name, x, y); }); \
  add("v" #name + xy, [&](Assembler& a) { a.avx(SseMove::name, x, y); });
#define SSE_IMM(name, prefix, map, opcode)                                      \
  add(#name + xy + ", 3", [&](Assembler& a) { a.sse(SseImm::name, x, y, 3); }); \
  add("v" #name + xzy + ", 3", [&](Assembler& a) { a.avx(SseImm::name, x, Xmm::xmm9, y, 3); });
#define SSE_IMM_MOVE(name, prefix, map, opcode)                                     \
  add(#name + xy + ", 3", [&](Assembler& a) { a.sse(SseImmMove::name, x, y, 3); }); \
  add("v" #name + xy + ", 3", [&](Assembler& a) { a.avx(SseImmMove::name, x, y, 3); });
#define SSE_SHIFT(name, opcode, digit)                                                 \
  add(#name " " + reg(x) + ", 3", [&](Assembler& a) { a.sse(SseShift::name, x, 3); }); \
  add("v" #name + xy + ", 3", [&](Assembler& a) { a.avx(SseShift::name, x, y, 3); });
#define FMA(name, w, opcode) \
  add(#name + xzy, [&](Assembler& a) { a.fma(Fma::name, x, Xmm::xmm9, y); });
#include "codegen/x64/insts.def"
    }
  add("cdq", [](Assembler& a) { a.cdq(); });
  add("cqo", [](Assembler& a) { a.cqo(); });
  add("ret", [](Assembler& a) { a.ret(); });
  add("ud2", [](Assembler& a) { a.ud2(); });
  add("mfence", [](Assembler& a) { a.mfence(); });
  return cases;
}

TEST_CASE("x86-64 instructions are encoded as GNU as encodes them") {
  zwasm::test::check_golden("x64", all_cases());
}

TEST_CASE("labels, forwards and backwards, and in operands") {
  CodeBuffer buffer;
  Assembler a(buffer);
  Label start = buffer.new_label(), end = buffer.new_label(), data = buffer.new_label();
  buffer.bind(start);
  a.jcc(Condition::ne, end);                      // 0F 85 rel32
  a.alu(Alu::add, Width::w32, Mem::at(data), 5);  // 83 05 rel32 imm8
  a.jmp(start);
  buffer.bind(end);
  a.ret();
  buffer.align(8, 0xCC);
  buffer.bind(data);
  buffer.put64(7);
  REQUIRE(buffer.resolve());
  const std::vector<uint8_t> expected = {
      0x0F, 0x85, 12,   0,    0,    0,    0x83, 0x05, 11, 0, 0, 0, 5, 0xE9, 0xEE, 0xFF,
      0xFF, 0xFF, 0xC3, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 7,  0, 0, 0, 0, 0,    0,    0};
  CHECK(std::vector<uint8_t>(buffer.bytes().begin(), buffer.bytes().end()) == expected);
}

}  // namespace
