// Comparison and conditional branch in one instruction.
#include "interp/handlers/numeric.h"

namespace zwasm::interp {
namespace {

template <auto F, bool inverted, Kind ka, Kind kb, bool back>
void compare_branch(ZW_PARAMS) {
  using A = SemArg<F, 0>;
  constexpr uint32_t kTarget = 2 + kWords<A, ka> + kWords<A, kb>;
  A a = operand<A, ka>(ip + 2, fp, acc, facc);
  A b = operand<A, kb>(ip + 2 + kWords<A, ka>, fp, acc, facc);
  if ((F(a, b) != 0) != inverted) {
    ip = branch_target(ip + kTarget);
    if constexpr (back) {
      if (inst->context->poll.load(std::memory_order_relaxed) != 0) [[unlikely]]
        ZW_GO(poll_slow);
    }
    ZW_DISPATCH(ip);
  }
  ZW_NEXT(kTarget + 1);
}

template <auto F, bool inverted, Kind ka, Kind kb>
constexpr void set(Handler (&by)[2]) {
  by[0] = compare_branch<F, inverted, ka, kb, false>;
  by[1] = compare_branch<F, inverted, ka, kb, true>;
}
template <auto F, bool inverted>
constexpr CompareBranchRow make_row() {
  CompareBranchRow row{};
  set<F, inverted, Kind::slot, Kind::slot>(row.by[0]);
  set<F, inverted, Kind::slot, Kind::acc>(row.by[1]);
  set<F, inverted, Kind::slot, Kind::imm>(row.by[2]);
  set<F, inverted, Kind::acc, Kind::imm>(row.by[3]);
  return row;
}
template <auto F, bool inverted>
constexpr CompareBranchRow kRow = make_row<F, inverted>();

}  // namespace

// clang-format off
#define ZW_EQUALITY(X, T) X(T##_eq, T##_ne) X(T##_ne, T##_eq)
#define ZW_INTS(X, T)                                                                     \
  ZW_EQUALITY(X, T)                                                                       \
  X(T##_lt_s, T##_ge_s) X(T##_lt_u, T##_ge_u) X(T##_gt_s, T##_le_s) X(T##_gt_u, T##_le_u) \
      X(T##_le_s, T##_gt_s) X(T##_le_u, T##_gt_u) X(T##_ge_s, T##_lt_s) X(T##_ge_u, T##_lt_u)
#define ZW_FLOATS(X, T) X(T##_lt) X(T##_gt) X(T##_le) X(T##_ge)
// clang-format on

const CompareBranchRow* compare_branch_row(isa::Op op, bool inverted) {
  using isa::Op;
  switch (op) {
#define ZW_OPPOSED(name, opposite) \
  case Op::name:                   \
    return inverted ? &kRow<&isa::sem::opposite, false> : &kRow<&isa::sem::name, false>;
// Not less is not greater or equal: one of them may be no number.
#define ZW_FLOAT(name) \
  case Op::name: return inverted ? &kRow<&isa::sem::name, true> : &kRow<&isa::sem::name, false>;
    ZW_INTS(ZW_OPPOSED, i32)
    ZW_INTS(ZW_OPPOSED, i64)
    ZW_EQUALITY(ZW_OPPOSED, f32)
    ZW_EQUALITY(ZW_OPPOSED, f64)
    ZW_FLOATS(ZW_FLOAT, f32)
    ZW_FLOATS(ZW_FLOAT, f64)
    default: return nullptr;  // not a comparison
  }
}

}  // namespace zwasm::interp
