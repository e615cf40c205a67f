// The text form of a function. One line for each instruction:
//
//   func 3 (i32) -> i32
//   b0(v0: i32):
//     v1: i32 = const.i32 7
//     v2: i64 = load [i64 linear disp 8 faults] v3, v0
//     trap_if <unreachable> v1
//     v4: i32 = call @12 v1, v0
//     branch v1 -> b1(v0), b2
//
// parse.h reads it back; blocks may stand in any order there, but the first is the entry.
#pragma once
#include <string>

#include "ir/ir.h"

namespace zwasm::ir {

std::string print(const Function& function);
std::string_view type_text(Type type);
std::string_view mem_kind_text(MemKind kind);
std::string_view region_text(Region region);
std::string_view rmw_text(AtomicRmw rmw);
std::string_view trap_text(isa::Trap trap);  // its identifier in traps.def

}  // namespace zwasm::ir
