/// The version of zwasm these headers belong to.
#pragma once
#include <string_view>

#include "zwasm/detail/export.h"

#define ZWASM_VERSION_MAJOR 0
#define ZWASM_VERSION_MINOR 1
#define ZWASM_VERSION_PATCH 0

namespace zwasm ZWASM_PUBLIC {

/// The version of the library that was linked, as "0.1.0". Thread-safe.
std::string_view version() noexcept;

}  // namespace zwasm ZWASM_PUBLIC
