// Handlers of simple scalar ops, made from semantics.h: one template for unary, one for binary
// ops, over where the operands are and where the result goes.
#pragma once
#include <array>

#include "interp/handlers/machine.h"
#include "isa/op_map.h"
#include "isa/semantics.h"

namespace zwasm::interp {

// The signature of a function of semantics.h.
template <class F>
struct SemTraits;
template <class R, class... A>
struct SemTraits<R (*)(A...)> {
  static constexpr bool kTraps = false;
  static constexpr uint32_t kArity = sizeof...(A);
  using Result = R;
  using Args = std::tuple<A...>;
};
template <class R, class A>
struct SemTraits<Trap (*)(A, R&)> {
  static constexpr bool kTraps = true;
  static constexpr uint32_t kArity = 1;
  using Result = R;
  using Args = std::tuple<A>;
};
template <class R, class A, class B>
struct SemTraits<Trap (*)(A, B, R&)> {
  static constexpr bool kTraps = true;
  static constexpr uint32_t kArity = 2;
  using Result = R;
  using Args = std::tuple<A, B>;
};
template <auto F>
using Sem = SemTraits<decltype(F)>;
template <auto F, size_t I>
using SemArg = std::tuple_element_t<I, typename Sem<F>::Args>;

template <class T>
inline constexpr bool kScalar = std::is_arithmetic_v<T>;
template <auto F>
inline constexpr bool kScalarSem = kScalar<typename Sem<F>::Result> && kScalar<SemArg<F, 0>>;

template <auto F, Kind ka, Dest d>
void unary(ZW_PARAMS) {
  using A = SemArg<F, 0>;
  A a = operand<A, ka>(ip + 3, fp, acc, facc);
  if constexpr (Sem<F>::kTraps) {
    typename Sem<F>::Result r{};
    if (Trap trap = F(a, r); trap != Trap::none) [[unlikely]]
      ZW_TRAP(trap);
    ZW_RESULT(d, r);
  } else {
    ZW_RESULT(d, F(a));
  }
  ZW_NEXT((3 + kWords<A, ka>));
}

template <auto F, Kind ka, Kind kb, Dest d>
void binary(ZW_PARAMS) {
  using A = SemArg<F, 0>;
  using B = SemArg<F, 1>;
  A a = operand<A, ka>(ip + 3, fp, acc, facc);
  B b = operand<B, kb>(ip + 3 + kWords<A, ka>, fp, acc, facc);
  if constexpr (Sem<F>::kTraps) {
    typename Sem<F>::Result r{};
    if (Trap trap = F(a, b, r); trap != Trap::none) [[unlikely]]
      ZW_TRAP(trap);
    ZW_RESULT(d, r);
  } else {
    ZW_RESULT(d, F(a, b));
  }
  ZW_NEXT((3 + kWords<A, ka> + kWords<B, kb>));
}

template <auto F, Kind ka, Kind kb>
inline constexpr ByDest kBinary = {binary<F, ka, kb, Dest::acc>, binary<F, ka, kb, Dest::slot>};
template <auto F, bool has_mirror>
inline constexpr BinaryRow kBinaryRow = {{
    {kBinary<F, Kind::slot, Kind::slot>, kBinary<F, Kind::slot, Kind::acc>,
     kBinary<F, Kind::slot, Kind::imm>},
    {kBinary<F, Kind::acc, Kind::slot>, {}, kBinary<F, Kind::acc, Kind::imm>},
    {kBinary<F, Kind::imm, Kind::slot>, kBinary<F, Kind::imm, Kind::acc>, {}},
}};
template <auto F>
inline constexpr BinaryRow kBinaryRow<F, true> = {{
    {kBinary<F, Kind::slot, Kind::slot>, kBinary<F, Kind::slot, Kind::acc>,
     kBinary<F, Kind::slot, Kind::imm>},
    {{}, {}, kBinary<F, Kind::acc, Kind::imm>},
}};
template <auto F>
inline constexpr UnaryRow kUnaryRow = {{
    {unary<F, Kind::slot, Dest::acc>, unary<F, Kind::slot, Dest::slot>},
    {unary<F, Kind::acc, Dest::acc>, unary<F, Kind::acc, Dest::slot>},
}};

using BinaryRows = isa::OpRows<const BinaryRow*>;
using UnaryRows = isa::OpRows<const UnaryRow*>;

}  // namespace zwasm::interp
