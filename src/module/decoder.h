// From bytes to a Module: the binary format, without validation of what it says. Function bodies
// are not looked into (only their locals are read), constant expressions only as far as needed to
// find their ends.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/error.h"
#include "isa/features.h"
#include "module/module.h"

namespace zwasm::module {

// The module keeps the bytes alive; its spans point into them. It takes its memory from where
// theirs is from.
LoadResult<Module> decode(SharedBytes bytes, isa::FeatureSet features);
// The caller keeps the bytes alive and unchanged as long as the module lives.
LoadResult<Module> decode(std::span<const uint8_t> bytes, isa::FeatureSet features,
                          std::pmr::memory_resource* memory = std::pmr::new_delete_resource());

}  // namespace zwasm::module
