// What emission for any instruction set has in common: which blocks are emitted and in which
// order, the allocator's moves between the instructions, code that stands behind the blocks, the
// constant pool, the tables the runtime needs.
//
//   entry    the leaf's prologue
//   blocks   hot ones in order, cold ones behind them
//   cold     continuations of sequences (the slow paths of polls, rare cases), then traps
//   pool     constants, the leaf's tables
//
// A leaf emits one machine instruction at a time. It names the place of a block by `label_of`,
// because a block that does nothing but jump is not emitted: its name means where it leads.
#pragma once
#include <functional>
#include <span>
#include <vector>

#include "codegen/code_buffer.h"
#include "codegen/compile.h"
#include "codegen/lowering.h"
#include "codegen/regalloc.h"

namespace zwasm::codegen {

// Of every frame, below the frame pointer: the instance, and what keeps the rest aligned.
inline constexpr uint32_t kFixedFrame = 16;
// Frames above this are compared with the stack limit before the stack pointer moves.
inline constexpr uint32_t kLargeFrame = 4096;
// Frames up to this leave the helpers that are called from them their reserve under the limit.
inline constexpr uint32_t kSmallFrame = 128;

class Emission {
 public:
  Emission(const Emission&) = delete;
  Emission& operator=(const Emission&) = delete;
  void finish(MachineCode& code);

 protected:
  // `filler`: a byte between the code and what is aligned behind it.
  Emission(const LoweredFunction& lowered, const RegallocResult& allocation,
           const CodegenSettings& settings, MachineOps ops, uint8_t filler)
      : lowered_(lowered),
        machine_(lowered.machine),
        allocation_(allocation),
        settings_(settings),
        ops_(ops),
        filler_(filler) {}
  ~Emission() = default;

  // False: something is out of reach.
  bool run();

  // --- the leaf's part
  virtual void prologue() = 0;
  virtual void align_loop() = 0;
  virtual void emit() = 0;  // *inst_
  // `keep_flags`: the instruction that follows reads the processor's flags.
  virtual void emit_edit(const Edit& edit, bool keep_flags) = 0;
  virtual void emit_trap(isa::Trap trap, uint32_t position) = 0;
  // Behind the constants: of the switch that ends block(), unless it stands with the code.
  virtual void emit_table(uint32_t number) { static_cast<void>(number); }

  void emit_one(const MachineInst& inst, std::span<const Allocation> operands) {
    inst_ = &inst;
    operands_ = operands;
    emit();
  }
  const Allocation& at(size_t i) const { return operands_[i]; }
  bool is(auto op) const { return inst_->op == static_cast<uint16_t>(op); }

  // --- blocks
  Label label_of(uint32_t block) const { return labels_[forward_[block]]; }
  bool falls_to(uint32_t block) const { return forward_[block] == next_; }
  bool same_place(uint32_t a, uint32_t b) const { return forward_[a] == forward_[b]; }
  const MachineBlock& block() const { return machine_.blocks[block_]; }  // being emitted
  uint32_t successor(size_t number) const { return block().successors[number].block; }
  // Cases of its switch besides the one for everything else, which is the last.
  size_t case_count(uint32_t table) const { return lowered_.switches[table].size() - 1; }
  uint32_t case_target(uint32_t table, size_t number) const {
    return successor(lowered_.switches[table][number]);
  }

  // --- what stands behind the blocks
  void cold(std::function<void()> code) { cold_.push_back(std::move(code)); }
  Label trap_label(isa::Trap trap, uint32_t position);
  Label trap_label() { return trap_label(inst_->trap, inst_->position); }

  // --- tables
  void trap_site(isa::Trap trap, uint32_t position) {
    out_.traps.push_back({buffer_.size(), trap, position});
  }
  // Before an access of memory of the current instruction.
  void site() {
    if (inst_->may_trap) trap_site(inst_->trap, inst_->position);
  }
  // Behind a call. `inst`: of the machine function, where its roots are listed; or none.
  void call_site(uint32_t position, uint32_t inst = ~0u, bool unwinds_here = false);
  // The distance from the place of `relocation` to another function of the batch.
  void relocation(uint32_t func) { out_.relocations.push_back({buffer_.size(), func}); }

  // Whether the entry compares the stack pointer with its limit. What calls no function cannot
  // recurse: helpers and polls are within the reserve under the limit, and so is a small frame.
  bool checks_stack() const {
    if (machine_.calls_functions || frame_bytes_ > kLargeFrame) return true;
    return machine_.makes_calls && frame_bytes_ > kSmallFrame;
  }
  // Whether what is called so may go on elsewhere and come back with another instance's register
  // and another stack pointer.
  bool leaves(CallKind kind) const {
    if (kind == CallKind::instance) return true;
    return kind == CallKind::self ? tail_calls_ : lowered_.callees_leave;
  }
  // Of a spill slot: bytes below the frame pointer.
  static int32_t slot_below(const Allocation& allocation, uint32_t bytes) {
    return static_cast<int32_t>(kFixedFrame + 8 * allocation.slot + (bytes == 16 ? 16 : 8));
  }

  const LoweredFunction& lowered_;
  const MachineFunction& machine_;
  const RegallocResult& allocation_;
  const CodegenSettings& settings_;
  CodeBuffer buffer_;

  uint32_t frame_bytes_ = 0;  // below the frame pointer
  bool tail_calls_ = false;
  bool frameless_ = false;  // set by the prologue
  Label entry_;
  std::vector<Label> constants_;
  // Being emitted: an instruction of the function, by its number, or one that makes a value again.
  uint32_t inst_index_ = 0;
  const MachineInst* inst_ = nullptr;
  std::span<const Allocation> operands_;

 private:
  void lay_out();
  void emit_block(uint32_t number);
  void emit_edits(uint32_t inst, bool after);
  void emit_cold();
  void emit_pool();
  char flag_of(uint32_t inst) const { return ops_[machine_.insts[inst].op].flag; }

  const MachineOps ops_;
  const uint8_t filler_;
  std::vector<uint32_t> forward_;  // by block: where a jump to it ends up
  std::vector<Label> labels_;
  std::vector<uint32_t> following_;  // by block: the one emitted behind it, or none
  static constexpr uint32_t kNone = ~0u;
  uint32_t block_ = 0, next_ = kNone;  // being emitted; the one behind it
  size_t edit_ = 0;
  uint64_t work_ = 0;
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

}  // namespace zwasm::codegen
