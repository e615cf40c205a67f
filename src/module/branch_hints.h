// The section metadata.code.branch_hint: which way conditional branches mostly go.
//
//   vec(function hints): function index, vec(hint): offset in the body, size (1), taken (0 or 1)
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "module/module.h"

namespace zwasm::module {

inline constexpr std::string_view kBranchHintSection = "metadata.code.branch_hint";

// Fills Module::branch_hints from the section, if the module has one. An error leaves them empty;
// by the specification of custom sections it does not make the module malformed.
LoadResult<void> read_branch_hints(Module& module);

// The section's bytes for these hints.
std::vector<uint8_t> encode_branch_hints(std::span<const FuncBranchHints> hints);

// Whether every hint of the module stands at an `if` or a `br_if`: what the proposal calls valid.
LoadResult<void> check_branch_hints(const Module& module);

}  // namespace zwasm::module
