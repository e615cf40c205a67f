// Instantiation with imports that are known to belong to the store.
#pragma once
#include <span>

#include "api/state.h"

namespace zwasm::detail {

// An error if the module cannot be instantiated in the store; null if it can.
std::unique_ptr<Error> check_module(const StoreState* store, const Module& module);
Result<Instance> instantiate(StoreState& store, const Module& module,
                             std::span<const runtime::Extern> imports);

}  // namespace zwasm::detail
