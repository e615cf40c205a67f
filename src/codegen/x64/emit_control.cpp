// Branches, calls, polls.
#include <algorithm>

#include "codegen/x64/emit.h"
#include "runtime/offsets.h"

namespace zwasm::codegen::x64 {
void Emitter::jump_to(uint32_t block) {
  if (!falls_to(block)) jump(label_of(block));
}

void Emitter::branch() {
  uint32_t yes = successor(0), no = successor(1);
  if (same_place(yes, no)) return jump_to(yes);
  switch (parity()) {
    case Parity::ignore: break;
    case Parity::and_ordered: jump(Condition::p, label_of(no)); break;
    case Parity::or_unordered: jump(Condition::p, label_of(yes)); break;
  }
  if (falls_to(yes)) {
    jump(negate(cond()), label_of(no));
    return;
  }
  jump(cond(), label_of(yes));
  jump_to(no);
}

void Emitter::switch_table() {
  size_t count = case_count(inst_->aux);
  uint32_t otherwise = case_target(inst_->aux, count);
  if (count <= kCompareCases) {
    Gpr value = gpr(0);
    for (size_t c = 0; c < count; ++c) {
      if (c == 0) a_.test(Width::w32, value, value);
      else a_.alu(Alu::cmp, Width::w32, value, static_cast<int32_t>(c));
      jump(Condition::e, label_of(case_target(inst_->aux, c)));
    }
    return jump_to(otherwise);
  }
  Gpr table = gpr(0), entry = gpr(1), value = gpr(2);
  a_.mov(Width::w32, entry, value);
  a_.alu(Alu::cmp, Width::w32, entry, static_cast<int32_t>(count));
  jump(Condition::ae, label_of(otherwise));
  a_.lea(Width::w64, table, Mem::at(tables_[inst_->aux]));
  a_.movsx(Width::w32, Width::w64, entry, Mem::at(table, entry, 2));
  a_.alu(Alu::add, Width::w64, table, entry);
  a_.jmp(table);
}

// The FuncRef of a function of the instance, and its instance.
void Emitter::load_callee() {
  a_.mov(Width::w64, kCallee, Mem::at(kInstance, ZWASM_INSTANCE_FUNCS));
  a_.mov(Width::w64, kCallee, Mem::at(kCallee, static_cast<int32_t>(8 * inst_->aux)));
}

void Emitter::call() {
  bool by_ref = is(MOp::call_ref);
  auto kind = static_cast<CallKind>(inst_->sub);
  if (!by_ref && kind == CallKind::self) {
    a_.call(entry_);
  } else if (!by_ref && kind == CallKind::batch) {
    buffer_.put8(0xE8);
    relocation(inst_->aux);
    buffer_.put32(0);
  } else {
    if (!by_ref) load_callee();
    a_.mov(Width::w64, kInstance, Mem::at(kCallee, ZWASM_FUNC_REF_INSTANCE));
    a_.call(Mem::at(kCallee, ZWASM_FUNC_REF_CODE));
  }
  call_site(inst_->position, inst_index_, inst_->cond != 0);
  // The callee may have gone on to another instance by a tail call, or to the host (docs/abi.md).
  const bool left = by_ref || leaves(kind);
  if (left || inst_->imm != 0)
    a_.lea(Width::w64, kSp, Mem::at(kFp, -static_cast<int32_t>(frame_bytes_)));
  if (left) a_.mov(Width::w64, kInstance, Mem::at(kFp, -8));
}

// The stack area of the callee takes the place of the own one: its high end stays.
void Emitter::tail_call() {
  bool by_ref = is(MOp::tail_call_ref);
  auto kind = static_cast<CallKind>(inst_->sub);
  bool direct = !by_ref && kind != CallKind::instance;
  if (!by_ref && !direct) load_callee();
  if (!direct) a_.mov(Width::w64, kInstance, Mem::at(kCallee, ZWASM_FUNC_REF_INSTANCE));
  auto own = static_cast<int32_t>(lowered_.layout.area());
  auto area = static_cast<int32_t>(inst_->imm);
  int32_t bytes = inst_->disp;
  if (own == area && bytes == 0) {
    epilogue();
  } else {
    // No argument is in r12, r13, xmm15.
    int32_t low = 16 + own - area;
    a_.mov(Width::w64, Gpr::r12, Mem::at(kFp, 8));
    a_.mov(Width::w64, Gpr::r13, Mem::at(kFp, 0));
    for (int32_t at = bytes - 16; at >= 0; at -= 16) {  // the new place is above the old one
      a_.sse(SseMove::movups, Xmm::xmm15, Mem::at(kSp, at));
      a_.movups(Mem::at(kFp, low + at), Xmm::xmm15);
    }
    a_.lea(Width::w64, kSp, Mem::at(kFp, low - 8));
    a_.mov(Width::w64, Mem::at(kSp, 0), Gpr::r12);
    a_.mov(Width::w64, kFp, Gpr::r13);
  }
  if (!direct) {
    a_.jmp(Mem::at(kCallee, ZWASM_FUNC_REF_CODE));
  } else if (kind == CallKind::self) {
    jump(entry_);
  } else {
    buffer_.put8(0xE9);
    relocation(inst_->aux);
    buffer_.put32(0);
  }
}

void Emitter::poll() {
  Label slow = buffer_.new_label(), back = buffer_.new_label();
  a_.alu(Alu::cmp, Width::w32, Mem::at(kContext, ZWASM_CONTEXT_POLL), 0);
  jump(Condition::ne, slow);
  buffer_.bind(back);
  cold([this, slow, back, position = inst_->position, index = inst_index_] {
    buffer_.bind(slow);
    helper(ZWASM_HELPER_POLL);
    call_site(position, index);
    jump(back);
  });
}

// --- between functions ---

void put_jump(CodeBuffer& code, uint32_t func_ref) {
  Assembler a(code);
  a.lea(Width::w64, kCallee, Mem::at(kInstance, static_cast<int32_t>(func_ref)));
  a.jmp(Mem::at(kCallee, ZWASM_FUNC_REF_CODE));
}

}  // namespace zwasm::codegen::x64
