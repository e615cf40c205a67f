#include "ir/fold.h"

#include <bit>
#include <cstring>
#include <type_traits>

#include "isa/semantics.h"
#include "isa/semantics_simd.h"

namespace zwasm::ir {

namespace {

template <class T>
T get(const Const& c) {
  if constexpr (std::is_same_v<T, isa::V128>) return {c.lo, c.hi};
  else if constexpr (std::is_same_v<T, float>)
    return std::bit_cast<float>(static_cast<uint32_t>(c.lo));
  else if constexpr (std::is_same_v<T, double>) return std::bit_cast<double>(c.lo);
  else return static_cast<T>(c.lo);
}
template <class T>
Const put(T v) {
  if constexpr (std::is_same_v<T, isa::V128>) return {v.lo, v.hi};
  else if constexpr (std::is_same_v<T, float>) return {std::bit_cast<uint32_t>(v), 0};
  else if constexpr (std::is_same_v<T, double>) return {std::bit_cast<uint64_t>(v), 0};
  else return {static_cast<uint64_t>(v), 0};
}

// Calls a semantics function on constants; its signature tells how to read them.
template <class R, class... A>
struct Call {
  using Function = R (*)(A...);
  static constexpr size_t kArgs = sizeof...(A);
  template <size_t... I>
  static bool run(Function function, const Const* in, std::span<Const> out,
                  std::index_sequence<I...>) {
    if constexpr (std::is_same_v<R, isa::sem::Wide>) {
      isa::sem::Wide w = function(get<A>(in[I])...);
      out[0] = {w.lo, 0};
      out[1] = {w.hi, 0};
    } else {
      out[0] = put<R>(function(get<A>(in[I])...));
    }
    return true;
  }
  static bool run(Function function, std::span<const Const> in, std::span<Const> out) {
    return in.size() == kArgs && run(function, in.data(), out, std::make_index_sequence<kArgs>());
  }
};
template <class R, class... A>
bool call(R (*function)(A...), std::span<const Const> in, std::span<Const> out) {
  return Call<R, A...>::run(function, in, out);
}
// Those that may trap take their result by reference.
template <class A, class R>
bool call(isa::Trap (*function)(A, R&), std::span<const Const> in, std::span<Const> out) {
  R r{};
  if (in.size() != 1 || function(get<A>(in[0]), r) != isa::Trap::none) return false;
  out[0] = put<R>(r);
  return true;
}
template <class A, class B, class R>
bool call(isa::Trap (*function)(A, B, R&), std::span<const Const> in, std::span<Const> out) {
  R r{};
  if (in.size() != 2 || function(get<A>(in[0]), get<B>(in[1]), r) != isa::Trap::none) return false;
  out[0] = put<R>(r);
  return true;
}

}  // namespace

bool fold(isa::Op op, std::span<const Const> args, std::span<Const> results) {
  switch (op) {
#define NUM(name, prefix, code, text, sig, feature, effect) \
  case isa::Op::name: return call(&isa::sem::name, args, results);
#include "isa/opcodes.def"
    default: return false;  // control, memory, references: not a computation on values
  }
}

__extension__ using Wide = unsigned __int128;

UnsignedDivision unsigned_division(uint64_t d, uint32_t bits) {
  // With l = ceil(log2 d), m = ceil(2^(bits + l - 1) / d) has at most `bits` bits, and is exact
  // for all n < 2^limit if its error m * d - 2^(bits + l - 1) <= 2^(bits + l - 1 - limit).
  auto try_it = [&](uint64_t divisor, uint32_t limit, UnsignedDivision& out) {
    uint32_t l = 64 - static_cast<uint32_t>(std::countl_zero(divisor - 1));
    Wide power = Wide{1} << (bits + l - 1);
    Wide m = (power + divisor - 1) / divisor;
    Wide error = m * divisor - power;
    if ((m >> bits) != 0 || error > (Wide{1} << (bits + l - 1 - limit))) return false;
    out.multiplier = static_cast<uint64_t>(m);
    out.post_shift = l - 1;
    return true;
  };
  UnsignedDivision out{0, 0, 0, false};
  if (try_it(d, bits, out)) return out;
  auto zeros = static_cast<uint32_t>(std::countr_zero(d));
  if (zeros != 0 && try_it(d >> zeros, bits - zeros, out)) {
    out.pre_shift = zeros;
    return out;
  }
  // One bit more: m = 2^bits + multiplier.
  uint32_t l = 64 - static_cast<uint32_t>(std::countl_zero(d - 1));
  Wide excess = (Wide{1} << l) - d;
  out.multiplier = static_cast<uint64_t>((excess << bits) / d + 1);
  out.post_shift = l - 1;
  out.add = true;
  return out;
}

SignedDivision signed_division(uint64_t magnitude, uint32_t bits) {
  uint32_t l = 64 - static_cast<uint32_t>(std::countl_zero(magnitude - 1));
  Wide m = (Wide{1} << (bits + l - 1)) / magnitude + 1;
  return {static_cast<uint64_t>(m), l - 1};  // for 64 bits: modulo 2^64
}

}  // namespace zwasm::ir
