// What this zwasm was made of; the definitions are made by cmake/source_id.cmake.
#pragma once
#include <string_view>

#include "base/sha256.h"

namespace zwasm::aot {

// SHA-256 of all sources that shape machine code, or what machine code relies on.
extern const Digest kSourceId;
extern const std::string_view kVersion;

}  // namespace zwasm::aot
