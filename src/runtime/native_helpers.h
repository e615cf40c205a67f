// The helpers of native code (native_helpers.def) as C++ sees them: what they return, what the
// compiler asks about them.
#pragma once
#include <cstdint>

namespace zwasm::runtime {

enum class NativeHelper : uint32_t {
#define NATIVE_HELPER(id, kind, params, result, about) id,
#include "runtime/native_helpers.def"
};

inline constexpr uint32_t kNativeHelperCount = 0
#define NATIVE_HELPER(id, kind, params, result, about) +1
#include "runtime/native_helpers.def"
    ;

// Letters of native_helpers.def, without the Instance*.
struct NativeHelperInfo {
  const char* name;
  const char* params;
  char result;
};
inline constexpr NativeHelperInfo kNativeHelperInfos[] = {
#define NATIVE_HELPER(id, kind, params, result, about) {#id, params, #result[0]},
#include "runtime/native_helpers.def"
};
constexpr const NativeHelperInfo& helper_info(NativeHelper helper) {
  return kNativeHelperInfos[static_cast<uint32_t>(helper)];
}
constexpr uint32_t helper_offset(NativeHelper helper) {
  return static_cast<uint32_t>(helper) * static_cast<uint32_t>(sizeof(void*));
}

// What a helper's function returns: in two registers on every platform.
struct HelperResult {
  static constexpr uint64_t kThrew = ~uint64_t{0};
  uint64_t value;
  uint64_t failure;  // 0, an isa::Trap, or kThrew: an exception is pending
};

// The stubs' addresses in table order.
extern const void* const kNativeHelpers[];

}  // namespace zwasm::runtime
