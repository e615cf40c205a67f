// What this implementation accepts at most. The specification lets every implementation choose;
// these are the bounds that browsers agreed on, wider where programs need it.
#pragma once
#include <cstdint>

namespace zwasm::module::limits {

inline constexpr uint64_t kModuleSize = uint64_t{1} << 30;
inline constexpr uint32_t kTypes = 1'000'000;
inline constexpr uint32_t kFunctions = 1'000'000;
inline constexpr uint32_t kImports = 1'000'000;
inline constexpr uint32_t kExports = 1'000'000;
inline constexpr uint32_t kGlobals = 1'000'000;
inline constexpr uint32_t kTags = 1'000'000;
inline constexpr uint32_t kTables = 100'000;
inline constexpr uint32_t kMemories = 100;
inline constexpr uint32_t kElemSegments = 1'000'000;
inline constexpr uint32_t kElements = 10'000'000;  // of one segment
inline constexpr uint32_t kDataSegments = 1'000'000;
inline constexpr uint32_t kParams = 1'000;
inline constexpr uint32_t kResults = 1'000;
inline constexpr uint32_t kFields = 10'000;
inline constexpr uint32_t kSubtypingDepth = 63;
inline constexpr uint32_t kLocals = 50'000;  // parameters included
inline constexpr uint32_t kBodySize = 128u << 20;

}  // namespace zwasm::module::limits
