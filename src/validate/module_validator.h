// Validation of everything in a module but its function bodies.
#pragma once
#include "base/error.h"
#include "isa/features.h"
#include "module/module.h"
#include "module/type_registry.h"

namespace zwasm::validate {

// Checks the types and registers them.
LoadResult<module::ModuleTypes> validate_types(const module::Module& module,
                                               module::TypeRegistry& registry,
                                               isa::FeatureSet features);

// Imports, declarations, segments, exports, start; types have been validated.
LoadResult<void> validate_declarations(const module::Module& module,
                                       const module::ModuleTypes& types, isa::FeatureSet features);

}  // namespace zwasm::validate
