// The host modules that scripts import from: `spectest` of the specification's tests, and
// `wasmtime` with `gc`.
#pragma once
#include <zwasm/zwasm.h>

namespace zwasm::cli {

void define_script_host(Linker& linker, Store& store);

}  // namespace zwasm::cli
