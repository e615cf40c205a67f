// What stands for the compiler in a library without it (ZWASM_JIT=OFF): there are no tiers, so that
// everything is interpreted. An engine that is told to compile loads no modules (api/parts.h).
#include "jit/driver.h"

namespace zwasm::jit {

std::unique_ptr<runtime::Tiers> make_tiers(const runtime::EngineSettings&) { return nullptr; }

}  // namespace zwasm::jit
