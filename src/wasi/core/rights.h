// Rights: what a guest may still do with a descriptor.
//
// A guest can give rights of a descriptor up, and what it opens through a directory gets at most
// the rights that the directory hands on ("inheriting"). They are the guest's own means to
// confine its parts. What the user granted to the guest as a whole is not told by rights but by
// the Access of the file (file.h): a missing right is `notcapable`, a missing grant `acces`.
#pragma once
#include <cstdint>

#include "wasi/core/types.h"

namespace zwasm::wasi {

enum class Rights : uint64_t { none = 0 };

constexpr Rights operator|(Rights a, Rights b) {
  return static_cast<Rights>(static_cast<uint64_t>(a) | static_cast<uint64_t>(b));
}
constexpr Rights operator&(Rights a, Rights b) {
  return static_cast<Rights>(static_cast<uint64_t>(a) & static_cast<uint64_t>(b));
}
constexpr Rights operator~(Rights a) { return static_cast<Rights>(~static_cast<uint64_t>(a)); }
// True when `have` has every right of `need`.
constexpr bool covers(Rights have, Rights need) { return (need & ~have) == Rights::none; }

namespace right {
namespace detail {
enum Bit : unsigned {
#define WASI_RIGHT(name) name,
#include "wasi/core/rights.def"
#undef WASI_RIGHT
  count
};
}  // namespace detail
#define WASI_RIGHT(name) \
  inline constexpr Rights name = static_cast<Rights>(uint64_t{1} << detail::name);
#include "wasi/core/rights.def"
#undef WASI_RIGHT
inline constexpr Rights all = static_cast<Rights>((uint64_t{1} << detail::count) - 1);
}  // namespace right

// The rights that mean something for a file of that type; others are dropped when it is opened.
Rights applicable_rights(FileType type);

// What a preopened directory starts with: everything for itself, everything to hand on.
Rights preopen_base_rights();
Rights preopen_inheriting_rights();

}  // namespace zwasm::wasi
