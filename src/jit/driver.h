// The compiler's driver: what is compiled, when, on which thread, and how it is published.
//
//   compile   a module is compiled whole before its first instance runs, in one batch, by as many
//             threads as the machine has
//   tiered    the interpreter starts; functions and loops that turn out to be hot are compiled by
//             a thread in the background
#pragma once
#include <memory>

#include "runtime/engine.h"

namespace zwasm::jit {

// For Engine::create; null when the settings ask for the interpreter only, or the system lets us
// run no code of our own.
std::unique_ptr<runtime::Tiers> make_tiers(const runtime::EngineSettings& settings);

}  // namespace zwasm::jit
