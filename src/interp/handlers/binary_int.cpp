// Binary ops on i32 and i64: arithmetic and comparisons.
#include "interp/handlers/numeric.h"
#include "isa/semantics_simd.h"

namespace zwasm::interp {
namespace {

template <auto F, isa::Op op>
constexpr BinaryRows::value_type row() {
  if constexpr (Sem<F>::kArity == 2) {
    if constexpr (kScalarSem<F> && std::is_integral_v<SemArg<F, 0>>)
      return &kBinaryRow<F, mirror_of(op) != isa::Op::nop>;
  }
  return std::nullopt;
}

constexpr BinaryRows kRows = {
#define NUM(name, ...) row<&isa::sem::name, isa::Op::name>(),
#define OP(...) std::nullopt,
#include "isa/opcodes.def"
};
constexpr auto kMap = isa::op_map<kRows>();

}  // namespace

const BinaryRow* float_binary_row(isa::Op op);  // binary_float.cpp

const BinaryRow* binary_row(isa::Op op) {
  const BinaryRow* row = kMap.find(op);
  return row != nullptr ? row : float_binary_row(op);
}

}  // namespace zwasm::interp
