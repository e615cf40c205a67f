// What stands for WASI in a library without it (ZWASM_WASI=OFF): a WasiConfig can be filled in, but
// no store takes it, and no function of WASI is found.
#include "base/parts.h"
#include "wasi/core/context.h"
#include "wasi/p1/p1.h"
#include "wasi/p1/trace.h"

namespace zwasm::wasi {

BasicResult<std::unique_ptr<Context>, ContextError> Context::create(ContextConfig) {
  return Err{ContextError{absent_part(Part::wasi)}};
}

MemoryFs::MemoryFs(MemoryFsLimits limits) : limits_(limits), device_(0) {}
std::shared_ptr<MemoryFs> MemoryFs::create(MemoryFsLimits limits) {
  return std::shared_ptr<MemoryFs>(new MemoryFs(limits));
}
Errno MemoryFs::add_file(const std::string&, std::string_view) { return Errno::notsup; }
Errno MemoryFs::add_directory(const std::string&) { return Errno::notsup; }
std::optional<std::string> MemoryFs::read_file(const std::string&) { return std::nullopt; }

std::string_view errno_text(Errno) {
  return "this build of zwasm was made without WASI (ZWASM_WASI=OFF)";
}

namespace p1 {

const P1Function* find_p1_function(std::string_view, std::string_view) { return nullptr; }
std::span<const P1Function> preview1_functions() { return {}; }
std::span<const P1Function> snapshot0_functions() { return {}; }
uint32_t invoke(const P1Function&, P1Call&, const uint64_t*) { return 0; }
CallText call_text(const P1Function&, const P1Call&, const uint64_t*, Errno, TraceFormat) {
  return {};
}

}  // namespace p1
}  // namespace zwasm::wasi
