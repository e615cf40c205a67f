// Validation of a whole module: the specification's judgement, in one call. What it accepts can be
// run without further checks; what it refuses comes back with the place and the rule.
#pragma once
#include "base/error.h"
#include "isa/features.h"
#include "module/module.h"
#include "module/type_registry.h"

namespace zwasm::validate {

// Whether function bodies were validated before, with the same proposals.
enum class Bodies : uint8_t { validate, known_valid };

// Registers the module's types and validates all of it. Function bodies are validated on up to
// `threads` threads when there is enough of them (0: as many as the machine has). The error is the
// same for any number of threads: what stands outside function bodies comes first, then the body
// with the lowest index.
LoadResult<module::ModuleTypes> validate_module(const module::Module& module,
                                                module::TypeRegistry& registry,
                                                isa::FeatureSet features, unsigned threads = 0,
                                                Bodies bodies = Bodies::validate);

}  // namespace zwasm::validate
