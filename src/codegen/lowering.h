// What lowering to any instruction set has in common: the order in which instructions are visited,
// which values are wanted in registers, which loads may move into their user, blocks and edges.
//
// Blocks are visited backwards, users before definitions. A leaf lowers an IR instruction by
// emitting machine instructions (in their natural order) and asking for the registers of the
// operands; what nobody asked for is never emitted. So a compare that a branch took over, an
// address that went into an access, a load that became an operand leave no trace:
//
//     v3 = load [v1 + 8]          (taken over by the add: a load with one use, nothing between)
//     v4 = i32.add v2, v3    →    add r4, [r1 + 8]
//     v5 = i32.lt_s v4, v0        (taken over by the branch)
//     branch v5, b2, b3      →    cmp r4, r0; jl b2; jmp b3
//
// Narrow integers: a *clean* i32 has zero upper bits in its register. Instructions make clean
// values; what comes from outside (parameters, results of calls) or shares a wider register (wrap)
// is made clean by an instruction of its own, only if some user asked for it by clean_of().
//
// Edges: a target with several predecessors has only such with one successor. Where the IR has more
// (critical edges), a block for the edge is made. Parameters of a block with one predecessor are
// names for the arguments. A landing pad that several calls unwind to gets a pad for each.
#pragma once
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "codegen/call_layout.h"
#include "codegen/compile.h"
#include "codegen/machine.h"
#include "ir/ir.h"

namespace zwasm::codegen {

struct PoolConstant {
  uint64_t lo, hi;
  friend bool operator==(const PoolConstant&, const PoolConstant&) = default;
};
struct PoolHash {
  size_t operator()(const PoolConstant& c) const {
    return (c.lo ^ (c.hi >> 32) ^ (c.hi << 32)) * 0x9E3779B97F4A7C15u >> 16;
  }
};

// A function ready for register allocation, with what emission needs besides.
struct LoweredFunction {
  MachineFunction machine;
  std::vector<PoolConstant> constants;          // sixteen bytes each, by MachineInst::aux
  std::vector<std::vector<uint32_t>> switches;  // case -> number of the successor
  std::vector<uint8_t> loop_headers;            // by block
  CallLayout layout;                            // the function's own
  uint32_t outgoing_bytes = 0;                  // of the largest call's stack area
  bool callees_leave = true;                    // direct ones may make tail calls
  uint64_t work = 0;                            // steps it took
  const char* refusal =
      nullptr;  // why this processor cannot run it as it should be: stays interpreted
};

// How a direct call finds its callee: its own entry, one in the same batch of compilation, or
// through the instance's FuncRef.
enum class CallKind : uint8_t { self, batch, instance };

// Switches with at most so many cases besides the default are comparisons.
inline constexpr size_t kCompareCases = 4;

class LoweringBase {
 public:
  LoweringBase(const LoweringBase&) = delete;
  LoweringBase& operator=(const LoweringBase&) = delete;

 protected:
  LoweringBase(const ir::Function& function, const CodegenSettings& settings, const Batch& batch,
               LoweredFunction& lowered);
  virtual ~LoweringBase() = default;

  void run();

  // --- the leaf's part; each emits in natural order
  // Any instruction but a terminator. Results that nobody asked for are not `requested`.
  virtual void lower(const ir::Inst& inst) = 0;
  // A terminator, or an invoke's end when `inst` is a call: only the transfer of control.
  virtual void lower_terminator(const ir::Inst& inst) = 0;
  virtual void lower_jump() = 0;
  // The function's parameters, first in the entry block.
  virtual void lower_entry() = 0;
  // First in a landing pad: defines `exception` (none: not wanted).
  virtual void lower_landing_pad(VReg exception) = 0;
  // A constant in a register, at the place of the instruction being lowered. Returns none to
  // have one register for all uses, defined by lower() where the constant stands in the IR.
  virtual VReg constant_at_use(const ir::Inst& constant) = 0;

  // --- values
  ir::Value resolve(ir::Value v) const { return alias_[ir::index(v)]; }
  ir::Type type_of(ir::Value v) const { return function_.type_of(resolve(v)); }
  // The instruction that defines it, null for parameters.
  const ir::Inst* def(ir::Value v) const { return function_.definer(resolve(v)); }
  uint32_t uses(ir::Value v) const { return uses_[ir::index(resolve(v))]; }
  VReg reg_of(ir::Value v);
  VReg clean_of(ir::Value v);
  bool requested(ir::Value v) const { return vregs_[ir::index(v)] != VReg::none; }
  bool clean_requested(ir::Value v) const { return clean_[ir::index(v)]; }
  // The register of a result being lowered: as asked for, or a new one that nobody reads.
  VReg result(const ir::Inst& inst, uint32_t n = 0);
  bool is_const(ir::Value v) const { return def(v) != nullptr && is_const_op(def(v)->op); }
  // An integer constant's value (i32 sign-extended); false if it is none.
  bool int_const(ir::Value v, int64_t& value) const;
  // The load that defines `v` may be done at the instruction being lowered, which is its only user
  // (by a chain of values of one use each): nothing that stands between has an effect it would see.
  const ir::Inst* foldable_load(ir::Value v) const;
  // Of two values used by one instruction: `a` was there before a call in the same block whose
  // result `b` is, so that by now it stands in a slot.
  bool across_call(ir::Value a, ir::Value b) const;
  // It has been: do not lower it again.
  void take(const ir::Inst& load) { taken_[id_of(load)] = true; }

  // --- calls
  CallKind call_kind(uint32_t func) const;
  // Of a call or a tail call with these arguments; makes room for its stack area.
  CallLayout layout_of_call(const ir::Inst& inst, std::span<const ir::Value> args);

  // --- machine code
  VReg new_vreg(ir::Type type);
  VReg new_vreg(RegClass reg_class, uint8_t size);
  VReg new_int() { return new_vreg(RegClass::integer, 8); }
  VReg new_vec(uint8_t size = 16) { return new_vreg(RegClass::vector, size); }
  static Operand use(VReg v) { return {v, Role::use, Constraint::reg, 0, {}}; }
  static Operand use_any(VReg v) { return {v, Role::use, Constraint::any, 0, {}}; }
  static Operand use_fixed(VReg v, PReg r) { return {v, Role::use, Constraint::fixed, 0, r}; }
  static Operand late(VReg v) { return {v, Role::late_use, Constraint::reg, 0, {}}; }
  static Operand def(VReg v) { return {v, Role::def, Constraint::reg, 0, {}}; }
  static Operand early_def(VReg v) { return {v, Role::early_def, Constraint::reg, 0, {}}; }
  static Operand def_tied(VReg v, uint8_t to) { return {v, Role::def, Constraint::tied, to, {}}; }
  static Operand def_fixed(VReg v, PReg r) { return {v, Role::def, Constraint::fixed, 0, r}; }
  static Operand temp(VReg v) { return {v, Role::temp, Constraint::reg, 0, {}}; }
  Operand temp_int() { return temp(new_int()); }
  Operand temp_vec() { return temp(new_vec()); }
  VRegInfo& info(VReg v) { return machine_.vregs[index(v)]; }
  MachineInst& emit(uint16_t op, std::span<const Operand> operands);
  void add_operand(const Operand& operand);  // to the instruction emitted last
  // The operands from `first` on of the instruction emitted last are read to its end.
  void make_late(uint32_t first);
  // The instruction emitted last, which has no inputs, makes `v` again wherever it is wanted.
  void rematerializable(VReg v);
  uint32_t constant_index(PoolConstant constant);
  // The terminator's successors in the machine function, in its order; switches have each once.
  uint32_t switch_table() const { return switch_table_; }

  const ir::Function& function_;
  const CodegenSettings& settings_;
  const Batch& batch_;
  LoweredFunction& lowered_;
  MachineFunction& machine_;

 private:
  struct EdgeRef {
    uint32_t inst;
    uint32_t target;  // index in Function::targets
  };
  struct CodeRange {
    uint32_t first = 0, end = 0;  // in code_, in reverse
  };
  struct MachineBlockPlan {
    ir::Block block = ir::Block::none;  // the code of this block
    uint32_t edge = ~0u;                // or an edge's: index in Function::targets
    ir::Block from = ir::Block::none;   // the edge's source
    bool cold = false;
    bool pad = false;
    CodeRange range;
  };

  uint32_t id_of(const ir::Inst& inst) const {
    return static_cast<uint32_t>(&inst - function_.insts.data());
  }
  void find_edges();
  void find_aliases();
  void find_live();
  void mark(ir::Value v);
  void mark_args(const ir::Inst& inst);
  void count_uses();
  void number_effects();
  void plan_blocks();
  void lower_block(ir::Block b);
  void lower_edges(ir::Block b, const ir::Inst& terminator);
  void add_edge(uint32_t machine_block, uint32_t target, VReg exception = VReg::none);
  std::vector<ir::Value> live_params(ir::Block b) const;
  void flush();
  void finish();

  std::vector<std::vector<EdgeRef>> incoming_;  // by block
  std::vector<ir::Value> alias_;                // by value
  std::vector<uint8_t> live_;                   // by value
  std::vector<uint8_t> effectful_;              // by instruction
  std::vector<ir::Value> worklist_;
  std::vector<uint32_t> uses_;
  std::vector<VReg> vregs_;
  std::vector<uint8_t> clean_;
  std::vector<uint8_t> taken_;
  std::vector<uint8_t> visited_;  // by block: all uses of its parameters have been seen
  std::vector<uint32_t> writes_before_, traps_before_;  // by instruction: effects counted so far
  const ir::Inst* root_ = nullptr;                      // the instruction being lowered

  std::vector<MachineBlockPlan> plan_;
  std::vector<uint32_t> case_of_;  // by block: scratch, which case of a switch leads there
  std::unordered_map<PoolConstant, uint32_t, PoolHash> pool_;
  std::vector<uint32_t> block_number_;  // IR block -> machine block
  std::vector<uint32_t> edge_number_;   // Function::targets index -> machine block of the edge
  std::vector<MachineInst> code_;       // reversed, by block
  std::vector<MachineInst> pending_;    // of the instruction being lowered, in order
  uint32_t switch_table_ = ~0u;
};

}  // namespace zwasm::codegen
