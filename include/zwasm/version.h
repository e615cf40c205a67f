/// The version of zwasm these headers belong to.
#pragma once
#include <span>
#include <string_view>

#include "zwasm/detail/export.h"

#define ZWASM_VERSION_MAJOR 0
#define ZWASM_VERSION_MINOR 1
#define ZWASM_VERSION_PATCH 0

namespace zwasm ZWASM_PUBLIC {

/// The version of the library that was linked, as "0.1.0". Thread-safe.
std::string_view version() noexcept;

/// A part of the library that a build may leave out.
struct BuildPart {
  std::string_view name;    ///< "text", "jit", "wasi", "gc"
  std::string_view option;  ///< of CMake: "ZWASM_JIT"
  std::string_view about;   ///< one line
  bool included;            ///< false: asking for it gives an error that names the option
};
/// How the library that was linked was built. Thread-safe.
std::span<const BuildPart> build_parts() noexcept;
/// Whether it has the part of that name. Thread-safe.
bool has_part(std::string_view name) noexcept;

}  // namespace zwasm ZWASM_PUBLIC
