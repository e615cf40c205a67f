// Vectors: single lanes, and lanes that move.
#include <algorithm>
#include <cstring>

#include "codegen/arm64/lower.h"

namespace zwasm::codegen::arm64 {

// The signs, gathered: each lane's sign picks a bit of its own, and the bits are added up.
void Lowering::simd_bitmask(const ir::Inst& inst, Shape shape) {
  VReg to = result(inst), from = reg_arg(inst, 0);
  Size size = size_of(shape);
  if (size == Size::d) {
    VReg signs = new_vec(), low = new_int(), high = new_int();
    put(MOp::vshr, shape, VShr::ushr, {def(signs), use(from)}).imm = 63;
    put(MOp::int_from_vec, Width::w64, 0, {def(low), use(signs)});
    MachineInst& upper = put(MOp::umov, Width::w64, 0, {def(high), use(signs)});
    upper.scale = static_cast<uint8_t>(Size::d);
    upper.imm = 1;
    put_flex(MOp::add_sub, Width::w32, static_cast<uint8_t>(AddSub::add), {def(to), use(low)},
             {Form::shifted, high, static_cast<uint8_t>(Shift::lsl), 1});
    return;
  }
  uint64_t lo = 0x8040201008040201, hi = lo;  // bytes: both halves, put together below
  if (size == Size::h) lo = 0x0008000400020001, hi = 0x0080004000200010;
  if (size == Size::s) lo = 0x0000000200000001, hi = 0x0000000800000004;
  VReg signs = new_vec(), sum = new_vec();
  int64_t top = (8 << static_cast<int>(size)) - 1;
  put(MOp::vshr, shape, VShr::sshr, {def(signs), use(from)}).imm = top;
  VReg weights = pool_constant(lo, hi);
  VReg bits = put_v3(V3::and_, Shape::b16, signs, weights);
  if (size == Size::b) {
    VReg upper = new_vec(), pairs = new_vec();
    put(MOp::ext, Shape::b16, 0, {def(upper), use(bits), use(bits)}).imm = 8;
    put(MOp::vpermute, Shape::b16, VPermute::zip1, {def(pairs), use(bits), use(upper)});
    bits = pairs;
  }
  put(MOp::vacross, size == Size::b ? Shape::h8 : shape, VAcross::addv, {def(sum), use(bits)});
  put(MOp::int_from_vec, Width::w32, 0, {def(to), use(sum)});
}

bool Lowering::lower_lanes(const ir::Inst& inst) {
  auto lane = [&](MOp op, Size size, Width w, std::initializer_list<Operand> operands) {
    MachineInst& i = put(op, w, 0, operands);
    i.scale = static_cast<uint8_t>(size);
    i.imm = inst.aux;
  };
  auto extract = [&](MOp op, Size size, Width w) {
    VReg to = result(inst), from = reg_arg(inst, 0);
    lane(op, size, w, {def(to), use(from)});
  };
  auto extract_float = [&](Size size) {
    VReg to = result(inst), from = reg_arg(inst, 0);
    if (inst.aux == 0) move(to, from);
    else lane(MOp::lane_scalar, size, Width::w64, {def(to), use(from)});
  };
  auto replace = [&](MOp op, Size size) {
    VReg to = result(inst), from = reg_arg(inst, 0), value = reg_arg(inst, 1);
    lane(op, size, Width::w64, {def_tied(to, 1), use(from), use(value)});
  };
  auto splat = [&](Shape shape) {
    VReg to = result(inst), from = reg_arg(inst, 0);
    put(MOp::dup_int, shape, 0, {def(to), use(from)});
  };
  auto splat_float = [&](Shape shape) {
    VReg to = result(inst), from = reg_arg(inst, 0);
    put(MOp::dup_lane, shape, 0, {def(to), use(from)});
  };
  switch (ir::wasm_op(inst.op)) {
    case W::i8x16_splat: splat(Shape::b16); return true;
    case W::i16x8_splat: splat(Shape::h8); return true;
    case W::i32x4_splat: splat(Shape::s4); return true;
    case W::i64x2_splat: splat(Shape::d2); return true;
    case W::f32x4_splat: splat_float(Shape::s4); return true;
    case W::f64x2_splat: splat_float(Shape::d2); return true;
    case W::i8x16_extract_lane_s: extract(MOp::smov, Size::b, Width::w32); return true;
    case W::i8x16_extract_lane_u: extract(MOp::umov, Size::b, Width::w32); return true;
    case W::i16x8_extract_lane_s: extract(MOp::smov, Size::h, Width::w32); return true;
    case W::i16x8_extract_lane_u: extract(MOp::umov, Size::h, Width::w32); return true;
    case W::i32x4_extract_lane: extract(MOp::umov, Size::s, Width::w32); return true;
    case W::i64x2_extract_lane: extract(MOp::umov, Size::d, Width::w64); return true;
    case W::f32x4_extract_lane: extract_float(Size::s); return true;
    case W::f64x2_extract_lane: extract_float(Size::d); return true;
    case W::i8x16_replace_lane: replace(MOp::ins_int, Size::b); return true;
    case W::i16x8_replace_lane: replace(MOp::ins_int, Size::h); return true;
    case W::i32x4_replace_lane: replace(MOp::ins_int, Size::s); return true;
    case W::i64x2_replace_lane: replace(MOp::ins_int, Size::d); return true;
    case W::f32x4_replace_lane: replace(MOp::ins_vec, Size::s); return true;
    case W::f64x2_replace_lane: replace(MOp::ins_vec, Size::d); return true;
    case W::i8x16_bitmask: simd_bitmask(inst, Shape::b16); return true;
    case W::i16x8_bitmask: simd_bitmask(inst, Shape::h8); return true;
    case W::i32x4_bitmask: simd_bitmask(inst, Shape::s4); return true;
    case W::i64x2_bitmask: simd_bitmask(inst, Shape::d2); return true;
    case W::i8x16_swizzle:
    case W::i8x16_relaxed_swizzle: {
      VReg to = result(inst), table = reg_arg(inst, 0), index = reg_arg(inst, 1);
      put(MOp::tbl1, Shape::b16, 0, {def(to), use(table), use(index)});
      return true;
    }
    default: return false;  // not an operation of the IR
  }
}

// --- shuffles ---

namespace {

// The lanes as elements of `bytes` bytes; false if they are no whole elements.
bool as_elements(const uint8_t lanes[16], uint32_t bytes, uint8_t out[16]) {
  for (uint32_t i = 0; i < 16 / bytes; ++i) {
    uint8_t first = lanes[i * bytes];
    if (first % bytes != 0) return false;
    for (uint32_t k = 1; k < bytes; ++k)
      if (lanes[i * bytes + k] != first + k) return false;
    out[i] = static_cast<uint8_t>(first / bytes);
  }
  return true;
}

}  // namespace

// One instruction for what compilers make of vectors: broadcasts, interleavings, halves, rotations.
bool Lowering::shuffle_pattern(const uint8_t lanes[16], VReg to, ir::Value a, ir::Value b) {
  auto three = [&](VPermute op, Shape shape) {
    VReg x = reg_of(a), y = reg_of(b);
    put(MOp::vpermute, shape, op, {def(to), use(x), use(y)});
  };
  bool consecutive = true;
  for (uint32_t i = 1; i < 16; ++i) consecutive &= lanes[i] == lanes[0] + i;
  if (consecutive && lanes[0] <= 16) {
    if (lanes[0] % 16 == 0) {
      move(to, reg_of(lanes[0] == 0 ? a : b));
      return true;
    }
    VReg x = reg_of(a), y = reg_of(b);
    put(MOp::ext, Shape::b16, 0, {def(to), use(x), use(y)}).imm = lanes[0];
    return true;
  }
  constexpr Shape kShapes[] = {Shape::b16, Shape::h8, Shape::s4, Shape::d2};
  for (uint32_t size = 4; size-- > 0;) {
    uint8_t e[16];
    uint32_t bytes = 1u << size, n = 16 / bytes;
    if (!as_elements(lanes, bytes, e)) continue;
    Shape shape = kShapes[size];
    auto all = [&](auto expected) {
      for (uint32_t i = 0; i < n; ++i)
        if (e[i] != expected(i)) return false;
      return true;
    };
    if (all([&](uint32_t) { return e[0]; })) {
      MachineInst& i = put(MOp::dup_lane, shape, 0, {def(to), use(reg_of(e[0] < n ? a : b))});
      i.imm = e[0] % n;
      return true;
    }
    struct Row {
      VPermute op;
      bool (*matches)(const uint8_t* e, uint32_t n);
    };
    static constexpr Row kRows[] = {
        {VPermute::zip1,
         [](const uint8_t* x, uint32_t m) {
           for (uint32_t i = 0; i < m; ++i)
             if (x[i] != i / 2 + (i % 2) * m) return false;
           return true;
         }},
        {VPermute::zip2,
         [](const uint8_t* x, uint32_t m) {
           for (uint32_t i = 0; i < m; ++i)
             if (x[i] != m / 2 + i / 2 + (i % 2) * m) return false;
           return true;
         }},
        {VPermute::uzp1,
         [](const uint8_t* x, uint32_t m) {
           for (uint32_t i = 0; i < m; ++i)
             if (x[i] != 2 * i) return false;
           return true;
         }},
        {VPermute::uzp2,
         [](const uint8_t* x, uint32_t m) {
           for (uint32_t i = 0; i < m; ++i)
             if (x[i] != 2 * i + 1) return false;
           return true;
         }},
        {VPermute::trn1,
         [](const uint8_t* x, uint32_t m) {
           for (uint32_t i = 0; i < m; ++i)
             if (x[i] != i / 2 * 2 + (i % 2) * m) return false;
           return true;
         }},
        {VPermute::trn2,
         [](const uint8_t* x, uint32_t m) {
           for (uint32_t i = 0; i < m; ++i)
             if (x[i] != i / 2 * 2 + 1 + (i % 2) * m) return false;
           return true;
         }},
    };
    for (const Row& row : kRows)
      if (row.matches(e, n)) {
        three(row.op, shape);
        return true;
      }
    // Elements in reverse within 64, 32 or 16 bits.
    for (uint32_t group : {8u, 4u, 2u}) {
      uint32_t per = group / bytes;
      auto reversed = [&](uint32_t i) { return i / per * per + (per - 1 - i % per); };
      if (per < 2 || !all(reversed)) continue;
      V2 op = group == 8 ? V2::rev64 : group == 4 ? V2::rev32 : V2::rev16;
      put(MOp::v2, shape, op, {def(to), use(reg_of(a))});
      return true;
    }
  }
  return false;
}

void Lowering::lower_shuffle(const ir::Inst& inst) {
  uint8_t lanes[16];
  std::memcpy(lanes, &inst.imm, 8);
  std::memcpy(lanes + 8, &inst.imm2, 8);
  VReg to = result(inst);
  ir::Value a = arg(inst, 0), b = arg(inst, 1);
  bool from_a = std::ranges::any_of(lanes, [](uint8_t l) { return l < 16; });
  bool from_b = std::ranges::any_of(lanes, [](uint8_t l) { return l >= 16; });
  if (resolve(a) == resolve(b) || !from_a || !from_b) {
    if (!from_a) a = b;
    // Numbers of one vector, as far as patterns of two may be seen in them.
    uint8_t same[16];
    for (uint32_t i = 0; i < 16; ++i) same[i] = lanes[i] & 15;
    // zip and trn of a vector with itself have their second half of numbers in the other one.
    if (shuffle_pattern(same, to, a, a)) return;
    uint64_t index[2];
    std::memcpy(index, same, 16);
    VReg table = reg_of(a), numbers = pool_constant(index[0], index[1]);
    put(MOp::tbl1, Shape::b16, 0, {def(to), use(table), use(numbers)});
    return;
  }
  if (shuffle_pattern(lanes, to, a, b)) return;
  VReg first = reg_of(a), second = reg_of(b), numbers = pool_constant(inst.imm, inst.imm2);
  put(MOp::tbl2, Shape::b16, 0,
      {def(to), use_fixed(first, kTable[0]), use_fixed(second, kTable[1]), use(numbers)});
}

}  // namespace zwasm::codegen::arm64
