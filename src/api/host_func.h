// Host functions as the runtime calls them.
#pragma once
#include "api/state.h"
#include "zwasm/func.h"

namespace zwasm::detail {

// A new function of the store; it lives as long.
runtime::FuncRef* add_typed(StoreState& store, HostFunction function);
runtime::FuncRef* add_raw(StoreState& store, const FuncType& type, RawHostFunction function);

}  // namespace zwasm::detail
