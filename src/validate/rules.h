// Rules and messages of validation that do not depend on who walks along: kept out of the decoder
// template so that they are compiled once.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "isa/features.h"
#include "isa/opcodes.h"
#include "isa/types.h"
#include "module/module.h"
#include "module/type_registry.h"

namespace zwasm::validate {

// Matching on module-local types, for operands: knows the bottom types of unreachable code.
bool subtype(const module::ModuleTypes& types, isa::ValType sub, isa::ValType super);

// The top of the hierarchy that a heap type belongs to.
isa::AbsHeap top_of(const module::Module& module, isa::HeapType heap);

// What is wrong with a value type in this module (an unknown index, a feature that is off); empty
// if nothing.
std::string val_type_problem(const module::Module& module, isa::FeatureSet features,
                             isa::ValType type);
// Why an op may not stand in a constant expression; empty if it may.
std::string const_op_problem(isa::Op op, isa::FeatureSet features);

// Operands of array.new_fixed, the limit that browsers have too.
inline constexpr uint32_t kMaxArrayNewFixed = 10'000;

// Blocks inside each other in one function: what bounds the memory that a body can make us use.
inline constexpr uint32_t kMaxNesting = 1'000'000;

std::string_view composite_name(module::CompositeKind kind);

// Messages.
std::string unknown(std::string_view what, uint64_t index);
std::string feature_message(isa::Feature feature, std::string_view what);
// `[i32 i64]`: `count` types, of which `types` are the first; those it lacks are shown as `_`. Long
// lists are cut.
std::string type_list(std::span<const isa::ValType> types, size_t count);
// ` in i32.add`, and ` (operand 2 of i32.add)`.
std::string op_place(isa::Op op);
std::string op_place(isa::Op op, uint32_t operand);
std::string alignment_message(bool atomic, uint32_t found, uint32_t natural);
std::string lane_message(uint32_t lane, uint32_t count);

std::string packed_message(isa::ValType storage);
std::string array_new_fixed_message(uint32_t count);
std::string nesting_message();

}  // namespace zwasm::validate
