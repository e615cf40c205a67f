// From allocated machine instructions to bytes: the frame, the moves the allocator asked for,
// branches in the layout of blocks, the tables the runtime needs.
//
//   entry    push rbp; mov rbp, rsp; push r15; sub rsp, …; the stack check
//   blocks   hot ones in order, cold ones behind them
//   cold     continuations of sequences (the rare paths of minima, conversions, polls), traps
//   pool     constants, jump tables
//
// Forward jumps need a distance that is not yet known. So the code is written twice: the first
// time with long jumps, which tells where everything lies, at most; then with short ones.
#pragma once
#include <functional>
#include <vector>

#include "codegen/lowering.h"
#include "codegen/regalloc.h"
#include "codegen/x64/lower.h"
#include "codegen/x64/machine_ops.h"

namespace zwasm::codegen::x64 {

class Emitter {
 public:
  Emitter(const LoweredFunction& lowered, const RegallocResult& allocation,
          const CodegenSettings& settings)
      : lowered_(lowered), machine_(lowered.machine), allocation_(allocation),
        settings_(settings), a_(buffer_) {}
  // `short_jumps`: by number of the forward jump; from an earlier run, or empty. False: one of
  // them is too far.
  bool run(const std::vector<bool>& short_jumps);
  std::vector<bool> find_short_jumps() const;
  void finish(MachineCode& code);

 private:
  // --- emit.cpp
  void lay_out();
  void prologue();
  void epilogue();
  void emit_block(uint32_t number);
  void emit_edits(uint32_t inst, bool after);
  void emit_edit(const Edit& edit, bool keep_flags);
  void emit_pool();
  void emit_cold();
  void trap_stub(isa::Trap trap, uint32_t position);
  void call_site(uint32_t position, uint32_t landing_pad, uint32_t inst);
  void helper(uint32_t offset);  // calls it

  // Jumps to labels. `near`: known to be within a sequence.
  void jump(Label target);
  void jump(Condition c, Label target);
  bool take_short(Label target);
  Label label_of(uint32_t block) { return labels_[forward_[block]]; }
  bool falls_to(uint32_t block) const { return forward_[block] == next_; }
  void cold(std::function<void()> code) { cold_.push_back(std::move(code)); }
  Label trap_label(isa::Trap trap, uint32_t position);

  // --- operands of the current instruction
  const Allocation& at(size_t i) const { return operands_[i]; }
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
  // Before the instruction that accesses memory.
  void site();

  // --- emit_ops.cpp
  void emit(const MachineInst& inst, std::span<const Allocation> operands);
  void emit_integer(const MachineInst& inst);
  void emit_memory(const MachineInst& inst);
  void emit_vector(const MachineInst& inst);
  void move(Xmm to, Xmm from);
  void move(Gpr to, Gpr from);
  void load_vec(ir::MemKind kind, Xmm to, const Mem& from);
  void store_vec(ir::MemKind kind, const Mem& to, Xmm from);
  void zero_extend(Width w, Gpr reg);

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
  void branch();
  void switch_table();
  void call();
  void load_callee();
  void tail_call();
  void poll();

  const LoweredFunction& lowered_;
  const MachineFunction& machine_;
  const RegallocResult& allocation_;
  const CodegenSettings& settings_;
  CodeBuffer buffer_;
  Assembler a_;

  uint32_t frame_bytes_ = 0;  // below the frame pointer
  bool leaf_ = false;         // keeps its frame in the red zone
  std::vector<uint32_t> forward_;  // by block: where a jump to it ends up
  std::vector<Label> labels_, constants_;
  std::vector<Label> tables_;
  Label entry_;
  uint32_t block_ = 0, next_ = ~0u;  // being emitted; the one laid out behind it
  uint32_t inst_index_ = 0;
  size_t edit_ = 0, root_ = 0;
  const MachineInst* inst_ = nullptr;
  std::span<const Allocation> operands_;

  struct ForwardJump {
    uint32_t place;
    Label target;
  };
  std::vector<ForwardJump> forward_jumps_;
  const std::vector<bool>* short_jumps_ = nullptr;
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
  bool tail_calls_ = false;
};

// Machine code of an allocated function. False: too large for its jumps.
bool emit_function(const LoweredFunction& lowered, const RegallocResult& allocation,
                   const CodegenSettings& settings, MachineCode& code);

}  // namespace zwasm::codegen::x64
