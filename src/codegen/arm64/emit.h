// From allocated machine instructions to bytes of arm64.
//
//   entry    stp x29, x30, [sp, -16]!; mov x29, sp; sub sp, …; str x28, [x29, -8];
//            the stack check
//   blocks   jump tables in place
//
// Branches on a bit reach 32 KiB, other conditional ones, and loads of constants, 1 MiB. A function
// is first written as if all were within reach, then again with longer sequences if it was not.
#pragma once
#include "codegen/arm64/lower.h"
#include "codegen/arm64/machine_ops.h"
#include "codegen/emission.h"

namespace zwasm::codegen::arm64 {

// Fixed registers, and emission's own.
inline constexpr Gpr kFp = Gpr::x29, kLink = Gpr::x30, kInstance = Gpr::x28, kContext = Gpr::x27,
                     kScratch = Gpr::x17, kCallee = Gpr::x16;

enum class Reach : uint8_t {
  all_near,
  far_bits,  // branches on a bit go around an unconditional branch
  far,       // all conditional branches do, and constants are made in registers
};

class Emitter final : public Emission {
 public:
  Emitter(const LoweredFunction& lowered, const RegallocResult& allocation,
          const CodegenSettings& settings, Reach reach)
      : Emission(lowered, allocation, settings, kMachineOps, 0), reach_(reach), a_(buffer_) {}
  using Emission::run;

 private:
  // --- emit.cpp
  void prologue() override;
  void align_loop() override;
  void emit_edit(const Edit& edit, bool keep_flags) override;
  void emit_trap(isa::Trap trap, uint32_t position) override;
  void helper(uint32_t offset);  // calls it
  void jump_to(uint32_t block);
  void branch_if(Condition c, Label target);
  void branch_if_zero(Condition c, Width w, Gpr reg, Label target);
  void branch_if_bit(Condition c, Gpr reg, uint8_t bit, Label target);

  // --- operands of the current instruction
  Gpr gpr(size_t i) const { return static_cast<Gpr>(at(i).preg.encoding()); }
  Vec vec(size_t i) const { return static_cast<Vec>(at(i).preg.encoding()); }
  Form form() const { return static_cast<Form>(inst_->form); }
  Width width() const { return static_cast<Width>(inst_->width); }
  Fp fp() const { return static_cast<Fp>(inst_->width); }
  Shape shape() const { return static_cast<Shape>(inst_->width); }
  Size size() const { return static_cast<Size>(inst_->scale); }
  Condition cond() const { return static_cast<Condition>(inst_->cond); }
  uint8_t imm8() const { return static_cast<uint8_t>(inst_->imm); }
  template <class Sub>
  Sub sub() const {
    return static_cast<Sub>(inst_->sub);
  }
  Mem slot(const Allocation& allocation, uint32_t bytes);
  Mem reach(Gpr base, int64_t disp, uint32_t scale);
  Mem mem(size_t first, uint32_t scale);
  void add_constant(Gpr to, Gpr from, int64_t value);

  // --- emit_ops.cpp
  void emit() override;
  void emit_integer();
  void emit_memory();
  void emit_float();
  void emit_vector();
  void load_constant(VecAccess access, Vec to, uint32_t number);
  void move(Gpr to, Gpr from);
  void move(Vec to, Vec from);
  void rmw_loop();
  void compare_and_swap();
  void cas_loop();

  // --- emit_control.cpp
  void emit_control();
  void branch();
  void switch_table();
  void call();
  void call_helper();
  void load_callee();
  void tail_call();
  void poll();

  const Reach reach_;
  Assembler a_;
};

// Machine code of an allocated function. False: too large.
bool emit_function(const LoweredFunction& lowered, const RegallocResult& allocation,
                   const CodegenSettings& settings, MachineCode& code);

// See Linkage.
void put_jump(CodeBuffer& code, uint32_t func_ref);
inline constexpr Linkage kLinkage = {uint64_t{1} << 27, 0, Assembler::set_call, put_jump};

}  // namespace zwasm::codegen::arm64
