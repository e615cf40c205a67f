// From allocated machine instructions to bytes of x86-64.
//
//   entry    push rbp; mov rbp, rsp; push r15; sub rsp, …; the stack check. Nothing of it where
//   nothing
//            is called and all fits into registers
//   cold     the rare paths of minima, conversions, polls
//   pool     jump tables too
//
// Forward jumps need a distance that is not yet known. So the code is written twice: the first
// time with long jumps, which tells where everything lies, at most; then with short ones.
#pragma once
#include <vector>

#include "codegen/emission.h"
#include "codegen/x64/lower.h"
#include "codegen/x64/machine_ops.h"

namespace zwasm::codegen::x64 {

// Fixed registers, and emission's own.
inline constexpr Gpr kFp = Gpr::rbp, kSp = Gpr::rsp, kInstance = Gpr::r15, kContext = Gpr::r14,
                     kScratch = Gpr::r11, kCallee = Gpr::r10;

class Emitter final : public Emission {
 public:
  Emitter(const LoweredFunction& lowered, const RegallocResult& allocation,
          const CodegenSettings& settings);
  // `short_jumps`: by number of the forward jump; from an earlier run, or empty. False: one of
  // them is too far.
  bool run(const std::vector<uint8_t>& short_jumps);
  std::vector<uint8_t> find_short_jumps() const;

 private:
  // --- emit.cpp
  void prologue() override;
  void align_loop() override;
  void emit_edit(const Edit& edit, bool keep_flags) override;
  void emit_trap(isa::Trap trap, uint32_t position) override;
  void emit_table(uint32_t number) override;
  void epilogue();
  void helper(uint32_t offset);  // calls it

  // Jumps to labels. `near`: known to be within a sequence.
  void jump(Label target);
  void jump(Condition c, Label target);
  bool take_short(Label target);

  // --- operands of the current instruction
  Gpr gpr(size_t i) const { return static_cast<Gpr>(at(i).preg.encoding()); }
  Xmm xmm(size_t i) const { return static_cast<Xmm>(at(i).preg.encoding()); }
  Form form() const { return static_cast<Form>(inst_->form); }
  Width width() const { return static_cast<Width>(inst_->width); }
  Condition cond() const { return static_cast<Condition>(inst_->cond); }
  Parity parity() const { return static_cast<Parity>(inst_->sub); }
  Mem slot(const Allocation& allocation, uint32_t size) const;
  Mem mem(size_t first) const;
  bool in_register(size_t i) const { return form() == Form::reg && at(i).is_reg(); }
  // Calls `f` with the operand from `i` on as a register or as memory.
  template <class F>
  void with_gpr(size_t i, F f) {
    if (in_register(i)) f(gpr(i));
    else f(mem(i));
  }
  template <class F>
  void with_xmm(size_t i, F f) {
    if (in_register(i)) f(xmm(i));
    else f(mem(i));
  }

  // --- emit_ops.cpp
  void emit() override;
  void emit_integer(const MachineInst& inst);
  void emit_memory(const MachineInst& inst);
  void emit_vector(const MachineInst& inst);
  void move(Xmm to, Xmm from);
  void move(Gpr to, Gpr from);
  void load_vec(ir::MemKind kind, Xmm to, const Mem& from);
  void store_vec(ir::MemKind kind, const Mem& to, Xmm from);
  void zero_extend(Width w, Gpr reg);
  void flags_tell(bool order);
  bool is_tested() const;

  // --- emit_sequences.cpp
  void divide();
  void count_leading();
  void count_trailing();
  void population_count();
  void u64_to_float();
  void truncate();
  void minimum();
  void rmw_loop();
  void cmpxchg_narrow();
  void convert(Xmm to, Gpr from, Width w);
  void scalar(Sse single, Sse twice, Xmm to, Xmm from);

  // --- emit_control.cpp
  void jump_to(uint32_t block);
  void branch();
  void switch_table();
  void call();
  void load_callee();
  void tail_call();
  void poll();

  // What the flags hold from a result on, as long as nothing but moves is emitted behind it: zero
  // and sign of a register; with `order`, all that `test` would say of it.
  struct FlagsOfResult {
    uint32_t inst = ~0u;
    uint32_t end = 0;  // of the code up to which they hold
    Gpr reg = Gpr::rax;
    Width width = Width::w32;
    bool order = false;
  };
  FlagsOfResult flags_;

  Assembler a_;
  bool leaf_ = false;  // keeps its frame in the red zone, or is frameless: has none
  std::vector<Label> tables_;

  struct ForwardJump {
    uint32_t place;
    Label target;
  };
  std::vector<ForwardJump> forward_jumps_;
  const std::vector<uint8_t>* short_jumps_ = nullptr;
};

// Machine code of an allocated function. False: too large for its jumps.
bool emit_function(const LoweredFunction& lowered, const RegallocResult& allocation,
                   const CodegenSettings& settings, MachineCode& code);

// See Linkage.
void put_jump(CodeBuffer& code, uint32_t func_ref);
inline constexpr Linkage kLinkage = {uint64_t{1} << 31, 0xCC, Assembler::set_call, put_jump};

}  // namespace zwasm::codegen::x64
