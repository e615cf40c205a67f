// The traps, from traps.def.
#pragma once
#include <cstdint>
#include <string_view>

namespace zwasm::isa {

// `none` is success, so that a helper can return a Trap by value.
enum class Trap : uint8_t {
  none = 0,
#define TRAP(id, message) id,
#include "isa/traps.def"
};

constexpr std::string_view trap_message(Trap trap) {
  switch (trap) {
    case Trap::none: return "no trap";
#define TRAP(id, message) \
  case Trap::id: return message;
#include "isa/traps.def"
  }
  return "";
}

}  // namespace zwasm::isa
