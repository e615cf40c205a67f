// Does what is given for an import have the type that the module asks for? And the words for it
// when it has not.
#pragma once
#include <optional>
#include <string>

#include "runtime/extern.h"
#include "runtime/loaded_module.h"

namespace zwasm::runtime {

// Nothing when it matches; else the reason: the import, and where the two types differ.
std::optional<std::string> mismatch(const LoadedModule& module, const module::Import& import,
                                    const Extern& given);

// The type of an import in the words of the text format.
std::string describe(const LoadedModule& module, const module::Import& import);
std::string describe(const module::TypeRegistry& types, const Extern& item);

}  // namespace zwasm::runtime
