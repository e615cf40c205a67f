// The arm64 encoder against GNU as: every instruction is emitted with operands that reach each
// corner of the encoding, and compared with golden/arm64.txt, lines of `bytes <tab> text` made from
// the same list by tools/golden_asm.py (run it after changing this list).
#include <doctest/doctest.h>

#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/arm64/assembler.h"
#include "golden.h"

namespace {

using namespace zwasm::codegen;
using namespace zwasm::codegen::arm64;

std::string num(int64_t v) { return "#" + std::to_string(v); }
std::string hex(uint64_t v) {
  char text[32];
  std::snprintf(text, sizeof text, "#0x%llx", static_cast<unsigned long long>(v));
  return text;
}
std::string reg(Gpr r, Width w) {
  const char* letter = w == Width::w64 ? "x" : "w";
  if (r == Gpr::sp) return w == Width::w64 ? "sp" : "wsp";
  if (r == Gpr::zr) return letter + std::string("zr");
  return letter + std::to_string(static_cast<unsigned>(r));
}
std::string x(Gpr r) { return reg(r, Width::w64); }
std::string vec(Vec r, const char* letter) {
  return letter + std::to_string(static_cast<unsigned>(r));
}
std::string reg(Vec r, Fp type) { return vec(r, type == Fp::d ? "d" : "s"); }
const char* name_of(Shape s) {
  static const char* kNames[] = {".8b", ".16b", ".4h", ".8h", ".2s", ".4s", ".1d", ".2d"};
  return kNames[static_cast<unsigned>(s)];
}
std::string reg(Vec r, Shape s) { return vec(r, "v") + name_of(s); }
std::string lane(Vec r, Size s, unsigned i) {
  return vec(r, "v") + "." + "bhsd"[static_cast<unsigned>(s)] + "[" + std::to_string(i) + "]";
}
// The shape of elements twice as wide that fills a register.
Shape wide_full(Shape s) { return static_cast<Shape>((static_cast<unsigned>(s) | 1) + 2); }
// The shape of elements twice as wide in as many bits.
Shape wide(Shape s) { return static_cast<Shape>(static_cast<unsigned>(s) + 2); }
bool upper(Shape s) { return (static_cast<unsigned>(s) & 1) != 0; }
// Names in the tables end in '_' where C++ has a keyword.
std::string plain(std::string name) {
  if (name.back() == '_') name.pop_back();
  return name;
}

const Width kWidths[] = {Width::w32, Width::w64};
const Fp kFps[] = {Fp::s, Fp::d};
const Gpr kRegs[] = {Gpr::x0, Gpr::x9, Gpr::x18, Gpr::x30};
const Gpr kRegsZr[] = {Gpr::x1, Gpr::x22, Gpr::zr};
const Gpr kBases[] = {Gpr::x0, Gpr::x27, Gpr::sp};
const Vec kVecs[] = {Vec::v0, Vec::v9, Vec::v31};
const Shape kShapes[] = {Shape::b8, Shape::b16, Shape::h4, Shape::h8,
                         Shape::s2, Shape::s4,  Shape::d2};
const Condition kConditions[] = {
#define CONDITION(name, code) Condition::name,
#include "codegen/arm64/insts.def"
};
const char* kConditionNames[] = {
#define CONDITION(name, code) #name,
#include "codegen/arm64/insts.def"
};
const char* name_of(Condition c) { return kConditionNames[static_cast<unsigned>(c)]; }

class Cases {
 public:
  using Emit = std::function<void(Assembler&)>;
  void add(std::string text, const Emit& emit) {
    CodeBuffer buffer;
    Assembler a(buffer);
    emit(a);
    cases_.push_back({std::move(text), {buffer.bytes().begin(), buffer.bytes().end()}});
  }
  // `text` followed by a target, at several distances of at most `bits` bits of words.
  void branch(const std::string& text, unsigned bits,
              const std::function<void(Assembler&, Label)>& emit) {
    int64_t most = bits >= 19 ? 5000 : int64_t{1} << (bits - 1);
    for (int64_t words : {int64_t{0}, int64_t{1}, int64_t{-1}, most - 1, -most}) {
      CodeBuffer buffer;
      Assembler a(buffer);
      Label target = buffer.new_label();
      if (words <= 0) buffer.bind(target);
      for (int64_t i = words; i < 0; ++i) a.nop();
      uint32_t place = buffer.size();
      emit(a, target);
      if (words > 0) {
        for (int64_t i = 1; i < words; ++i) a.nop();
        buffer.bind(target);
      }
      REQUIRE(buffer.resolve());
      auto at = buffer.bytes().begin() + place;
      cases_.push_back({text + ".+(" + std::to_string(words * 4) + ")", {at, at + 4}});
    }
  }
  std::vector<zwasm::test::GoldenCase> take() { return std::move(cases_); }

 private:
  std::vector<zwasm::test::GoldenCase> cases_;
};

void integers(Cases& out) {
  for (Width w : kWidths) {
    const uint8_t amounts[] = {0, 1, static_cast<uint8_t>(w == Width::w64 ? 63 : 31)};
    const char* shifts[] = {"lsl", "lsr", "asr", "ror"};
    for (Gpr a : kRegs)
      for (Gpr b : kRegsZr) {
        std::string aba = " " + reg(a, w) + ", " + reg(b, w) + ", " + reg(a, w);
        std::string bab = " " + reg(b, w) + ", " + reg(a, w) + ", " + reg(b, w);
        std::string ab = " " + reg(a, w) + ", " + reg(b, w);
#define ADD_SUB(name, base)                                                  \
  for (unsigned s : {0, 1, 2})                                               \
    for (uint8_t by : amounts)                                               \
      out.add(#name + bab + ", " + shifts[s] + num(by), [&](Assembler& as) { \
        as.add_sub(AddSub::name, w, b, a, b, static_cast<Shift>(s), by);     \
      });
#define LOGIC(name, base, kind)                                                     \
  for (unsigned s : {0, 1, 2, 3})                                                   \
    for (uint8_t by : amounts)                                                      \
      out.add(plain(#name) + aba + ", " + shifts[s] + num(by), [&](Assembler& as) { \
        as.logic(Logic::name, w, a, b, a, static_cast<Shift>(s), by);               \
      });
#define BITFIELD(name, base)                              \
  for (uint8_t r : amounts)                               \
    for (uint8_t s : amounts)                             \
      out.add(#name + ab + ", " + num(r) + ", " + num(s), \
              [&](Assembler& as) { as.bitfield(Bitfield::name, w, a, b, r, s); });
#define DATA1(name, base, widths)                             \
  if (std::string_view(#widths) == "both" || w == Width::w64) \
    out.add(#name + ab, [&](Assembler& as) { as.data1(Data1::name, w, a, b); });
#define DATA2(name, base) \
  out.add(#name + bab, [&](Assembler& as) { as.data2(Data2::name, w, b, a, b); });
#define SELECT(name, base)                   \
  for (Condition c : kConditions)            \
    out.add(#name + aba + ", " + name_of(c), \
            [&](Assembler& as) { as.select(Select::name, w, a, b, a, c); });
#define COND_COMPARE(name, base)                                                             \
  for (Condition c : {Condition::eq, Condition::le}) {                                       \
    out.add(#name + ab + ", #11, " + name_of(c),                                             \
            [&](Assembler& as) { as.cond_compare(CondCompare::name, w, a, b, 11, c); });     \
    out.add(#name " " + reg(b, w) + ", #31, #4, " + name_of(c),                              \
            [&](Assembler& as) { as.cond_compare_imm(CondCompare::name, w, b, 31, 4, c); }); \
  }
#include "codegen/arm64/insts.def"
        for (uint8_t by : amounts)
          out.add("extr" + aba + ", " + num(by), [&](Assembler& as) { as.extr(w, a, b, a, by); });
        out.add("mov" + ab, [&](Assembler& as) { as.mov(w, a, b); });
        out.add("cmp" + ab, [&](Assembler& as) { as.cmp(w, a, b); });
        out.add("lsl" + ab + ", #5", [&](Assembler& as) { as.lsl_imm(w, a, b, 5); });
        out.add("lsl" + ab + ", #0", [&](Assembler& as) { as.lsl_imm(w, a, b, 0); });
        out.add("lsr" + ab + ", #5", [&](Assembler& as) { as.lsr_imm(w, a, b, 5); });
        out.add("asr" + ab + ", #5", [&](Assembler& as) { as.asr_imm(w, a, b, 5); });
        out.add("cset " + reg(a, w) + ", lt", [&](Assembler& as) { as.cset(w, a, Condition::lt); });
      }
    for (Gpr a : {Gpr::x0, Gpr::x30, Gpr::sp})
      for (uint64_t imm : {0, 1, 0xFFF, 0x1000, 0xABC000, 0xFFF000}) {
        std::string more = reg(a, w) + ", " + num(static_cast<int64_t>(imm));
#define ADD_SUB(name, base)                                                       \
  {                                                                               \
    Gpr to = std::string_view(#name).find('s', 3) <= 4 ? Gpr::x5 : Gpr::sp;       \
    out.add(#name " " + reg(to, w) + ", " + more,                                 \
            [&](Assembler& as) { as.add_sub_imm(AddSub::name, w, to, a, imm); }); \
  }
#include "codegen/arm64/insts.def"
      }
    out.add("mov " + reg(Gpr::sp, w) + ", " + reg(Gpr::x29, w),
            [&](Assembler& as) { as.mov(w, Gpr::sp, Gpr::x29); });
    out.add("mov " + reg(Gpr::x29, w) + ", " + reg(Gpr::sp, w),
            [&](Assembler& as) { as.mov(w, Gpr::x29, Gpr::sp); });
    const char* extends[] = {"uxtb", "uxth", "uxtw", "uxtx", "sxtb", "sxth", "sxtw", "sxtx"};
    for (unsigned e = 0; e < 8; ++e)
      for (uint8_t by : {uint8_t{0}, uint8_t{4}}) {
        Width index = w == Width::w64 && (e & 3) == 3 ? w : Width::w32;
        std::string more = ", " + reg(Gpr::sp, w) + ", " + reg(Gpr::x17, index) + ", " +
                           extends[e] + " " + num(by);
#define ADD_SUB(name, base)                                                              \
  out.add(#name " " + reg(Gpr::x3, w) + more, [&](Assembler& as) {                       \
    as.add_sub(AddSub::name, w, Gpr::x3, Gpr::sp, Gpr::x17, static_cast<Extend>(e), by); \
  });
#include "codegen/arm64/insts.def"
      }
    const uint64_t masks[] = {1,
                              2,
                              0x7FFFFFFF,
                              0x80000000,
                              0x80000001,
                              0xFF,
                              0xFF00,
                              0xFFFF0000,
                              0x55555555,
                              0xAAAAAAAA,
                              0x33333333,
                              0x99999999,
                              0x0F0F0F0F,
                              0xE0E0E0E0,
                              0x81818181,
                              0x00FF00FF,
                              0xF00FF00F,
                              0xFFFFFFFE,
                              0xFFFFFFFE00000000,
                              0x5555555555555555,
                              0x7FFFFFFFFFFFFFFF,
                              0x8000000000000001,
                              0x00000000FFFFFFFF,
                              0x0000FFFFFFFF0000,
                              0xFFFF00000000FFFF,
                              0x0001000100010001,
                              0xC003C003C003C003};
    for (uint64_t mask : masks) {
      if (!encode_bitmask(mask, w) || (w == Width::w32 && mask >> 32 != 0)) continue;
#define LOGIC(name, base, kind)                                                                \
  if (std::string_view(#kind) == "imm")                                                        \
    out.add(plain(#name) + " " + reg(Gpr::x7, w) + ", " + reg(Gpr::x21, w) + ", " + hex(mask), \
            [&](Assembler& as) { as.logic_imm(Logic::name, w, Gpr::x7, Gpr::x21, mask); });
#include "codegen/arm64/insts.def"
    }
    for (uint8_t by = 0; by < (w == Width::w64 ? 64 : 32); by = static_cast<uint8_t>(by + 16)) {
#define MOVE_WIDE(name, base)                                                            \
  for (unsigned imm : {0u, 1u, 0xABCDu, 0xFFFFu})                                        \
    out.add(#name " " + reg(Gpr::x19, w) + ", " + num(imm) + ", lsl " + num(by),         \
            [&](Assembler& as) {                                                         \
              as.move_wide(MoveWide::name, w, Gpr::x19, static_cast<uint16_t>(imm), by); \
            });
#include "codegen/arm64/insts.def"
    }
#define DATA3(name, base, operands)                                                                \
  {                                                                                                \
    std::string kind = #operands;                                                                  \
    Width in = kind == "xwwx" ? Width::w32 : w;                                                    \
    std::string text =                                                                             \
        #name " " + reg(Gpr::x2, w) + ", " + reg(Gpr::x13, in) + ", " + reg(Gpr::x28, in);         \
    if (kind == "xxx_" || w == Width::w64)                                                         \
      for (Gpr c : kRegsZr) {                                                                      \
        if (kind == "xxx" && c != Gpr::zr) continue;                                               \
        out.add(kind == "xxx" ? text : text + ", " + reg(c, w),                                    \
                [&](Assembler& as) { as.data3(Data3::name, w, Gpr::x2, Gpr::x13, Gpr::x28, c); }); \
      }                                                                                            \
  }
#include "codegen/arm64/insts.def"
  }
}

void control(Cases& out) {
  out.branch("b ", 26, [](Assembler& a, Label l) { a.b(l); });
  out.branch("bl ", 26, [](Assembler& a, Label l) { a.bl(l); });
  for (Condition c : kConditions)
    out.branch(std::string("b.") + name_of(c) + " ", 19,
               [&](Assembler& a, Label l) { a.b_cond(c, l); });
  out.branch("adr x17, ", 19, [](Assembler& a, Label l) { a.adr(Gpr::x17, l); });
  for (Width w : kWidths) {
    out.branch("cbz " + reg(Gpr::x11, w) + ", ", 19,
               [&](Assembler& a, Label l) { a.cbz(w, Gpr::x11, l); });
    out.branch("cbnz " + reg(Gpr::zr, w) + ", ", 19,
               [&](Assembler& a, Label l) { a.cbnz(w, Gpr::zr, l); });
    out.branch("ldr " + reg(Gpr::x6, w) + ", ", 19,
               [&](Assembler& a, Label l) { a.ldr_literal(w, Gpr::x6, l); });
  }
  for (unsigned i : {0u, 31u, 32u, 63u}) {
    auto bit = static_cast<uint8_t>(i);
    out.branch("tbz x5, " + num(bit) + ", ", 14,
               [&](Assembler& a, Label l) { a.tbz(Gpr::x5, bit, l); });
    out.branch("tbnz x5, " + num(bit) + ", ", 14,
               [&](Assembler& a, Label l) { a.tbnz(Gpr::x5, bit, l); });
  }
  out.branch("ldr s3, ", 19,
             [](Assembler& a, Label l) { a.ldr_literal(VecAccess::ldr_s, Vec::v3, l); });
  out.branch("ldr d3, ", 19,
             [](Assembler& a, Label l) { a.ldr_literal(VecAccess::ldr_d, Vec::v3, l); });
  out.branch("ldr q3, ", 19,
             [](Assembler& a, Label l) { a.ldr_literal(VecAccess::ldr_q, Vec::v3, l); });
  for (Gpr r : kRegs) {
    out.add("br " + x(r), [&](Assembler& a) { a.br(r); });
    out.add("blr " + x(r), [&](Assembler& a) { a.blr(r); });
    out.add("ret " + x(r), [&](Assembler& a) { a.ret(r); });
  }
  out.add("brk #0xabcd", [](Assembler& a) { a.brk(0xABCD); });
  out.add("udf #0xabcd", [](Assembler& a) { a.udf(0xABCD); });
  out.add("nop", [](Assembler& a) { a.nop(); });
  out.add("dmb ish", [](Assembler& a) { a.dmb(Barrier::ish); });
  out.add("dmb ishld", [](Assembler& a) { a.dmb(Barrier::ishld); });
  out.add("dmb ishst", [](Assembler& a) { a.dmb(Barrier::ishst); });
  out.add("clrex", [](Assembler& a) { a.clrex(); });
  out.add("isb", [](Assembler& a) { a.isb(); });
}

std::string at(const Mem& m) {
  switch (m.mode) {
    case Mem::Mode::offset: return "[" + x(m.base) + ", " + num(m.disp) + "]";
    case Mem::Mode::pre: return "[" + x(m.base) + ", " + num(m.disp) + "]!";
    case Mem::Mode::post: return "[" + x(m.base) + "], " + num(m.disp);
    case Mem::Mode::indexed: break;
  }
  const char* extends[] = {"", "", "uxtw", "lsl", "", "", "sxtw", "sxtx"};
  bool word = m.extend == Extend::uxtw || m.extend == Extend::sxtw;
  std::string text = "[" + x(m.base) + ", " + reg(m.index, word ? Width::w32 : Width::w64);
  // A plain index needs no words, and as no amount.
  if (m.shift != 0 || m.extend != Extend::uxtx)
    text += std::string(", ") + extends[static_cast<unsigned>(m.extend)];
  if (m.shift != 0) text += " " + num(m.shift);
  return text + "]";
}

void memory(Cases& out) {
  auto modes = [](uint32_t scale) {
    std::vector<Mem> all;
    for (Gpr base : kBases) {
      for (int32_t disp : {0, 1, 255, -1, -256, 1 << scale, 4095 << scale})
        all.push_back(Mem::at(base, disp));
      for (int32_t disp : {-256, 16, 255}) {
        all.push_back(Mem::pre(base, disp));
        all.push_back(Mem::post(base, disp));
      }
      for (Extend e : {Extend::uxtw, Extend::uxtx, Extend::sxtw, Extend::sxtx}) {
        all.push_back(Mem::at(base, Gpr::x8, e));
        all.push_back(Mem::at(base, Gpr::zr, e, static_cast<uint8_t>(scale)));
      }
    }
    return all;
  };
#define ACCESS(name, text, r, base, scale)                                                    \
  for (const Mem& m : modes(scale))                                                           \
    out.add(#text " " + reg(Gpr::x15, #r[0] == 'x' ? Width::w64 : Width::w32) + ", " + at(m), \
            [&](Assembler& a) { a.access(Access::name, Gpr::x15, m); });
#define VEC_ACCESS(name, text, r, base, scale)            \
  for (const Mem& m : modes(scale))                       \
    out.add(#text " " + vec(Vec::v21, #r) + ", " + at(m), \
            [&](Assembler& a) { a.access(VecAccess::name, Vec::v21, m); });
#include "codegen/arm64/insts.def"
  auto pairs = [](uint32_t scale) {
    std::vector<Mem> all;
    for (Gpr base : kBases)
      for (int32_t units : {0, 1, -1, 63, -64}) {
        all.push_back(Mem::at(base, units * (1 << scale)));
        all.push_back(Mem::pre(base, units * (1 << scale)));
        all.push_back(Mem::post(base, units * (1 << scale)));
      }
    return all;
  };
#define PAIR(name, text, r, base, scale)                                           \
  for (const Mem& m : pairs(scale)) {                                              \
    Width w = #r[0] == 'x' ? Width::w64 : Width::w32;                              \
    out.add(#text " " + reg(Gpr::x15, w) + ", " + reg(Gpr::x30, w) + ", " + at(m), \
            [&](Assembler& a) { a.pair(Pair::name, Gpr::x15, Gpr::x30, m); });     \
  }
#define VEC_PAIR(name, text, r, base, scale)                                        \
  for (const Mem& m : pairs(scale))                                                 \
    out.add(#text " " + vec(Vec::v1, #r) + ", " + vec(Vec::v30, #r) + ", " + at(m), \
            [&](Assembler& a) { a.pair(VecPair::name, Vec::v1, Vec::v30, m); });
#include "codegen/arm64/insts.def"
  const char* suffix[] = {"b", "h", "", ""};
  for (uint8_t i = 0; i < 4; ++i) {
    Size size = static_cast<Size>(i);
    Width w = i == 3 ? Width::w64 : Width::w32;
    for (Gpr base : kBases) {
#define EXCLUSIVE(name, unused, operands)                                                        \
  if (std::string_view(#operands) == "t")                                                        \
    out.add(#name + std::string(suffix[i]) + " " + reg(Gpr::x14, w) + ", [" + x(base) + "]",     \
            [&](Assembler& a) { a.exclusive(Exclusive::name, size, Gpr::x14, base); });          \
  else                                                                                           \
    out.add(#name + std::string(suffix[i]) + " w3, " + reg(Gpr::x14, w) + ", [" + x(base) + "]", \
            [&](Assembler& a) { a.exclusive(Exclusive::name, size, Gpr::x3, Gpr::x14, base); });
#define ATOMIC(name, unused)                                                                 \
  {                                                                                          \
    /* casal names the compared register first, the others their operand */                  \
    bool cas = Atomic::name == Atomic::casal;                                                \
    out.add(#name + std::string(suffix[i]) + " " + reg(cas ? Gpr::x14 : Gpr::x5, w) + ", " + \
                reg(cas ? Gpr::x5 : Gpr::x14, w) + ", [" + x(base) + "]",                    \
            [&](Assembler& a) { a.atomic(Atomic::name, size, Gpr::x5, Gpr::x14, base); });   \
  }
#include "codegen/arm64/insts.def"
    }
    for (unsigned l = 0; l < 16u >> i; ++l) {
      std::string text =
          "{v17." + std::string(1, "bhsd"[i]) + "}[" + std::to_string(l) + "], [x12]";
      auto n = static_cast<uint8_t>(l);
      out.add("ld1 " + text, [&](Assembler& a) { a.ld1_lane(size, Vec::v17, n, Gpr::x12); });
      out.add("st1 " + text, [&](Assembler& a) { a.st1_lane(size, Vec::v17, n, Gpr::x12); });
    }
  }
  for (Shape s : kShapes)
    for (Gpr base : kBases)
      out.add("ld1r {" + reg(Vec::v26, s) + "}, [" + x(base) + "]",
              [&](Assembler& a) { a.ld1r(s, Vec::v26, base); });
}

void scalars(Cases& out) {
  for (Fp type : kFps) {
    Fp other = type == Fp::s ? Fp::d : Fp::s;
    for (Vec a : kVecs)
      for (Vec b : kVecs) {
        std::string ab = " " + reg(a, type) + ", " + reg(b, type);
        std::string aba = ab + ", " + reg(a, type);
#define FP1(name, base) out.add(#name + ab, [&](Assembler& as) { as.fp1(Fp1::name, type, a, b); });
#define FP2(name, base) \
  out.add(#name + aba, [&](Assembler& as) { as.fp2(Fp2::name, type, a, b, a); });
#define FP3(name, base)                                                         \
  out.add(#name + ab + ", " + reg(Vec::v13, type) + ", " + reg(Vec::v20, type), \
          [&](Assembler& as) { as.fp3(Fp3::name, type, a, b, Vec::v13, Vec::v20); });
#include "codegen/arm64/insts.def"
        out.add("fcmp" + ab, [&](Assembler& as) { as.fcmp(type, a, b); });
        out.add("fcsel" + aba + ", mi",
                [&](Assembler& as) { as.fcsel(type, a, b, a, Condition::mi); });
        out.add("fcvt " + reg(a, type) + ", " + reg(b, other),
                [&](Assembler& as) { as.fcvt(type, a, b); });
      }
    for (Vec v : kVecs) {
      out.add("fcmp " + reg(v, type) + ", #0.0", [&](Assembler& as) { as.fcmp_zero(type, v); });
      for (Width w : kWidths)
        for (Gpr r : kRegs) {
          std::string rv = " " + reg(r, w) + ", " + reg(v, type);
          std::string vr = " " + reg(v, type) + ", " + reg(r, w);
#define FP_TO_INT(name, base) \
  out.add(#name + rv, [&](Assembler& as) { as.fp_to_int(FpToInt::name, type, w, r, v); });
#define INT_TO_FP(name, base) \
  out.add(#name + vr, [&](Assembler& as) { as.int_to_fp(IntToFp::name, type, v, w, r); });
#include "codegen/arm64/insts.def"
          if ((w == Width::w64) != (type == Fp::d)) continue;
          out.add("fmov" + rv, [&](Assembler& as) { as.fmov(w, r, v); });
          out.add("fmov" + vr, [&](Assembler& as) { as.fmov(w, v, r); });
        }
    }
    for (double value : {1.0, -1.0, 2.0, 0.5, 0.125, 31.0, -1.9375, 3.25, 17.0}) {
      uint64_t bits = 0;
      if (type == Fp::d) {
        std::memcpy(&bits, &value, 8);
      } else {
        auto narrow = static_cast<float>(value);
        std::memcpy(&bits, &narrow, 4);
      }
      auto imm = encode_fp(bits, type);
      REQUIRE(imm);
      out.add("fmov " + reg(Vec::v4, type) + ", #" + std::to_string(value),
              [&](Assembler& as) { as.fmov_imm(type, Vec::v4, *imm); });
    }
  }
}

bool has(const char* sizes, Shape s) {
  Size size = size_of(s);
  if (sizes[0] == '.') return size == Size::b;
  if (sizes[0] == 'f') return size == Size::s || size == Size::d;
  return std::strchr(sizes, "bhsd"[static_cast<unsigned>(size)]) != nullptr;
}

void vectors(Cases& out) {
  const Vec c = Vec::v18;
  for (Vec a : kVecs)
    for (Vec b : kVecs)
      for (Shape s : kShapes) {
        std::string ab = " " + reg(a, s) + ", " + reg(b, s), abc = ab + ", " + reg(c, s);
#define V3(name, base, sizes) \
  if (has(sizes, s))          \
    out.add(plain(#name) + abc, [&](Assembler& as) { as.v3(V3::name, s, a, b, c); });
#define V2(name, base, sizes) \
  if (has(sizes, s)) out.add(plain(#name) + ab, [&](Assembler& as) { as.v2(V2::name, s, a, b); });
#define VPERMUTE(name, base) \
  out.add(#name + abc, [&](Assembler& as) { as.vpermute(VPermute::name, s, a, b, c); });
#define VACROSS(name, base, form)                                                         \
  if (s != Shape::s2 && s != Shape::d2) {                                                 \
    auto size = static_cast<unsigned>(size_of(s)) + (std::string_view(#form) == "long_"); \
    out.add(#name " " + vec(a, std::string(1, "bhsd"[size]).c_str()) + ", " + reg(b, s),  \
            [&](Assembler& as) { as.vacross(VAcross::name, s, a, b); });                  \
  }
#include "codegen/arm64/insts.def"
        Size size = size_of(s);
        if (size == Size::b) {
          uint8_t last = s == Shape::b16 ? 15 : 7;
          for (uint8_t first : {uint8_t{0}, uint8_t{3}, last})
            out.add("ext" + abc + ", " + num(first),
                    [&](Assembler& as) { as.ext(s, a, b, c, first); });
          std::string table = "v5.16b";
          for (uint8_t n = 1; n <= 4; ++n) {
            std::string more = " " + reg(a, s) + ", {" + table + "}, " + reg(b, s);
            out.add("tbl" + more, [&](Assembler& as) { as.tbl(s, a, Vec::v5, n, b); });
            out.add("tbx" + more, [&](Assembler& as) { as.tbx(s, a, Vec::v5, n, b); });
            table += ", v" + std::to_string(5 + n) + ".16b";
          }
        }
        unsigned bits = 8u << static_cast<unsigned>(size);
        for (unsigned by : {0u, 1u, bits / 2, bits - 1, bits}) {
          auto amount = static_cast<uint8_t>(by);
          std::string more = ", " + num(by);
          // Shifts that change the width have their own shapes on one side.
          std::string half = upper(s) ? "2" : "";
          std::string longs = " " + reg(a, size == Size::d ? s : wide_full(s)) + ", " + reg(b, s);
          std::string narrows = " " + reg(a, s) + ", " + reg(b, size == Size::d ? s : wide_full(s));
#define VSHL(name, base, form)                                                      \
  if (by < bits && (std::string_view(#form) == "same" || size != Size::d))          \
    out.add(#name + (std::string_view(#form) == "same" ? ab : half + longs) + more, \
            [&](Assembler& as) { as.vshl(VShl::name, s, a, b, amount); });
#define VSHR(name, base, form)                                                        \
  if (by > 0 && (std::string_view(#form) == "same" || size != Size::d))               \
    out.add(#name + (std::string_view(#form) == "same" ? ab : half + narrows) + more, \
            [&](Assembler& as) { as.vshr(VShr::name, s, a, b, amount); });
#include "codegen/arm64/insts.def"
        }
        for (uint8_t i = 0; i < 16u >> static_cast<unsigned>(size);
             i = static_cast<uint8_t>(2 * i + 1))
          out.add("dup " + reg(a, s) + ", " + lane(b, size, i),
                  [&](Assembler& as) { as.dup(s, a, b, i); });
        if (size == Size::d) continue;
        std::string half = upper(s) ? "2" : "";
        std::string full = reg(a, wide_full(s));
#define VLONG(name, base, form, sizes)                                                     \
  if (has(sizes, s)) {                                                                     \
    std::string first = std::string_view(#form) == "w" ? reg(b, wide_full(s)) : reg(b, s); \
    out.add(#name + half + " " + full + ", " + first + ", " + reg(c, s),                   \
            [&](Assembler& as) { as.vlong(VLong::name, s, a, b, c); });                    \
  }
#define VPAIRLONG(name, base)                             \
  out.add(#name " " + reg(a, wide(s)) + ", " + reg(b, s), \
          [&](Assembler& as) { as.vpairlong(VPairLong::name, s, a, b); });
#define VNARROW(name, base)                                             \
  out.add(#name + half + " " + reg(a, s) + ", " + reg(b, wide_full(s)), \
          [&](Assembler& as) { as.vnarrow(VNarrow::name, s, a, b); });
#define VDOT(name, base)                                                         \
  if (size == Size::s) {                                                         \
    Shape bytes = s == Shape::s4 ? Shape::b16 : Shape::b8;                       \
    out.add(#name " " + reg(a, s) + ", " + reg(b, bytes) + ", " + reg(c, bytes), \
            [&](Assembler& as) { as.vdot(VDot::name, s, a, b, c); });            \
  }
#include "codegen/arm64/insts.def"
        if (size == Size::s) {
          out.add("fcvtl" + half + " " + full + ", " + reg(b, s),
                  [&](Assembler& as) { as.fcvtl(s, a, b); });
          out.add("fcvtn" + half + " " + reg(a, s) + ", " + reg(b, Shape::d2),
                  [&](Assembler& as) { as.fcvtn(s, a, b); });
        }
      }
  for (Vec a : kVecs) {
    out.add("faddp " + vec(a, "s") + ", v9.2s",
            [&](Assembler& as) { as.faddp_scalar(Fp::s, a, Vec::v9); });
    out.add("faddp " + vec(a, "d") + ", v9.2d",
            [&](Assembler& as) { as.faddp_scalar(Fp::d, a, Vec::v9); });
    out.add("addp " + vec(a, "d") + ", v9.2d", [&](Assembler& as) { as.addp_scalar(a, Vec::v9); });
    out.add("mov " + reg(a, Shape::b16) + ", v9.16b", [&](Assembler& as) { as.mov(a, Vec::v9); });
    for (unsigned i = 0; i < 4; ++i) {
      Size size = static_cast<Size>(i);
      Width w = i == 3 ? Width::w64 : Width::w32;
      for (Gpr r : kRegs)
        for (unsigned l = 0; l < 16u >> i; l = 2 * l + 1) {
          auto n = static_cast<uint8_t>(l);
          auto other = static_cast<uint8_t>((16u >> i) - 1 - l);
          out.add("ins " + lane(a, size, l) + ", " + reg(r, w),
                  [&](Assembler& as) { as.ins(size, a, n, r); });
          out.add("ins " + lane(a, size, l) + ", " + lane(c, size, other),
                  [&](Assembler& as) { as.ins(size, a, n, c, other); });
          out.add("umov " + reg(r, w) + ", " + lane(a, size, l),
                  [&](Assembler& as) { as.umov(size, r, a, n); });
          out.add("mov " + vec(c, std::string(1, "bhsd"[i]).c_str()) + ", " + lane(a, size, l),
                  [&](Assembler& as) { as.dup_scalar(size, c, a, n); });
          for (Width to : kWidths)
            if (size != Size::d && (size != Size::s || to == Width::w64))
              out.add("smov " + reg(r, to) + ", " + lane(a, size, l),
                      [&](Assembler& as) { as.smov(size, to, r, a, n); });
        }
      for (Shape s : kShapes)
        for (Gpr r : kRegs)
          if (size_of(s) == size)
            out.add("dup " + reg(a, s) + ", " + reg(r, w), [&](Assembler& as) { as.dup(s, a, r); });
    }
  }
}

void vector_constants(Cases& out) {
  auto add = [&](const std::string& text, uint64_t pattern) {
    auto imm = encode_vec_imm(pattern);
    REQUIRE_MESSAGE(imm, text);
    out.add(text, [&](Assembler& as) { as.mov_imm(Vec::v7, *imm); });
  };
  auto twice = [](uint64_t v) { return v | v << 32; };
  add("movi v7.16b, #0", 0);
  add("movi v7.16b, #0xff", ~uint64_t{0});
  add("movi v7.16b, #0x5a", 0x5A5A5A5A5A5A5A5A);
  add("movi v7.8h, #0x12", 0x0012001200120012);
  add("movi v7.8h, #0x80, lsl #8", 0x8000800080008000);
  add("mvni v7.8h, #0x80, lsl #8", 0x7FFF7FFF7FFF7FFF);
  for (unsigned shift : {0u, 8u, 16u, 24u}) {
    add("movi v7.4s, #0x91, lsl " + num(shift), twice(uint64_t{0x91} << shift));
    add("mvni v7.4s, #0x91, lsl " + num(shift), ~twice(uint64_t{0x91} << shift));
  }
  add("movi v7.4s, #0x7f, msl #8", twice(0x7FFF));
  add("movi v7.4s, #0x7f, msl #16", twice(0x7FFFFF));
  add("mvni v7.4s, #0x7f, msl #8", ~twice(0x7FFF));
  add("mvni v7.4s, #0x7f, msl #16", ~twice(0x7FFFFF));
  add("movi v7.2d, #0xff0000ffff00ff00", 0xFF0000FFFF00FF00);
  add("movi v7.2d, #0x00ffffffff", 0x00000000FFFFFFFF);
  add("fmov v7.4s, #1.0", twice(0x3F800000));
  add("fmov v7.4s, #-0.1875", twice(0xBE400000));
  add("fmov v7.2d, #1.0", 0x3FF0000000000000);
  add("fmov v7.2d, #-2.5", 0xC004000000000000);
  CHECK(!encode_vec_imm(0x0102030405060708));
  CHECK(!encode_vec_imm(twice(0x12345678)));
}

TEST_CASE("arm64 instructions are encoded as GNU as encodes them") {
  Cases cases;
  integers(cases);
  control(cases);
  memory(cases);
  scalars(cases);
  vectors(cases);
  vector_constants(cases);
  zwasm::test::check_golden("arm64", cases.take());
}

TEST_CASE("arm64: constants take the fewest instructions") {
  auto words = [](uint64_t value) {
    CodeBuffer buffer;
    Assembler a(buffer);
    a.mov_imm(Gpr::x1, value);
    CHECK(buffer.size() == 4 * Assembler::mov_imm_words(value));
    // What the sequence computes, by the meaning of its instructions.
    uint64_t result = 0;
    for (uint32_t at = 0; at < buffer.size(); at += 4) {
      uint32_t w;
      std::memcpy(&w, buffer.data() + at, 4);
      uint64_t imm = w >> 5 & 0xFFFF, shift = (w >> 21 & 3) * 16;
      enum : uint32_t { kOrr = 0x64, kMovn = 0x25, kMovz = 0xA5, kMovk = 0xE5 };
      uint32_t opcode = w >> 23 & 0xFF;
      CHECK((opcode == kMovk) == (at != 0));
      if (opcode == kOrr) result = value;  // the golden data has these
      if (opcode == kMovn) result = ~(imm << shift);
      if (opcode == kMovz) result = imm << shift;
      if (opcode == kMovk) result = (result & ~(uint64_t{0xFFFF} << shift)) | imm << shift;
      if (w >> 31 == 0) result &= 0xFFFFFFFF;
    }
    CHECK(result == value);
    return buffer.size() / 4;
  };
  CHECK(words(0) == 1);
  CHECK(words(0xFFFFFFFF) == 1);
  CHECK(words(~uint64_t{0}) == 1);
  CHECK(words(0xFFFF) == 1);
  CHECK(words(0xFFFF0000) == 1);
  CHECK(words(0x12345678) == 2);
  CHECK(words(0xFFFFFFFFFFFF1234) == 1);
  CHECK(words(0xFFFF1234FFFF5678) == 2);
  CHECK(words(0x0000123400005678) == 2);
  CHECK(words(0x5555555555555555) == 1);
  CHECK(words(0x123456789ABCDEF0) == 4);
  CHECK(words(0xFFFFFFFF80000000) == 1);
}

TEST_CASE("arm64: exactly the constants of runs of ones have a logical immediate") {
  // All encodings, decoded by the definition, and counted: 5334 for 64 bits, 1302 for 32.
  for (Width w : kWidths) {
    uint32_t count = 0;
    uint32_t most = w == Width::w64 ? 64 : 32;
    for (uint32_t size = 2; size <= most; size *= 2)
      for (uint32_t ones = 1; ones < size; ++ones)
        for (uint32_t rotation = 0; rotation < size; ++rotation) {
          uint64_t all = size == 64 ? ~uint64_t{0} : (uint64_t{1} << size) - 1;
          uint64_t run = (uint64_t{1} << ones) - 1;
          uint64_t element =
              rotation == 0 ? run : ((run >> rotation) | (run << (size - rotation))) & all;
          uint64_t value = 0;
          for (uint32_t i = 0; i < 64; i += size) value |= element << i;
          auto bits = encode_bitmask(value, w);
          REQUIRE(bits);
          uint32_t imms = (~(2 * size - 1) & 0x3F) | (ones - 1);
          CHECK(*bits == ((size == 64 ? 1u << 12 : 0) | rotation << 6 | imms));
          ++count;
        }
    CHECK(count == (w == Width::w64 ? 5334 : 1302));
  }
  CHECK(!encode_bitmask(0, Width::w64));
  CHECK(!encode_bitmask(0xFFFFFFFF, Width::w32));
  CHECK(!encode_bitmask(0x12345678, Width::w32));
  CHECK(!encode_bitmask(5, Width::w64));
}

TEST_CASE("arm64: a branch that does not reach its label is reported") {
  CodeBuffer buffer;
  Assembler a(buffer);
  Label far = buffer.new_label();
  a.tbz(Gpr::x0, 3, far);
  for (int i = 0; i < 1 << 13; ++i) a.nop();
  buffer.bind(far);
  CHECK(!buffer.resolve());
}

}  // namespace
