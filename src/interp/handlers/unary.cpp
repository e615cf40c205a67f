// Unary scalar ops: counts, roundings, conversions.
#include "interp/handlers/numeric.h"
#include "isa/semantics_simd.h"

namespace zwasm::interp {
namespace {

template <auto F>
constexpr UnaryRows::value_type row() {
  if constexpr (Sem<F>::kArity == 1) {
    if constexpr (kScalarSem<F>) return &kUnaryRow<F>;
  }
  return std::nullopt;
}

constexpr UnaryRows kRows = {
#define NUM(name, ...) row<&isa::sem::name>(),
#define OP(...) std::nullopt,
#include "isa/opcodes.def"
};
constexpr auto kMap = isa::op_map<kRows>();

}  // namespace

const UnaryRow* unary_row(isa::Op op) { return kMap.find(op); }

}  // namespace zwasm::interp
