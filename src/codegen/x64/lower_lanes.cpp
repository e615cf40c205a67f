// Vectors by lanes: splats, single lanes, shuffles, and vectors in memory.
#include <algorithm>
#include <array>
#include <cstring>

#include "base/assert.h"
#include "codegen/x64/lower.h"

namespace zwasm::codegen::x64 {

using ir::MemKind;
using ir::Op;

namespace {

constexpr uint8_t u8(auto v) { return static_cast<uint8_t>(v); }

}  // namespace

// --- splats and single lanes ---

VReg Lowering::splat(VReg from, LaneKind kind, VReg to) {
  switch (kind) {
    case LaneKind::i8: return vec2(Sse::pshufb, from, reg(zero_vector()), to);
    case LaneKind::i16: {
      VReg low = vec_one(SseImmMove::pshuflw, reg_only(from), 0);
      return vec_one(SseImmMove::pshufd, reg(low), 0, to);
    }
    case LaneKind::i32:
    case LaneKind::f32: return vec_one(SseImmMove::pshufd, reg_only(from), 0, to);
    case LaneKind::i64:
    case LaneKind::f64: return vec_one(SseImmMove::pshufd, reg_only(from), 0x44, to);
  }
  return to;
}

void Lowering::vec_splat(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst), from = reg_of(function_.args(inst)[0]);
  auto kind = static_cast<LaneKind>(rule.a);
  if (kind != LaneKind::f32 && kind != LaneKind::f64) {
    VReg moved = new_vec();
    put(MOp::vec_from_int, {def(moved), use(from)}).width =
        u8(kind == LaneKind::i64 ? Width::w64 : Width::w32);
    from = moved;
  }
  splat(from, kind, to);
}

// a: LaneKind, b: sign-extended
void Lowering::extract_lane(const ir::Inst& inst, const Rule& rule) {
  VReg to = result(inst), from = reg_of(function_.args(inst)[0]);
  auto kind = static_cast<LaneKind>(rule.a);
  uint32_t lane = inst.aux;
  switch (kind) {
    case LaneKind::f32: vec_one(SseImmMove::pshufd, reg(from), u8(lane), to); return;
    case LaneKind::f64: vec_one(SseImmMove::pshufd, reg(from), lane == 0 ? 0x44 : 0xEE, to); return;
    case LaneKind::i32:
    case LaneKind::i64:
      if (lane == 0) {
        put(MOp::int_from_vec, {def(to), use(from)}).width =
            u8(kind == LaneKind::i32 ? Width::w32 : Width::w64);
        return;
      }
      break;
    case LaneKind::i8:
    case LaneKind::i16: break;
  }
  bool extends = rule.b != 0;
  VReg lane_value = extends ? new_int() : to;
  MachineInst& extract = put(MOp::extract, {def(lane_value), use(from)});
  extract.imm = lane;
  extract.width = u8(lane_width_of(kind));
  if (!extends) return;
  MachineInst& extend = put(MOp::movsx, {def(to)}, reg(lane_value));
  extend.width = u8(lane_width_of(kind));
  extend.sub = u8(Width::w32);
}

Width Lowering::lane_width_of(LaneKind kind) {
  switch (kind) {
    case LaneKind::i8: return Width::w8;
    case LaneKind::i16: return Width::w16;
    case LaneKind::i32:
    case LaneKind::f32: return Width::w32;
    case LaneKind::i64:
    case LaneKind::f64: return Width::w64;
  }
  return Width::w64;
}

void Lowering::replace_lane(const ir::Inst& inst, const Rule& rule) {
  auto args = function_.args(inst);
  VReg to = result(inst), from = reg_of(args[0]);
  auto kind = static_cast<LaneKind>(rule.a);
  uint32_t lane = inst.aux;
  if (kind == LaneKind::f32) {
    vec_imm(SseImm::insertps, from, reg_only(reg_of(args[1])), u8(lane << 4), to);
  } else if (kind == LaneKind::f64) {
    VReg value = reg_of(args[1]);
    if (lane == 0) vec_imm(SseImm::pblendw, from, reg_only(value), 0x0F, to);
    else vec2(Sse::unpcklpd, from, reg_only(value), to);
  } else {
    Rm value = reg_only(reg_of(args[1]));
    MachineInst& insert = put(MOp::insert, {def_tied(to, 1), use(from)}, value);
    insert.imm = lane;
    insert.width = u8(lane_width_of(kind));
  }
}

// --- memory ---

void Lowering::load_vector(const ir::Inst& inst, const Rm& from, VReg to) {
  MemKind kind = inst.access.kind;
  auto widened = [&](SseMove op) { vec_one(op, from, to); };
  auto load = [&](MemKind as, VReg into) {
    put(MOp::load_vec, {def(into)}, from).sub = u8(as);
    return into;
  };
  switch (kind) {
    case MemKind::f32:
    case MemKind::f64:
    case MemKind::v128: load(kind, to); break;
    case MemKind::zero32: load(MemKind::f32, to); break;
    case MemKind::zero64: load(MemKind::f64, to); break;
    case MemKind::v8x8_s: widened(SseMove::pmovsxbw); break;
    case MemKind::v8x8_u: widened(SseMove::pmovzxbw); break;
    case MemKind::v16x4_s: widened(SseMove::pmovsxwd); break;
    case MemKind::v16x4_u: widened(SseMove::pmovzxwd); break;
    case MemKind::v32x2_s: widened(SseMove::pmovsxdq); break;
    case MemKind::v32x2_u: widened(SseMove::pmovzxdq); break;
    case MemKind::splat8:
    case MemKind::splat16: {
      VReg bits = new_int(), moved = new_vec();
      MachineInst& narrow = put(MOp::load, {def(bits)}, from);
      narrow.sub = u8(kind == MemKind::splat8 ? MemKind::i8_u : MemKind::i16_u);
      narrow.width = u8(Width::w32);
      put(MOp::vec_from_int, {def(moved), use(bits)}).width = u8(Width::w32);
      splat(moved, kind == MemKind::splat8 ? LaneKind::i8 : LaneKind::i16, to);
      break;
    }
    case MemKind::splat32: splat(load(MemKind::f32, new_vec()), LaneKind::f32, to); break;
    case MemKind::splat64: widened(SseMove::movddup); break;
    case MemKind::i8_s:
    case MemKind::i8_u:
    case MemKind::i16_s:
    case MemKind::i16_u:
    case MemKind::i32_s:
    case MemKind::i32_u:
    case MemKind::i64:
    case MemKind::ref: ZWASM_ASSERT(!"an integer"); break;
  }
}

void Lowering::load_lane(const ir::Inst& inst) {
  VReg to = result(inst), from = reg_of(function_.args(inst).back());
  MachineInst& insert = put(MOp::insert, {def_tied(to, 1), use(from)}, access(inst));
  insert.imm = inst.access.lane;
  insert.width = u8(width_of(inst.access.kind));
}

void Lowering::store_lane(const ir::Inst& inst) {
  VReg from = reg_of(function_.args(inst).back());
  Width w = width_of(inst.access.kind);
  if (inst.access.lane == 0 && (w == Width::w32 || w == Width::w64)) {
    put(MOp::store_vec, {use(from)}, access(inst)).sub =
        u8(w == Width::w32 ? MemKind::f32 : MemKind::f64);
    return;
  }
  MachineInst& store = put(MOp::store_lane, {use(from)}, access(inst));
  store.imm = inst.access.lane;
  store.width = u8(w);
}

// --- shuffles ---

namespace {

constexpr uint8_t kZeroLane = 0x80;
using Bytes = std::array<uint8_t, 16>;

PoolConstant constant_of(const Bytes& bytes) {
  PoolConstant c{};
  std::memcpy(&c.lo, bytes.data(), 8);
  std::memcpy(&c.hi, bytes.data() + 8, 8);
  return c;
}

// The shuffle moves whole lanes of `size` bytes: their numbers.
bool as_lanes(const Bytes& bytes, uint32_t size, std::array<uint8_t, 16>& lanes) {
  for (uint32_t i = 0; i < 16 / size; ++i) {
    if (bytes[i * size] % size != 0) return false;
    for (uint32_t k = 1; k < size; ++k)
      if (bytes[i * size + k] != bytes[i * size] + k) return false;
    lanes[i] = u8(bytes[i * size] / size);
  }
  return true;
}

struct Interleaving {
  Sse op;
  uint8_t size;
  bool high;
};
constexpr Interleaving kInterleavings[] = {{Sse::punpcklbw, 1, false},  {Sse::punpckhbw, 1, true},
                                           {Sse::punpcklwd, 2, false},  {Sse::punpckhwd, 2, true},
                                           {Sse::punpckldq, 4, false},  {Sse::punpckhdq, 4, true},
                                           {Sse::punpcklqdq, 8, false}, {Sse::punpckhqdq, 8, true}};

Bytes interleaved(const Interleaving& how, uint8_t first, uint8_t second) {
  Bytes bytes;
  for (uint32_t i = 0; i < 16; ++i) {
    uint32_t pair = i / (2u * how.size), in_pair = i % (2u * how.size);
    uint32_t at = (how.high ? 8 : 0) + pair * how.size + in_pair % how.size;
    bytes[i] = u8((in_pair < how.size ? first : second) + at);
  }
  return bytes;
}

}  // namespace

void Lowering::shuffle(const ir::Inst& inst) {
  VReg to = result(inst);
  auto args = function_.args(inst);
  Bytes bytes;
  std::memcpy(bytes.data(), &inst.imm, 8);
  std::memcpy(bytes.data() + 8, &inst.imm2, 8);
  bool same = resolve(args[0]) == resolve(args[1]);
  auto is_zero = [&](ir::Value v) {
    const ir::Inst* c = def(v);
    return c != nullptr && c->op == Op::const_v128 && c->imm == 0 && c->imm2 == 0;
  };
  bool zero[2] = {is_zero(args[0]), is_zero(args[1])};
  bool uses_input[2] = {false, false}, uses_zero = false;
  for (uint8_t& b : bytes) {
    b &= same ? 15 : 31;
    if (zero[b >> 4]) b = kZeroLane, uses_zero = true;
    else uses_input[b >> 4] = true;
  }
  if (!uses_input[0] && !uses_input[1]) {
    put(MOp::zero_vec, {def(to)});
    return;
  }
  if (!uses_input[0] || !uses_input[1]) {  // one input
    ir::Value only = args[uses_input[0] ? 0 : 1];
    for (uint8_t& b : bytes)
      if (b != kZeroLane) b &= 15;
    shuffle_one(reg_of(only), bytes, uses_zero, to);
    return;
  }
  shuffle_two(reg_of(args[0]), reg_of(args[1]), bytes, to);
}

void Lowering::shuffle_one(VReg a, const std::array<uint8_t, 16>& bytes, bool with_zeros, VReg to) {
  std::array<uint8_t, 16> lanes;
  if (!with_zeros) {
    bool identity = true, rotation = true;
    for (uint32_t i = 0; i < 16; ++i) {
      identity &= bytes[i] == i;
      rotation &= bytes[i] == ((bytes[0] + i) & 15);
    }
    if (identity) {
      put(MOp::mov_vec, {def(to), use(a)}).is_move = true;
      return;
    }
    if (as_lanes(bytes, 4, lanes)) {
      vec_one(SseImmMove::pshufd, reg(a),
              u8(lanes[0] | lanes[1] << 2 | lanes[2] << 4 | lanes[3] << 6), to);
      return;
    }
    if (as_lanes(bytes, 2, lanes)) {
      auto kept = [&](uint32_t first) {
        for (uint32_t i = first; i < first + 4; ++i)
          if (lanes[i] != i) return false;
        return true;
      };
      auto within = [&](uint32_t first) {
        for (uint32_t i = first; i < first + 4; ++i)
          if (lanes[i] < first || lanes[i] >= first + 4) return false;
        return true;
      };
      auto order = [&](uint32_t first) {
        uint32_t imm = 0;
        for (uint32_t i = 0; i < 4; ++i) imm |= (lanes[first + i] & 3u) << (2 * i);
        return u8(imm);
      };
      if (kept(4) && within(0)) {
        vec_one(SseImmMove::pshuflw, reg(a), order(0), to);
        return;
      }
      if (kept(0) && within(4)) {
        vec_one(SseImmMove::pshufhw, reg(a), order(4), to);
        return;
      }
    }
    for (const Interleaving& how : kInterleavings)
      if (bytes == interleaved(how, 0, 0)) {
        vec2(how.op, a, reg(a), to);
        return;
      }
    if (rotation) {
      vec_imm(SseImm::palignr, a, reg(a), bytes[0], to);
      return;
    }
  } else {
    // Zeros come in at one end: a shift.
    uint32_t leading = 0, trailing = 0;
    while (leading < 16 && bytes[leading] == kZeroLane) ++leading;
    while (trailing < 16 && bytes[15 - trailing] == kZeroLane) ++trailing;
    bool left = leading > 0, right = trailing > 0;
    for (uint32_t i = leading; i < 16; ++i) left &= bytes[i] == i - leading;
    for (uint32_t i = 0; i < 16 - trailing; ++i) right &= bytes[i] == i + trailing;
    if (left || right) {
      vec_shift(left ? SseShift::pslldq : SseShift::psrldq, a, u8(left ? leading : trailing), to);
      return;
    }
  }
  vec2(Sse::pshufb, a, pool(constant_of(bytes)), to);
}

void Lowering::shuffle_two(VReg a, VReg b, const std::array<uint8_t, 16>& bytes, VReg to) {
  std::array<uint8_t, 16> lanes;
  bool zeros = std::ranges::find(bytes, kZeroLane) != bytes.end();
  if (!zeros) {
    for (const Interleaving& how : kInterleavings) {
      if (bytes == interleaved(how, 0, 16)) {
        vec2(how.op, a, reg(b), to);
        return;
      }
      if (bytes == interleaved(how, 16, 0)) {
        vec2(how.op, b, reg(a), to);
        return;
      }
    }
    bool run = true;
    for (uint32_t i = 0; i < 16; ++i) run &= bytes[i] == ((bytes[0] + i) & 31);
    if (run) {  // of both, one behind the other
      if (bytes[0] < 16) vec_imm(SseImm::palignr, b, reg(a), bytes[0], to);
      else vec_imm(SseImm::palignr, a, reg(b), u8(bytes[0] - 16), to);
      return;
    }
    if (as_lanes(bytes, 2, lanes)) {
      uint32_t from_b = 0;
      bool in_place = true;
      for (uint32_t i = 0; i < 8; ++i) {
        in_place &= (lanes[i] & 7u) == i;
        from_b |= static_cast<uint32_t>(lanes[i] >> 3) << i;
      }
      if (in_place) {
        vec_imm(SseImm::pblendw, a, reg(b), u8(from_b), to);
        return;
      }
    }
    if (as_lanes(bytes, 4, lanes) && lanes[0] / 4 == lanes[1] / 4 && lanes[2] / 4 == lanes[3] / 4) {
      auto imm =
          u8((lanes[0] & 3) | (lanes[1] & 3) << 2 | (lanes[2] & 3) << 4 | (lanes[3] & 3) << 6);
      VReg low = lanes[0] < 4 ? a : b, high = lanes[2] < 4 ? a : b;
      vec_imm(SseImm::shufps, low, reg(high), imm, to);
      return;
    }
  }
  std::array<uint8_t, 16> of_a, of_b;
  for (uint32_t i = 0; i < 16; ++i) {
    of_a[i] = bytes[i] < 16 ? bytes[i] : kZeroLane;
    of_b[i] = bytes[i] >= 16 && bytes[i] < 32 ? u8(bytes[i] - 16) : kZeroLane;
  }
  VReg left = vec2(Sse::pshufb, a, pool(constant_of(of_a)));
  VReg right = vec2(Sse::pshufb, b, pool(constant_of(of_b)));
  vec2(Sse::por, left, reg(right), to);
}

}  // namespace zwasm::codegen::x64
