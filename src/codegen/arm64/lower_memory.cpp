// Loads, stores, atomics, and their addresses. An access reaches [base + constant] with the
// constant scaled by its width or of nine bits, or [base + index] with the index extended from 32
// bits and shifted by its width; an address with both takes an addition first:
//
//     [memory + zext(i) + 8]   →   add x9, memory, w(i), uxtw;  ldr w0, [x9, 8]
#include <bit>

#include "codegen/arm64/lower.h"

namespace zwasm::codegen::arm64 {

using ir::MemKind;
using ir::Op;

namespace {

// Log2 of the bytes accessed.
constexpr uint32_t scale_of(MemKind kind) {
  return static_cast<uint32_t>(std::countr_zero(ir::access_size(kind)));
}
constexpr Size size_of(MemKind kind) { return static_cast<Size>(scale_of(kind)); }

constexpr Access int_load(MemKind kind, bool wide) {
  switch (kind) {
    case MemKind::i8_s: return wide ? Access::ldrsb_x : Access::ldrsb_w;
    case MemKind::i8_u: return Access::ldrb;
    case MemKind::i16_s: return wide ? Access::ldrsh_x : Access::ldrsh_w;
    case MemKind::i16_u: return Access::ldrh;
    case MemKind::i32_s: return Access::ldrsw;
    case MemKind::i64: return Access::ldr_x;
    default: return Access::ldr_w;  // i32_u, ref
  }
}
constexpr Access int_store(uint32_t scale) {
  constexpr Access kStores[] = {Access::strb, Access::strh, Access::str_w, Access::str_x};
  return kStores[scale];
}
constexpr VecAccess vec_load(uint32_t scale) {
  constexpr VecAccess kLoads[] = {VecAccess::ldr_b, VecAccess::ldr_h, VecAccess::ldr_s,
                                  VecAccess::ldr_d, VecAccess::ldr_q};
  return kLoads[scale];
}
constexpr VecAccess vec_store(uint32_t scale) {
  constexpr VecAccess kStores[] = {VecAccess::str_b, VecAccess::str_h, VecAccess::str_s,
                                   VecAccess::str_d, VecAccess::str_q};
  return kStores[scale];
}

}  // namespace

// --- addresses ---

VReg Lowering::add_constant(VReg base, int64_t disp) {
  if (disp == 0) return base;
  VReg sum = new_int();
  auto magnitude = static_cast<uint64_t>(disp < 0 ? -disp : disp);
  if (encode_arith(magnitude)) {
    MachineInst& i =
        put(MOp::add_sub, Width::w64, disp < 0 ? AddSub::sub : AddSub::add, {def(sum), use(base)});
    i.form = static_cast<uint8_t>(Form::imm);
    i.imm = static_cast<int64_t>(magnitude);
    return sum;
  }
  VReg constant = int_constant(disp);
  put(MOp::add_sub, Width::w64, AddSub::add, {def(sum), use(base), use(constant)});
  return sum;
}

// An i32 index is extended where it is added; so is an extension of one that nobody else wants.
void Lowering::index_of(ir::Value index, VReg& reg, Extend& extend) {
  if (type_of(index) == ir::Type::i32) {
    reg = reg_of(index);
    extend = Extend::uxtw;
    return;
  }
  if (const ir::Inst* inner = only(index, W::i64_extend_i32_u)) {
    reg = reg_arg(*inner, 0);
    extend = Extend::uxtw;
    return;
  }
  if (const ir::Inst* inner = only(index, W::i64_extend_i32_s)) {
    reg = reg_arg(*inner, 0);
    extend = Extend::sxtw;
    return;
  }
  reg = reg_of(index);
  extend = Extend::uxtx;
}

VReg Lowering::add_index(VReg base, ir::Value index, uint8_t scale) {
  VReg sum = new_int(), reg;
  Extend extend;
  index_of(index, reg, extend);
  put_flex(MOp::add_sub, Width::w64, static_cast<uint8_t>(AddSub::add), {def(sum), use(base)},
           {Form::extended, reg, static_cast<uint8_t>(extend), scale});
  return sum;
}

// The address of `inst`, whose first `args` operands are base and perhaps index.
Lowering::Address Lowering::address_of(const ir::Inst& inst, uint32_t args, uint32_t scale) {
  Address address;
  int64_t disp = inst.access.disp;
  ir::Value base = arg(inst, 0);
  bool indexed = args == 2;
  int64_t constant;
  if (indexed && int_const(arg(inst, 1), constant)) {
    if (type_of(arg(inst, 1)) == ir::Type::i32) constant = static_cast<uint32_t>(constant);
    auto bytes = static_cast<uint64_t>(constant) << inst.access.scale;
    disp = static_cast<int64_t>(static_cast<uint64_t>(disp) + bytes);
    indexed = false;
  }
  if (!indexed) {
    const ir::Inst* fixed = def(base);
    if (fixed != nullptr && (fixed->op == Op::instance || fixed->op == Op::context) &&
        Assembler::reaches(disp, scale)) {
      address.form = fixed->op == Op::instance ? Form::instance : Form::context;
      address.disp = static_cast<int32_t>(disp);
      return address;
    }
    address.base = reg_of(base);
    if (Assembler::reaches(disp, scale)) {
      address.disp = static_cast<int32_t>(disp);
      return address;
    }
    auto magnitude = static_cast<uint64_t>(disp < 0 ? -disp : disp);
    if (encode_arith(magnitude)) {
      address.base = add_constant(address.base, disp);
      return address;
    }
    address.form = Form::mem_index;
    address.index = int_constant(disp);
    return address;
  }
  address.base = reg_of(base);
  uint8_t shift = inst.access.scale;
  bool direct = shift == 0 || shift == scale;
  if (disp == 0 && direct) {
    address.form = Form::mem_index;
    index_of(arg(inst, 1), address.index, address.extend);
    address.shift = shift;
    return address;
  }
  if (direct && !Assembler::reaches(disp, scale)) {
    address.base = add_constant(address.base, disp);
    address.form = Form::mem_index;
    index_of(arg(inst, 1), address.index, address.extend);
    address.shift = shift;
    return address;
  }
  address.base = add_index(address.base, arg(inst, 1), shift);
  if (Assembler::reaches(disp, scale)) address.disp = static_cast<int32_t>(disp);
  else address.base = add_constant(address.base, disp);
  return address;
}

// The address in a register, for accesses without any other form.
VReg Lowering::address_reg(const ir::Inst& inst, uint32_t args) {
  VReg address = reg_of(arg(inst, 0));
  int64_t disp = inst.access.disp, constant;
  if (args == 2) {
    if (int_const(arg(inst, 1), constant)) {
      if (type_of(arg(inst, 1)) == ir::Type::i32) constant = static_cast<uint32_t>(constant);
      auto bytes = static_cast<uint64_t>(constant) << inst.access.scale;
      disp = static_cast<int64_t>(static_cast<uint64_t>(disp) + bytes);
    } else {
      address = add_index(address, arg(inst, 1), inst.access.scale);
    }
  }
  return add_constant(address, disp);
}

template <class Sub>
MachineInst& Lowering::put_access(MOp op, Sub sub, std::optional<Operand> value,
                                  const Address& address) {
  MachineInst& i = put(op, Width::w64, sub, {});
  if (value) add_operand(*value);
  if (address.base != VReg::none) add_operand(use(address.base));
  if (address.index != VReg::none) add_operand(use(address.index));
  i.form = static_cast<uint8_t>(address.form);
  i.scale = static_cast<uint8_t>(address.extend);
  i.cond = address.shift;
  i.disp = address.disp;
  return i;
}

void Lowering::mark_access(MachineInst& i, const ir::Inst& inst) {
  if (!inst.access.faults) return;
  i.may_trap = true;
  i.trap = isa::Trap::memory_out_of_bounds;
  i.position = inst.position;
}

// --- loads ---

void Lowering::lower_load(const ir::Inst& inst) {
  VReg to = result(inst);
  MemKind kind = inst.access.kind;
  uint32_t args = inst.arg_count, scale = scale_of(kind);
  if (inst.access.atomic) {
    VReg address = address_reg(inst, args);
    mark_access(put(MOp::load_acquire, Width::w64, size_of(kind), {def(to), use(address)}), inst);
    return;
  }
  auto vector = [&](VReg into) {
    Address address = address_of(inst, args, scale);
    mark_access(put_access(MOp::load_vec, vec_load(scale), def(into), address), inst);
  };
  auto widened = [&](Shape shape, VShl op) {
    VReg narrow = new_vreg(RegClass::vector, 8);
    vector(narrow);
    put(MOp::vshl, shape, op, {def(to), use(narrow)});
  };
  auto splat = [&](Shape shape) {
    VReg address = address_reg(inst, args);
    mark_access(put(MOp::load_dup, Width::w64, shape, {def(to), use(address)}), inst);
  };
  switch (kind) {
    case MemKind::i8_s:
    case MemKind::i8_u:
    case MemKind::i16_s:
    case MemKind::i16_u:
    case MemKind::i32_s:
    case MemKind::i32_u:
    case MemKind::i64:
    case MemKind::ref: {
      Address address = address_of(inst, args, scale);
      mark_access(
          put_access(MOp::load, int_load(kind, inst.type == ir::Type::i64), def(to), address),
          inst);
      return;
    }
    case MemKind::f32:
    case MemKind::f64:
    case MemKind::v128:
    case MemKind::zero32:
    case MemKind::zero64: vector(to); return;
    case MemKind::v8x8_s: widened(Shape::b8, VShl::sshll); return;
    case MemKind::v8x8_u: widened(Shape::b8, VShl::ushll); return;
    case MemKind::v16x4_s: widened(Shape::h4, VShl::sshll); return;
    case MemKind::v16x4_u: widened(Shape::h4, VShl::ushll); return;
    case MemKind::v32x2_s: widened(Shape::s2, VShl::sshll); return;
    case MemKind::v32x2_u: widened(Shape::s2, VShl::ushll); return;
    case MemKind::splat8: splat(Shape::b16); return;
    case MemKind::splat16: splat(Shape::h8); return;
    case MemKind::splat32: splat(Shape::s4); return;
    case MemKind::splat64: splat(Shape::d2); return;
  }
}

// A sign extension of a load that nobody else wants is a load that extends.
bool Lowering::fold_extended_load(ir::Value v, Width w, uint8_t from_bits, VReg to) {
  const ir::Inst* load = foldable_load(v);
  if (load == nullptr) return false;
  MemKind kind = load->access.kind;
  bool fits = false;
  switch (kind) {
    case MemKind::i8_s: fits = true; break;
    case MemKind::i8_u:
      fits = from_bits == 8;
      kind = MemKind::i8_s;
      break;
    case MemKind::i16_s: fits = from_bits >= 16; break;
    case MemKind::i16_u:
      fits = from_bits == 16;
      kind = MemKind::i16_s;
      break;
    case MemKind::i32_u:
      fits = from_bits == 32 && w == Width::w64;
      kind = MemKind::i32_s;
      break;
    default: break;
  }
  if (!fits) return false;
  take(*load);
  Address address = address_of(*load, load->arg_count, scale_of(kind));
  mark_access(put_access(MOp::load, int_load(kind, w == Width::w64), def(to), address), *load);
  return true;
}

// --- stores ---

void Lowering::lower_store(const ir::Inst& inst) {
  ir::Value value = arg(inst, inst.arg_count - 1);
  uint32_t args = inst.arg_count - 1, scale = scale_of(inst.access.kind);
  ir::Type type = type_of(value);
  bool vec = type == ir::Type::f32 || type == ir::Type::f64 || type == ir::Type::v128;
  if (inst.access.atomic) {
    VReg from = reg_of(value), address = address_reg(inst, args);
    mark_access(
        put(MOp::store_release, Width::w64, size_of(inst.access.kind), {use(from), use(address)}),
        inst);
    return;
  }
  const ir::Inst* constant = def(value);
  bool zero = is_const(value) && (constant->op == Op::null_ref || constant->imm == 0) &&
              type != ir::Type::v128;
  if (zero) {
    Address address = address_of(inst, args, scale);
    mark_access(put_access(MOp::store_zero, int_store(scale), std::nullopt, address), inst);
    return;
  }
  // Stores need no more of a value than they store.
  if (scale <= 2 && !vec) {
    if (const ir::Inst* wrap = only(value, W::i32_wrap_i64)) value = arg(*wrap, 0);
  }
  VReg from = reg_of(value);
  Address address = address_of(inst, args, scale);
  if (vec) mark_access(put_access(MOp::store_vec, vec_store(scale), use(from), address), inst);
  else mark_access(put_access(MOp::store, int_store(scale), use(from), address), inst);
}

// --- lanes ---

void Lowering::lower_load_lane(const ir::Inst& inst) {
  uint32_t args = inst.arg_count - 1, scale = scale_of(inst.access.kind);
  VReg to = result(inst), vector = reg_arg(inst, args), lane = new_vreg(RegClass::vector, 8);
  Address address = address_of(inst, args, scale);
  mark_access(put_access(MOp::load_vec, vec_load(scale), def(lane), address), inst);
  MachineInst& i = put(MOp::ins_vec, Width::w64, 0, {def_tied(to, 1), use(vector), use(lane)});
  i.scale = static_cast<uint8_t>(scale);
  i.imm = inst.access.lane;
}

void Lowering::lower_store_lane(const ir::Inst& inst) {
  uint32_t args = inst.arg_count - 1, scale = scale_of(inst.access.kind);
  VReg from = reg_arg(inst, args);
  if (inst.access.lane != 0) {
    VReg lane = new_vreg(RegClass::vector, 8);
    MachineInst& i = put(MOp::lane_scalar, Width::w64, 0, {def(lane), use(from)});
    i.scale = static_cast<uint8_t>(scale);
    i.imm = inst.access.lane;
    from = lane;
  }
  Address address = address_of(inst, args, scale);
  mark_access(put_access(MOp::store_vec, vec_store(scale), use(from), address), inst);
}

// --- atomics ---

void Lowering::lower_rmw(const ir::Inst& inst) {
  uint32_t args = inst.arg_count - 1;
  Size size = size_of(inst.access.kind);
  VReg to = result(inst), operand = reg_arg(inst, args), address = address_reg(inst, args);
  if (!settings_.cpu.lse) {
    MachineInst& i = put(MOp::rmw_loop, Width::w64, inst.access.rmw,
                         {early_def(to), temp_int(), temp_int(), late(operand), late(address)});
    i.scale = static_cast<uint8_t>(size);
    mark_access(i, inst);
    return;
  }
  Atomic op = Atomic::ldaddal;
  auto changed = [&](MOp change) {
    VReg other = new_int();
    put(change, Width::w64, AddSub::sub, {def(other), use(operand)});
    operand = other;
  };
  switch (inst.access.rmw) {
    case ir::AtomicRmw::add: break;
    case ir::AtomicRmw::sub: changed(MOp::neg); break;
    case ir::AtomicRmw::and_:
      changed(MOp::mvn);
      op = Atomic::ldclral;
      break;
    case ir::AtomicRmw::or_: op = Atomic::ldsetal; break;
    case ir::AtomicRmw::xor_: op = Atomic::ldeoral; break;
    case ir::AtomicRmw::xchg: op = Atomic::swpal; break;
  }
  MachineInst& i = put(MOp::atomic, Width::w64, op, {def(to), use(operand), use(address)});
  i.scale = static_cast<uint8_t>(size);
  mark_access(i, inst);
}

void Lowering::lower_cmpxchg(const ir::Inst& inst) {
  uint32_t args = inst.arg_count - 2;
  VReg to = result(inst), expected = clean_of(arg(inst, args)), fresh = reg_arg(inst, args + 1);
  VReg address = address_reg(inst, args);
  MachineInst& i =
      settings_.cpu.lse
          ? put(MOp::cas, Width::w64, 0,
                {def_tied(to, 1), use(expected), late(fresh), late(address)})
          : put(MOp::cas_loop, Width::w64, 0,
                {early_def(to), temp_int(), late(expected), late(fresh), late(address)});
  Size size = size_of(inst.access.kind);
  i.scale = static_cast<uint8_t>(size);
  // Whether the expected value may have more bits than the access.
  i.cond = size < Size::s || (size == Size::s && inst.type == ir::Type::i64);
  mark_access(i, inst);
}

void Lowering::lower_lea(const ir::Inst& inst) {
  VReg to = result(inst), base = reg_arg(inst, 0);
  // lea's operands are those of an access.
  VReg sum = add_constant(add_index(base, arg(inst, 1), inst.access.scale), inst.access.disp);
  move(to, sum);
}

bool Lowering::lower_memory(const ir::Inst& inst) {
  switch (inst.op) {
    case Op::load: lower_load(inst); return true;
    case Op::store: lower_store(inst); return true;
    case Op::load_lane: lower_load_lane(inst); return true;
    case Op::store_lane: lower_store_lane(inst); return true;
    case Op::atomic_rmw: lower_rmw(inst); return true;
    case Op::atomic_cmpxchg: lower_cmpxchg(inst); return true;
    case Op::lea: lower_lea(inst); return true;
    case Op::fence: put(MOp::fence, {}); return true;
    default: return false;
  }
}

}  // namespace zwasm::codegen::arm64
