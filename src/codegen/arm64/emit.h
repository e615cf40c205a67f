// From allocated machine instructions to bytes: the frame, the moves the allocator asked for,
// branches in the layout of blocks, the tables the runtime needs.
//
//   entry    stp x29, x30, [sp, -16]!; mov x29, sp; sub sp, …; str x28, [x29, -8];
//            the stack check
//   blocks   hot ones in order, cold ones behind them; jump tables in place
//   cold     polls' slow paths, traps
//   pool     constants
//
// Branches on a bit reach 32 KiB, other conditional ones, and loads of constants, 1 MiB. A function
// is first written as if all were within reach, then again with longer sequences if it was not.
#pragma once
#include <functional>
#include <vector>

#include "codegen/arm64/machine_ops.h"
#include "codegen/compile.h"
#include "codegen/lowering.h"
#include "codegen/regalloc.h"

namespace zwasm::codegen::arm64 {

enum class Reach : uint8_t {
  all_near,
  far_bits,  // branches on a bit go around an unconditional branch
  far,       // all conditional branches do, and constants are made in registers
};

class Emitter {
 public:
  Emitter(const LoweredFunction& lowered, const RegallocResult& allocation,
          const CodegenSettings& settings, Reach reach)
      : lowered_(lowered), machine_(lowered.machine), allocation_(allocation),
        settings_(settings), reach_(reach), a_(buffer_) {}
  // False: something is out of reach.
  bool run();
  void finish(MachineCode& code);

 private:
  // --- emit.cpp
  void lay_out();
  void prologue();
  void emit_block(uint32_t number);
  void emit_edits(uint32_t inst, bool after);
  void emit_edit(const Edit& edit);
  void emit_cold();
  void emit_pool();
  void trap_stub(isa::Trap trap, uint32_t position);
  void call_site(uint32_t position, uint32_t landing_pad, uint32_t inst);
  void helper(uint32_t offset);  // calls it
  void site();                   // before an instruction that may fault
  Label trap_label();            // of the current instruction

  Label label_of(uint32_t block) { return labels_[forward_[block]]; }
  bool falls_to(uint32_t block) const { return forward_[block] == next_; }
  void cold(std::function<void()> code) { cold_.push_back(std::move(code)); }
  void branch_if(Condition c, Label target);
  void branch_if_zero(Condition c, Width w, Gpr reg, Label target);
  void branch_if_bit(Condition c, Gpr reg, uint8_t bit, Label target);

  // --- operands of the current instruction
  const Allocation& at(size_t i) const { return operands_[i]; }
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
  int32_t slot_below(const Allocation& allocation, uint32_t bytes) const;
  Mem reach(Gpr base, int64_t disp, uint32_t scale);
  Mem mem(size_t first, uint32_t scale);
  void add_constant(Gpr to, Gpr from, int64_t value);

  // --- emit_ops.cpp
  void emit(const MachineInst& inst, std::span<const Allocation> operands);
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

  const LoweredFunction& lowered_;
  const MachineFunction& machine_;
  const RegallocResult& allocation_;
  const CodegenSettings& settings_;
  const Reach reach_;
  CodeBuffer buffer_;
  Assembler a_;

  uint32_t frame_bytes_ = 0;       // below the frame pointer
  std::vector<uint32_t> forward_;  // by block: where a branch to it ends up
  std::vector<Label> labels_, constants_;
  Label entry_;
  uint32_t block_ = 0, next_ = ~0u;  // being emitted; the one laid out behind it
  uint32_t inst_index_ = 0;
  size_t edit_ = 0;
  const MachineInst* inst_ = nullptr;
  std::span<const Allocation> operands_;
  bool tail_calls_ = false;

  std::vector<std::function<void()>> cold_;
  struct TrapStub {
    Label label;
    isa::Trap trap;
    uint32_t position;
  };
  std::vector<TrapStub> trap_stubs_;
  struct PadOf {
    size_t call;
    uint32_t block;
  };
  std::vector<PadOf> pads_;
  MachineCode out_;
};

void lower_function(const ir::Function& function, const CodegenSettings& settings,
                    const Batch& batch, LoweredFunction& lowered);
// Machine code of an allocated function. False: too large.
bool emit_function(const LoweredFunction& lowered, const RegallocResult& allocation,
                   const CodegenSettings& settings, MachineCode& code);

}  // namespace zwasm::codegen::arm64
