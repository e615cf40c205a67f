// The table of the handlers that misc.def names.
#include "interp/handlers/misc_handlers.h"

namespace zwasm::interp {

Handler misc_handler(Misc m) {
  static constexpr Handler kHandlers[] = {
#define MISC(name) op_##name,
#include "interp/misc.def"
  };
  return kHandlers[static_cast<uint32_t>(m)];
}

}  // namespace zwasm::interp
