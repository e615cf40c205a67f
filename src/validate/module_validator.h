// Validation of everything in a module but its function bodies.
#pragma once
#include "base/error.h"
#include "base/function_ref.h"
#include "isa/features.h"
#include "module/module.h"
#include "module/type_registry.h"

namespace zwasm::validate {

// Checks the types and registers them.
LoadResult<module::ModuleTypes> validate_types(const module::Module& module,
                                               module::TypeRegistry& registry,
                                               isa::FeatureSet features);

// Checks a constant expression of the expected type, which sees so many globals.
using ConstExprCheck =
    FunctionRef<LoadResult<void>(const module::ConstExpr&, isa::ValType, uint32_t visible_globals)>;

// Imports, declarations, segments, exports, start; types have been validated. What walks over
// instructions is the caller's, so that there is one of it.
LoadResult<void> validate_declarations(const module::Module& module,
                                       const module::ModuleTypes& types, isa::FeatureSet features,
                                       ConstExprCheck const_expr);

}  // namespace zwasm::validate
