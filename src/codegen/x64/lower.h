// Lowering of the IR to x86-64: which instructions stand for which IR operations. selection.def
// has a row for every simple operation; here are the functions the rows name.
#pragma once
#include <array>
#include <initializer_list>
#include <utility>

#include "codegen/lowering.h"
#include "codegen/x64/machine_ops.h"

namespace zwasm::codegen::x64 {

// A condition that the processor's flags hold.
struct Flags {
  Condition cond = Condition::ne;
  Parity parity = Parity::ignore;
};

enum class FloatCompare : uint8_t { eq, ne, lt, gt, le, ge };
enum class IntKind : uint8_t { i32_s, i32_u, i64_s, i64_u };

// The last operand of an instruction: a register, an immediate, or memory.
struct Rm {
  Form form = Form::reg;
  VReg reg = VReg::none;  // or the base
  VReg index = VReg::none;
  uint8_t scale = 0;
  int32_t disp = 0;
  int64_t imm = 0;
  uint32_t constant = 0;
  bool faults = false;
  bool in_register = false;  // never the spill slot: the instruction reads more bytes than it holds
  uint32_t position = 0;     // of the folded access, if it faults
};

enum class VecLogic : uint8_t { not_, select };
enum class VecCompare : uint8_t { ne, by_extreme, by_extreme_not, gt64, lt64, le64, ge64 };
enum class VecInteger : uint8_t {
  neg,
  abs64,
  mul64,
  popcnt,
  swizzle,
  q15,
  dot8,
  dot8_add,
  pairs8_s,
  pairs8_u,
  pairs16_s,
  pairs16_u
};
enum class VecConvert : uint8_t {
  f32_to_i32_s,
  f32_to_i32_u,
  u32_to_f32,
  f64_to_i32_s,
  f64_to_i32_u,
  u32_to_f64
};
enum class LaneKind : uint8_t { i8, i16, i32, i64, f32, f64 };

class Lowering final : public LoweringBase {
 public:
  Lowering(const ir::Function& function, const CodegenSettings& settings, const Batch& batch,
           LoweredFunction& lowered)
      : LoweringBase(function, settings, batch, lowered) {}
  void run();
  // True if simple operation `op` of WebAssembly has a row in the table.
  static bool has_rule(isa::Op op);

 private:
  struct Rule {
    uint16_t a = 0, b = 0, c = 0;
    uint8_t function = 0;  // its number in the table; 0: there is no rule
  };
  using Function = void (Lowering::*)(const ir::Inst& inst, const Rule& rule);
  struct Rules;  // the table
  static Function function_of(const Rule& rule);
  static const Rule& rule_of(ir::Op op);

  // LoweringBase
  void lower(const ir::Inst& inst) override;
  void lower_terminator(const ir::Inst& inst) override;
  void lower_jump() override;
  void lower_entry() override;
  void lower_landing_pad(VReg exception) override;
  VReg constant_at_use(const ir::Inst& constant) override;

  // --- lower.cpp: pieces
  MachineInst& put(MOp op, std::initializer_list<Operand> operands);
  MachineInst& put(MOp op, std::initializer_list<Operand> operands, const Rm& rm);

  void move_imm(VReg to, uint64_t value);
  static Rm reg(VReg v) { return {Form::reg, v}; }
  static Rm reg_only(VReg v) {
    Rm rm = reg(v);
    rm.in_register = true;
    return rm;
  }
  static Rm imm(int64_t value);
  Rm pool(PoolConstant constant);
  Rm pool64(uint64_t twice) { return pool({twice, twice}); }
  Rm pool32(uint32_t four_times) { return pool64(uint64_t{four_times} << 32 | four_times); }
  // A value as last operand: a load folded, or a register or its spill slot.
  Rm rm_of(ir::Value v, bool clean = false);
  // The same for packed operations, whose operand in memory must be aligned without AVX.
  Rm packed_rm_of(ir::Value v);
  Rm rm_or_imm(ir::Value v, Width w);
  Rm access(const ir::Inst& inst);
  Rm fold(const ir::Inst& load);
  // The operands of a binary operation; if it commutes, constants and loads to the right.
  std::pair<ir::Value, ir::Value> sides(const ir::Inst& inst, bool commutes) const;
  bool simm32(ir::Value v, Width w, int64_t& value) const;

  // --- lower_integer.cpp
  void alu(const ir::Inst&, const Rule&);  // a Alu, b Width, c commutes
  bool and_of_bits(const ir::Inst& inst, Width w, VReg to, bool folds);
  void multiply(const ir::Inst&, const Rule&);    // a Width
  void shift(const ir::Inst&, const Rule&);       // a Shift, b Width
  void divide(const ir::Inst&, const Rule&);      // a Unary, b Width, c 1: remainder
  void count_bits(const ir::Inst&, const Rule&);  // a MOp fallback, b Width, c Bits
  void extend(const ir::Inst&, const Rule&);      // a source Width, b result Width
  void extend_u(const ir::Inst&, const Rule&);
  void wrap(const ir::Inst&, const Rule&);
  void compare(const ir::Inst&, const Rule&);  // a Condition, b Width
  void compare_zero(const ir::Inst&, const Rule&);
  void compare_float(const ir::Inst&, const Rule&);  // a FloatCompare, b SseMove
  void add_wide(const ir::Inst&, const Rule&);       // a, b Alu
  void mul_wide(const ir::Inst&, const Rule&);       // a Unary
  Flags flags_of(ir::Value condition);
  Flags flags_of_test(ir::Value condition);
  Flags flags_of_compare(const ir::Inst& compare, const Rule& rule);
  Flags flags_of_float(const ir::Inst& compare, const Rule& rule);
  void set(VReg to, Flags flags);
  void select(const ir::Inst& inst);
  void lea(const ir::Inst& inst);

  // --- lower_float.cpp
  void float_binary(const ir::Inst&, const Rule&);   // a Sse, c commutes
  void float_unary(const ir::Inst&, const Rule&);    // a Sse
  void float_round(const ir::Inst&, const Rule&);    // a SseImm, b mode
  void float_min_max(const ir::Inst&, const Rule&);  // a 0 f32 1 f64, b 1 max
  void float_sign(const ir::Inst&, const Rule&);     // a 0 f32 1 f64, b 0 abs 1 neg 2 copysign
  void int_to_float(const ir::Inst&, const Rule&);   // a 0 f32 1 f64, b IntKind
  void trunc_sat(const ir::Inst&, const Rule&);      // a 0 f32 1 f64, b Width, c unsigned
  void reinterpret(const ir::Inst&, const Rule&);    // a 0 to vector 1 to integer, b Width
  VReg vec2(Sse op, VReg a, const Rm& b, VReg to = VReg::none);
  void constant(const ir::Inst& inst);

  // --- lower_simd.cpp
  VReg vec_imm(SseImm op, VReg a, const Rm& b, uint8_t value, VReg to = VReg::none);
  VReg vec_one(SseMove op, const Rm& from, VReg to = VReg::none);
  VReg vec_one(SseImmMove op, const Rm& from, uint8_t value, VReg to = VReg::none);
  VReg vec_shift(SseShift op, VReg a, uint8_t count, VReg to = VReg::none);
  VReg vec_not(VReg a, VReg to);
  VReg zero_vector();
  VReg ones_vector();
  VReg load_pool_of(const Rm& constant);
  VReg load_pool(PoolConstant constant) { return load_pool_of(pool(constant)); }
  Rm pool16(uint16_t value);
  Rm pool8(uint8_t value);
  VReg greater_i64(VReg a, VReg b, VReg to);
  VReg shift_count(ir::Value by, uint32_t lane_bits, int32_t plus);
  Rm extended_source(ir::Value v, bool high);
  Flags flags_of_vector(const ir::Inst& test, const Rule& rule);
  void vec_binary(const ir::Inst&, const Rule&);         // a Sse, c commutes
  void vec_swapped(const ir::Inst&, const Rule&);        // a Sse
  void vec_unary(const ir::Inst&, const Rule&);          // a SseMove
  void vec_round(const ir::Inst&, const Rule&);          // a SseImmMove, b mode
  void vec_logic(const ir::Inst&, const Rule&);          // a VecLogic
  void vec_compare(const ir::Inst&, const Rule&);        // a VecCompare, b, c Sse
  void vec_compare_float(const ir::Inst&, const Rule&);  // a SseImm, b predicate, c swapped
  void vec_test(const ir::Inst&, const Rule&);           // a 0 any bit 1 all lanes, b Sse
  void vec_bitmask(const ir::Inst&, const Rule&);        // a MachineInst::sub of mask_of, 3 words
  void vec_integer(const ir::Inst&, const Rule&);        // a VecInteger
  void vec_extend(const ir::Inst&, const Rule&);         // a SseMove, b high
  void vec_multiply_bytes(const ir::Inst&, const Rule&);
  void vec_multiply_words(const ir::Inst&, const Rule&);
  void vec_multiply_dwords(const ir::Inst&, const Rule&);
  void vec_shift_lanes(const ir::Inst&, const Rule&);  // a Sse, b SseShift, c lane bits
  void vec_shift_bytes(const ir::Inst&, const Rule&);
  void vec_shift_i64_s(const ir::Inst&, const Rule&);
  void vec_sign(const ir::Inst&, const Rule&);
  void vec_min_max(const ir::Inst&, const Rule&);
  void vec_fma(const ir::Inst&, const Rule&);      // a Fma
  void vec_convert(const ir::Inst&, const Rule&);  // a VecConvert

  // --- lower_lanes.cpp
  static Width lane_width_of(LaneKind kind);
  VReg splat(VReg from, LaneKind kind, VReg to);
  void vec_splat(const ir::Inst&, const Rule&);     // a LaneKind
  void extract_lane(const ir::Inst&, const Rule&);  // a LaneKind, b sign-extended
  void replace_lane(const ir::Inst&, const Rule&);  // a LaneKind
  void load_vector(const ir::Inst& inst, const Rm& from, VReg to);
  void load_lane(const ir::Inst& inst);
  void store_lane(const ir::Inst& inst);
  void shuffle(const ir::Inst& inst);
  void shuffle_one(VReg a, const std::array<uint8_t, 16>& bytes, bool with_zeros, VReg to);
  void shuffle_two(VReg a, VReg b, const std::array<uint8_t, 16>& bytes, VReg to);

  // --- lower_memory.cpp
  void load(const ir::Inst& inst);
  void store(const ir::Inst& inst);
  bool store_in_place(const ir::Inst& inst);
  void atomic_rmw(const ir::Inst& inst);
  void atomic_cmpxchg(const ir::Inst& inst);

  // --- lower_control.cpp
  void call(const ir::Inst& inst);
  void call_helper(const ir::Inst& inst);
  void tail_call(const ir::Inst& inst);
  void put_stack_values(std::span<const ir::Value> values, const std::vector<ValuePlace>& places,
                        Form form, int32_t disp);
  VReg outside_value(ir::Value v);
  void take_outside_value(ir::Value v, VReg raw);
  void load_outside_value(ir::Value v, Form form, int32_t disp);
};

void lower_function(const ir::Function& function, const CodegenSettings& settings,
                    const Batch& batch, LoweredFunction& lowered);

}  // namespace zwasm::codegen::x64
