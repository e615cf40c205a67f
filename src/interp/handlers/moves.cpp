// Moves, constants, select, globals.
#include "interp/handlers/misc_handlers.h"

namespace zwasm::interp {

void op_move_s(ZW_PARAMS) {
  slot_at(fp, ip[2]).u64 = slot_at(fp, ip[3]).u64;
  ZW_NEXT(4);
}
void op_move2_s(ZW_PARAMS) {
  slot_at(fp, ip[2]).u64 = slot_at(fp, ip[3]).u64;
  slot_at(fp, ip[4]).u64 = slot_at(fp, ip[5]).u64;
  ZW_NEXT(6);
}
void op_move_a(ZW_PARAMS) {
  slot_at(fp, ip[2]).u64 = acc;
  ZW_NEXT(3);
}
void op_move_f(ZW_PARAMS) {
  slot_at(fp, ip[2]).u64 = bits_of(static_cast<float>(facc[0]));
  ZW_NEXT(3);
}
void op_move_d(ZW_PARAMS) {
  slot_at(fp, ip[2]).u64 = facc_bits(facc);
  ZW_NEXT(3);
}
void op_move_i(ZW_PARAMS) {
  slot_at(fp, ip[2]).u64 = ip[3];
  ZW_NEXT(4);
}
void op_move_ii(ZW_PARAMS) {
  slot_at(fp, ip[2]).u64 = load64(ip + 3);
  ZW_NEXT(5);
}
// With nan_canonicalization, behind every operation that can make a NaN.
static uint32_t canonical(uint32_t bits) {
  return (bits & 0x7FFFFFFF) > 0x7F800000 ? 0x7FC00000 : bits;
}
static uint64_t canonical(uint64_t bits) {
  return (bits & ~(uint64_t{1} << 63)) > 0x7FF0000000000000 ? 0x7FF8000000000000 : bits;
}
void op_canonical_f32(ZW_PARAMS) {
  Slot& d = slot_at(fp, ip[2]);
  d.u64 = canonical(d.u32);
  ZW_NEXT(3);
}
void op_canonical_f64(ZW_PARAMS) {
  Slot& d = slot_at(fp, ip[2]);
  d.u64 = canonical(d.u64);
  ZW_NEXT(3);
}
void op_canonical_f32x4(ZW_PARAMS) {
  Slot* d = &slot_at(fp, ip[2]);
  for (int half = 0; half < 2; ++half) {
    uint64_t v = d[half].u64;
    d[half].u64 = canonical(static_cast<uint32_t>(v)) |
                  uint64_t{canonical(static_cast<uint32_t>(v >> 32))} << 32;
  }
  ZW_NEXT(3);
}
void op_canonical_f64x2(ZW_PARAMS) {
  Slot* d = &slot_at(fp, ip[2]);
  d[0].u64 = canonical(d[0].u64);
  d[1].u64 = canonical(d[1].u64);
  ZW_NEXT(3);
}

void op_move_v(ZW_PARAMS) {
  write_vector(&slot_at(fp, ip[2]), read_vector(&slot_at(fp, ip[3])));
  ZW_NEXT(4);
}
void op_move_vi(ZW_PARAMS) {
  Facc v;
  std::memcpy(&v, ip + 3, sizeof v);
  write_vector(&slot_at(fp, ip[2]), v);
  ZW_NEXT(7);
}
void op_load_acc_i(ZW_PARAMS) {
  acc = ip[2];
  ZW_NEXT(3);
}

void op_select_s(ZW_PARAMS) {
  uint64_t a = slot_at(fp, ip[3]).u64, b = slot_at(fp, ip[4]).u64;
  acc = slot_at(fp, ip[5]).u32 != 0 ? a : b;
  slot_at(fp, ip[2]).u64 = acc;
  ZW_NEXT(6);
}
void op_select_a(ZW_PARAMS) {
  uint64_t a = slot_at(fp, ip[3]).u64, b = slot_at(fp, ip[4]).u64;
  acc = acc != 0 ? a : b;
  slot_at(fp, ip[2]).u64 = acc;
  ZW_NEXT(5);
}
void op_select_v(ZW_PARAMS) {
  const Slot* from = &slot_at(fp, slot_at(fp, ip[5]).u32 != 0 ? ip[3] : ip[4]);
  write_vector(&slot_at(fp, ip[2]), read_vector(from));
  ZW_NEXT(6);
}

void op_global_get(ZW_PARAMS) {
  acc = inst->globals[ip[3]]->slots[0].u64;
  slot_at(fp, ip[2]).u64 = acc;
  ZW_NEXT(4);
}
void op_global_get_acc(ZW_PARAMS) {
  acc = inst->globals[ip[3]]->slots[0].u64;
  ZW_NEXT(4);
}
void op_global_get_f(ZW_PARAMS) {
  double v = inst->globals[ip[3]]->slots[0].f64;
  facc = with_lane(facc, v);
  slot_at(fp, ip[2]).f64 = v;
  ZW_NEXT(4);
}
void op_global_get_f_acc(ZW_PARAMS) {
  facc = with_lane(facc, inst->globals[ip[3]]->slots[0].f64);
  ZW_NEXT(4);
}
void op_global_get_v(ZW_PARAMS) {
  write_vector(&slot_at(fp, ip[2]), read_vector(inst->globals[ip[3]]->slots));
  ZW_NEXT(4);
}
void op_global_set_s(ZW_PARAMS) {
  inst->globals[ip[3]]->slots[0].u64 = slot_at(fp, ip[2]).u64;
  ZW_NEXT(4);
}
void op_global_set_a(ZW_PARAMS) {
  inst->globals[ip[2]]->slots[0].u64 = acc;
  ZW_NEXT(3);
}
void op_global_set_i(ZW_PARAMS) {
  inst->globals[ip[4]]->slots[0].u64 = load64(ip + 2);
  ZW_NEXT(5);
}
void op_global_set_v(ZW_PARAMS) {
  write_vector(inst->globals[ip[3]]->slots, read_vector(&slot_at(fp, ip[2])));
  ZW_NEXT(4);
}

}  // namespace zwasm::interp
