// WASI functions as host functions of a store.
#pragma once
#include <string_view>

#include "api/state.h"
#include "wasi/p1/p1.h"

namespace zwasm::detail {

// The store's function for one of WASI's; made once.
runtime::FuncRef* wasi_func(StoreState& store, const wasi::p1::P1Function& function);

}  // namespace zwasm::detail
