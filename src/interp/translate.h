// From a validated body to register bytecode.
#pragma once
#include "interp/code.h"

namespace zwasm::interp {

// Translates and publishes, unless another thread was first. Returns what is published.
const Code* translate_now(runtime::Function& function);
// Where references stand. Made at the first call, by translating again with the same result.
const RootMap* root_map(const Code& code);

}  // namespace zwasm::interp
