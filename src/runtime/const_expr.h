// Evaluation of constant expressions: initial values of globals, tables and segments.
#pragma once
#include "isa/traps.h"
#include "module/module.h"
#include "runtime/layout.h"
#include "runtime/store.h"

namespace zwasm::runtime {

// The expression has been validated; globals it names have their values already. May collect:
// what it made so far are roots, and so must be everything the caller holds.
[[nodiscard]] isa::Trap evaluate(Instance& instance, const module::ConstExpr& expr,
                                 GlobalCell& result);

}  // namespace zwasm::runtime
