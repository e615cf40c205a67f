// Jumps, branches on values, branch tables, and what is emitted only on request (fuel, counts).
#include "interp/handlers/misc_handlers.h"
#include "interp/profile.h"

namespace zwasm::interp {

#define ZW_POLL()                                                            \
  if (inst->context->poll.load(std::memory_order_relaxed) != 0) [[unlikely]] \
  ZW_GO(poll_slow)

void op_unreachable(ZW_PARAMS) { ZW_TRAP(Trap::unreachable); }

void op_jump(ZW_PARAMS) { ZW_DISPATCH(branch_target(ip + 2)); }
void op_jump_back(ZW_PARAMS) {
  ip = branch_target(ip + 2);
  ZW_POLL();
  ZW_DISPATCH(ip);
}

// Slots of i32 are zero-extended, so that one test serves i32 and references too.
void op_branch_nz_s(ZW_PARAMS) {
  if (slot_at(fp, ip[2]).u64 != 0) ZW_DISPATCH(branch_target(ip + 3));
  ZW_NEXT(4);
}
void op_branch_nz_a(ZW_PARAMS) {
  if (acc != 0) ZW_DISPATCH(branch_target(ip + 2));
  ZW_NEXT(3);
}
void op_branch_z_s(ZW_PARAMS) {
  if (slot_at(fp, ip[2]).u64 == 0) ZW_DISPATCH(branch_target(ip + 3));
  ZW_NEXT(4);
}
void op_branch_z_a(ZW_PARAMS) {
  if (acc == 0) ZW_DISPATCH(branch_target(ip + 2));
  ZW_NEXT(3);
}
void op_branch_nz_back_s(ZW_PARAMS) {
  if (slot_at(fp, ip[2]).u64 != 0) {
    ip = branch_target(ip + 3);
    ZW_POLL();
    ZW_DISPATCH(ip);
  }
  ZW_NEXT(4);
}
void op_branch_nz_back_a(ZW_PARAMS) {
  if (acc != 0) {
    ip = branch_target(ip + 2);
    ZW_POLL();
    ZW_DISPATCH(ip);
  }
  ZW_NEXT(3);
}
void op_branch_z_back_s(ZW_PARAMS) {
  if (slot_at(fp, ip[2]).u64 == 0) {
    ip = branch_target(ip + 3);
    ZW_POLL();
    ZW_DISPATCH(ip);
  }
  ZW_NEXT(4);
}
void op_branch_z_back_a(ZW_PARAMS) {
  if (acc == 0) {
    ip = branch_target(ip + 2);
    ZW_POLL();
    ZW_DISPATCH(ip);
  }
  ZW_NEXT(3);
}

void op_branch_table_s(ZW_PARAMS) {
  uint32_t index = slot_at(fp, ip[2]).u32, count = ip[3];
  ZW_DISPATCH(branch_target(ip + 4 + (index < count ? index : count)));
}
void op_branch_table_a(ZW_PARAMS) {
  auto index = static_cast<uint32_t>(acc);
  uint32_t count = ip[2];
  ZW_DISPATCH(branch_target(ip + 3 + (index < count ? index : count)));
}

void op_count_op(ZW_PARAMS) {
  count_op(ip[2]);
  ZW_NEXT(3);
}

void op_charge(ZW_PARAMS) {
  inst->context->fuel -= ip[2];
  ZW_NEXT(3);
}
void op_charge_check(ZW_PARAMS) {
  StoreContext* context = inst->context;
  int64_t left = context->fuel - ip[2];
  context->fuel = left;
  if (left < 0) [[unlikely]]
    ZW_TRAP(Trap::out_of_fuel);
  ZW_NEXT(3);
}
void op_charge_bulk(ZW_PARAMS) {
  StoreContext* context = inst->context;
  uint64_t units = slot_at(fp, ip[2]).u64 >> ip[3];
  if (context->fuel < 0 || units > static_cast<uint64_t>(context->fuel)) [[unlikely]] {
    context->fuel = -1;
    ZW_TRAP(Trap::out_of_fuel);
  }
  context->fuel -= static_cast<int64_t>(units);
  ZW_NEXT(4);
}

}  // namespace zwasm::interp
