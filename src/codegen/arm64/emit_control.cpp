// Branches, calls, polls, traps.
#include <algorithm>

#include "base/assert.h"
#include "codegen/arm64/emit.h"
#include "codegen/arm64/lower.h"
#include "runtime/offsets.h"

namespace zwasm::codegen::arm64 {
namespace {

// An entry of a jump table: the distance from itself.
bool patch_table(uint8_t* code, uint32_t place, uint32_t target) {
  auto distance = static_cast<int32_t>(target - place);
  std::memcpy(code + place, &distance, sizeof distance);
  return true;
}

}  // namespace

void Emitter::jump_to(uint32_t block) {
  if (!falls_to(block)) a_.b(label_of(block));
}

void Emitter::branch() {
  uint32_t yes = successor(0), no = successor(1);
  if (same_place(yes, no)) return jump_to(yes);
  Condition c = cond();
  if (falls_to(yes)) {
    std::swap(yes, no);
    c = negate(c);
  }
  switch (static_cast<MOp>(inst_->op)) {
    case MOp::branch_zero: branch_if_zero(c, width(), gpr(0), label_of(yes)); break;
    case MOp::branch_bit: branch_if_bit(c, gpr(0), imm8(), label_of(yes)); break;
    default: branch_if(c, label_of(yes)); break;
  }
  jump_to(no);
}

// The table stands behind the branch that reads it: always within reach.
void Emitter::switch_table() {
  auto label = [&](size_t c) { return label_of(case_target(inst_->aux, c)); };
  size_t count = case_count(inst_->aux);
  Gpr table = gpr(0), entry = gpr(1), value = gpr(2);
  if (count <= kCompareCases) {
    for (size_t c = 0; c < count; ++c) {
      if (c == 0) {
        branch_if_zero(Condition::eq, Width::w32, value, label(c));
        continue;
      }
      a_.add_sub_imm(AddSub::subs, Width::w32, Gpr::zr, value, c);
      branch_if(Condition::eq, label(c));
    }
    return jump_to(case_target(inst_->aux, count));
  }
  if (encode_arith(count)) {
    a_.add_sub_imm(AddSub::subs, Width::w32, Gpr::zr, value, count);
  } else {
    a_.mov_imm(entry, count);
    a_.cmp(Width::w32, value, entry);
  }
  branch_if(Condition::hs, label(count));
  Label here = buffer_.new_label();
  a_.adr(table, here);
  a_.add_sub(AddSub::add, Width::w64, table, table, value, Extend::uxtw, 2);
  a_.access(Access::ldrsw, entry, Mem::at(table));
  a_.add_sub(AddSub::add, Width::w64, table, table, entry);
  a_.br(table);
  buffer_.bind(here);
  for (size_t c = 0; c < count; ++c) {
    buffer_.refer(buffer_.size(), label(c), patch_table);
    buffer_.put32(0);
  }
}

// The FuncRef of a function of the instance.
void Emitter::load_callee() {
  a_.access(Access::ldr_x, kCallee, Mem::at(kInstance, ZWASM_INSTANCE_FUNCS));
  a_.access(Access::ldr_x, kCallee, reach(kCallee, 8 * int64_t{inst_->aux}, 3));
}

void Emitter::call() {
  bool by_ref = is(MOp::call_ref);
  auto kind = static_cast<CallKind>(inst_->sub);
  if (!by_ref && kind == CallKind::self) {
    a_.bl(entry_);
  } else if (!by_ref && kind == CallKind::batch) {
    relocation(inst_->aux);
    buffer_.put32(0x94000000);  // bl
  } else {
    if (!by_ref) load_callee();
    a_.access(Access::ldr_x, kScratch, Mem::at(kCallee, ZWASM_FUNC_REF_CODE));
    a_.access(Access::ldr_x, kInstance, Mem::at(kCallee, ZWASM_FUNC_REF_INSTANCE));
    a_.blr(kScratch);
  }
  call_site(inst_->position, inst_index_, inst_->scale != 0);
  // The callee may have gone on to another instance by a tail call, or to the host (docs/abi.md).
  const bool left = by_ref || leaves(kind);
  if (left || inst_->imm != 0) add_constant(Gpr::sp, kFp, -int64_t{frame_bytes_});
  if (left) a_.access(Access::ldr_x, kInstance, Mem::at(kFp, -8));
}

void Emitter::call_helper() {
  helper(8 * inst_->aux);
  call_site(inst_->position, inst_index_, inst_->scale != 0);
}

// The stack area of the callee takes the place of the own one: its high end stays.
void Emitter::tail_call() {
  bool by_ref = is(MOp::tail_call_ref);
  auto kind = static_cast<CallKind>(inst_->sub);
  bool direct = !by_ref && kind != CallKind::instance;
  if (!by_ref && !direct) load_callee();
  auto own = int64_t{lowered_.layout.area()};
  int64_t low = 16 + own - inst_->imm;  // the callee's area, from the frame pointer
  if (inst_->disp == 0 && low == 16) {
    a_.mov(Width::w64, Gpr::sp, kFp);
    a_.pair(Pair::ldp_x, kFp, kLink, Mem::post(Gpr::sp, 16));
  } else {
    // No argument is in x9, x10, v31. The new place is above the old one: copied from the top. The
    // frame's own words may be overwritten, so they are read first.
    Gpr to = Gpr::x9, from = Gpr::x10;
    add_constant(to, kFp, low + inst_->disp);
    add_constant(from, Gpr::sp, inst_->disp);
    a_.pair(Pair::ldp_x, kScratch, kLink, Mem::at(kFp));
    for (int32_t copied = 0; copied < inst_->disp; copied += 16) {
      a_.access(VecAccess::ldr_q, Vec::v31, Mem::pre(from, -16));
      a_.access(VecAccess::str_q, Vec::v31, Mem::pre(to, -16));
    }
    a_.mov(Width::w64, Gpr::sp, to);
    a_.mov(Width::w64, kFp, kScratch);
  }
  if (!direct) {
    a_.access(Access::ldr_x, kScratch, Mem::at(kCallee, ZWASM_FUNC_REF_CODE));
    a_.access(Access::ldr_x, kInstance, Mem::at(kCallee, ZWASM_FUNC_REF_INSTANCE));
    a_.br(kScratch);
  } else if (kind == CallKind::self) {
    a_.b(entry_);
  } else {
    relocation(inst_->aux);
    buffer_.put32(0x14000000);  // b
  }
}

void Emitter::poll() {
  Label slow = buffer_.new_label(), back = buffer_.new_label();
  a_.access(Access::ldr_w, kScratch, Mem::at(kContext, ZWASM_CONTEXT_POLL));
  branch_if_zero(Condition::ne, Width::w32, kScratch, slow);
  buffer_.bind(back);
  cold([this, slow, back, position = inst_->position, index = inst_index_] {
    buffer_.bind(slow);
    helper(ZWASM_HELPER_POLL);
    call_site(position, index);
    a_.b(back);
  });
}

void Emitter::emit_control() {
  switch (static_cast<MOp>(inst_->op)) {
    case MOp::entry: return;
    case MOp::landing_pad:
      add_constant(Gpr::sp, kFp, -int64_t{frame_bytes_});
      a_.access(Access::ldr_x, kInstance, Mem::at(kFp, -8));
      return;
    case MOp::call:
    case MOp::call_ref: call(); return;
    case MOp::call_helper: call_helper(); return;
    case MOp::poll: poll(); return;
    case MOp::jump:
    case MOp::invoke_end: jump_to(successor(0)); return;
    case MOp::branch:
    case MOp::branch_zero:
    case MOp::branch_bit: branch(); return;
    case MOp::switch_: switch_table(); return;
    case MOp::return_:
      a_.mov(Width::w64, Gpr::sp, kFp);
      a_.pair(Pair::ldp_x, kFp, kLink, Mem::post(Gpr::sp, 16));
      if (lowered_.layout.popped() != 0) {
        // The link register is in use: distances that need another go by the scratch register.
        int64_t popped = lowered_.layout.popped();
        a_.mov_imm(kScratch, static_cast<uint64_t>(popped));
        a_.add_sub(AddSub::add, Width::w64, Gpr::sp, Gpr::sp, kScratch, Extend::uxtx, 0);
      }
      a_.ret();
      return;
    case MOp::tail_call:
    case MOp::tail_call_ref: tail_call(); return;
    case MOp::trap_if: branch_if(cond(), trap_label()); return;
    case MOp::trap_if_zero: branch_if_zero(cond(), width(), gpr(0), trap_label()); return;
    case MOp::trap_if_bit: branch_if_bit(cond(), gpr(0), imm8(), trap_label()); return;
    case MOp::trap: emit_trap(inst_->trap, inst_->position); return;
    default: ZWASM_ASSERT(false && "not an operation of control");  // MOp has other families
  }
}

// --- between functions ---

void put_jump(CodeBuffer& code, uint32_t func_ref) {
  Assembler a(code);
  a.mov_imm(kCallee, func_ref);
  a.add_sub(AddSub::add, Width::w64, kCallee, kInstance, kCallee);
  a.access(Access::ldr_x, kScratch, Mem::at(kCallee, ZWASM_FUNC_REF_CODE));
  a.br(kScratch);
}

}  // namespace zwasm::codegen::arm64
