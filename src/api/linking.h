// Instantiation with imports that are known to belong to the store.
#pragma once
#include <span>

#include "api/state.h"

namespace zwasm::detail {

Result<Instance> instantiate(StoreState& store, const Module& module,
                             std::span<const runtime::Extern> imports);

}  // namespace zwasm::detail
