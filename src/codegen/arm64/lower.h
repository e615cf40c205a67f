// Lowering to arm64: which instructions an IR operation becomes (codegen/lowering.h has the order
// of things). What arm64 offers beyond a load-store machine with three operands, and is used here:
// a shifted or extended register as the last operand, multiply and add, compare-and-branch on zero
// or on a bit, a register of zeros, addresses with an extended index, division and conversion that
// never trap and give what WebAssembly wants.
#pragma once
#include <initializer_list>
#include <optional>

#include "codegen/arm64/machine_ops.h"
#include "codegen/lowering.h"

namespace zwasm::codegen::arm64 {

class Lowering final : public LoweringBase {
 public:
  Lowering(const ir::Function& function, const CodegenSettings& settings, const Batch& batch,
           LoweredFunction& lowered);
  void lower_function() { run(); }

 private:
  using W = isa::Op;
  using Operands = std::initializer_list<Operand>;

  // A last operand that needs no register of its own value.
  struct Flex {
    Form form = Form::reg;
    VReg reg = VReg::none;
    uint8_t scale = 0;
    int64_t imm = 0;
  };
  // What decides a branch, a trap: a condition on the flags, or a register by itself.
  struct Test {
    enum class Kind : uint8_t { flags, zero, bit };
    Kind kind = Kind::flags;
    Condition cond = Condition::ne;  // zero, bit: eq or ne
    Width width = Width::w32;
    VReg reg = VReg::none;
    uint8_t bit = 0;
  };
  struct Address {
    Form form = Form::mem;
    VReg base = VReg::none, index = VReg::none;
    Extend extend = Extend::uxtx;
    uint8_t shift = 0;
    int32_t disp = 0;
  };
  struct CompareRow {
    Condition cond;
    Width width;
    bool is_float;
    Fp fp;
    bool with_zero;  // eqz
  };

  // --- LoweringBase
  void lower(const ir::Inst& inst) override;
  void lower_terminator(const ir::Inst& inst) override;
  void lower_jump() override;
  void lower_entry() override;
  void lower_landing_pad(VReg exception) override;
  VReg constant_at_use(const ir::Inst& constant) override;

  // --- machine instructions
  template <class Wide, class Sub>
  MachineInst& put(MOp op, Wide width, Sub sub, Operands operands) {
    MachineInst& i = emit(static_cast<uint16_t>(op), {operands.begin(), operands.size()});
    i.width = static_cast<uint8_t>(width);
    i.sub = static_cast<uint8_t>(sub);
    return i;
  }
  MachineInst& put(MOp op, Operands operands) { return put(op, 0, 0, operands); }
  void move(VReg to, VReg from);
  void set_remat(VReg v, MachineInst& inst);
  const ir::Inst* only(ir::Value v, W op) const;  // its definer if it is `op`, and used once
  ir::Value arg(const ir::Inst& inst, uint32_t n) const { return function_.args(inst)[n]; }
  VReg reg_arg(const ir::Inst& inst, uint32_t n) { return reg_of(arg(inst, n)); }

  // --- lower.cpp: constants, calls, control
  VReg int_constant(int64_t value);
  void make_int_constant(VReg to, int64_t value);
  void make_vector_constant(VReg to, const ir::Inst& constant);
  VReg pool_constant(uint64_t lo, uint64_t hi);
  void lower_constant(const ir::Inst& inst);
  bool lower_own(const ir::Inst& inst);
  void lower_call(const ir::Inst& inst);
  void put_values(std::span<const ir::Value> values, const std::vector<ValuePlace>& places,
                  Form area, uint32_t offset, std::vector<Operand>& operands);
  void lower_helper_call(const ir::Inst& inst);
  void lower_tail_call(const ir::Inst& inst);
  void lower_return(const ir::Inst& inst);
  void store_slot(Form area, uint32_t offset, ir::Value value);
  void load_slot(Form area, uint32_t offset, ir::Type type, VReg to);
  VReg incoming_value(ir::Value v, VReg& wanted);
  void clean_incoming(VReg raw, VReg wanted);

  // --- lower_condition.cpp
  std::optional<CompareRow> compare_row(const ir::Inst& inst) const;
  Test test_of(ir::Value v);
  Test compare_test(const ir::Inst& inst, const CompareRow& row);
  Condition flags_of(ir::Value v);
  Condition flags_of(const Test& test);
  void put_compare(Width w, ir::Value a, ir::Value b, Condition& cond);
  MachineInst& put_test(MOp flags_op, MOp zero_op, MOp bit_op, const Test& test);
  void put_set(VReg to, Condition cond);
  void lower_compare(const ir::Inst& inst);
  void lower_select(const ir::Inst& inst);
  void lower_branch(const ir::Inst& inst);
  void lower_trap_if(const ir::Inst& inst);
  VReg lanes_test(const ir::Inst& inst);  // any_true, all_true: a w register, not zero if so

  // --- lower_int.cpp
  std::optional<Flex> fold_shift(ir::Value v, Width w, Shift last);
  std::optional<Flex> fold_extend(ir::Value v, Width w);
  Flex flex_arith(ir::Value v, Width w);
  MachineInst& put_flex(MOp op, Width w, uint8_t sub, Operands operands, const Flex& flex);
  bool lower_integer(const ir::Inst& inst);
  void lower_add(const ir::Inst& inst, Width w);
  void lower_sub(const ir::Inst& inst, Width w);
  bool multiply_add(const ir::Inst& inst, Width w, ir::Value product, ir::Value other, Data3 op);
  void lower_logic(const ir::Inst& inst, Width w, Logic op, Logic inverted);
  bool lower_extract(const ir::Inst& inst, Width w);
  void lower_shift(const ir::Inst& inst, Width w, Data2 op);
  void lower_rotate(const ir::Inst& inst, Width w, bool left);
  void lower_mul(const ir::Inst& inst, Width w);
  void lower_rem(const ir::Inst& inst, Width w, Data2 div);
  void lower_popcnt(const ir::Inst& inst, Width w);
  void lower_extend(const ir::Inst& inst, Width w, uint8_t from_bits);
  void lower_wide(const ir::Inst& inst);
  void put_bitfield(Bitfield op, Width w, VReg to, VReg from, uint32_t immr, uint32_t imms);

  // --- lower_memory.cpp
  Address address_of(const ir::Inst& inst, uint32_t args, uint32_t scale);
  VReg address_reg(const ir::Inst& inst, uint32_t args);
  VReg add_constant(VReg base, int64_t disp);
  VReg add_index(VReg base, ir::Value index, uint8_t scale);
  void index_of(ir::Value index, VReg& reg, Extend& extend);
  template <class Sub>
  MachineInst& put_access(MOp op, Sub sub, std::optional<Operand> value, const Address& address);
  void mark_access(MachineInst& i, const ir::Inst& inst);
  bool lower_memory(const ir::Inst& inst);
  void lower_load(const ir::Inst& inst);
  bool fold_extended_load(ir::Value v, Width w, uint8_t from_bits, VReg to);
  void lower_store(const ir::Inst& inst);
  void lower_load_lane(const ir::Inst& inst);
  void lower_store_lane(const ir::Inst& inst);
  void lower_rmw(const ir::Inst& inst);
  void lower_cmpxchg(const ir::Inst& inst);
  void lower_lea(const ir::Inst& inst);

  // --- lower_float.cpp
  bool lower_float(const ir::Inst& inst);
  void fp_unary(const ir::Inst& inst, Fp1 op, Fp type);
  void fp_binary(const ir::Inst& inst, Fp2 op, Fp type);
  void lower_copysign(const ir::Inst& inst, Fp type);
  void fp_to_int(const ir::Inst& inst, FpToInt op, Fp from, Width to);
  void int_to_fp(const ir::Inst& inst, IntToFp op, Width from, Fp to);

  // --- lower_simd.cpp, lower_simd_lanes.cpp
  bool lower_simd(const ir::Inst& inst);
  bool lower_lanes(const ir::Inst& inst);
  void simd3(const ir::Inst& inst, V3 op, Shape shape);
  void simd3_swapped(const ir::Inst& inst, V3 op, Shape shape);
  void simd3_not(const ir::Inst& inst, V3 op, Shape shape);
  void simd2(const ir::Inst& inst, V2 op, Shape shape);
  void simd_long(const ir::Inst& inst, VLong op, Shape shape);
  void simd_select(VReg to, VReg mask, VReg then, VReg otherwise);
  void simd_shift(const ir::Inst& inst, Shape shape, bool left, bool is_signed);
  void simd_extend(const ir::Inst& inst, VShl op, Shape shape);
  void simd_narrow(const ir::Inst& inst, VNarrow op, Shape low);
  void simd_mul64(const ir::Inst& inst);
  void simd_dot(const ir::Inst& inst, Shape low);
  void simd_fma(const ir::Inst& inst, V3 op, Shape shape);
  void simd_trunc64(const ir::Inst& inst, V2 op, VNarrow narrow);
  void simd_bitmask(const ir::Inst& inst, Shape shape);
  void lower_shuffle(const ir::Inst& inst);
  bool shuffle_pattern(const uint8_t lanes[16], VReg to, ir::Value a, ir::Value b);
  VReg put_v3(V3 op, Shape shape, VReg a, VReg b);
  VReg put_v2(V2 op, Shape shape, VReg a);
};

void lower_function(const ir::Function& function, const CodegenSettings& settings,
                    const Batch& batch, LoweredFunction& lowered);

}  // namespace zwasm::codegen::arm64
