#include "jit/link.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "module/limits.h"
#include "runtime/offsets.h"

namespace zwasm::jit {

using codegen::Arch;
using runtime::InstanceOffsets;

namespace {
constexpr uint32_t kAlign = 16;
// Jumps stand behind a section's code: even one for each function of the largest module takes no
// more than a quarter of what calls reach over.
constexpr uint64_t kMostJumps = uint64_t{module::limits::kFunctions} * 32;
}  // namespace

codegen::Batch whole_module(const runtime::LoadedModule& module) {
  return {[](void* env, uint32_t func) {
            return func >= static_cast<const runtime::LoadedModule*>(env)->module().imported_funcs;
          },
          const_cast<runtime::LoadedModule*>(&module), module.types().tail_calls};
}

Linker::Linker(const runtime::LoadedModule& module, Arch arch, uint64_t section)
    : module_(module),
      linkage_(codegen::linkage_of(arch)),
      most_(std::min(section, linkage_.reach - kMostJumps)),
      own_funcs_(runtime::instance_offsets(module.module()).own_funcs) {}

std::optional<uint32_t> Linker::add(uint32_t func, Reached reached, std::span<const uint8_t> code,
                                    std::span<const runtime::NativeRelocation> calls) {
  pad();
  if (code.size() > most_) return std::nullopt;
  if (code_.size() - section_ + code.size() > most_) end_section();
  const uint64_t most = std::numeric_limits<uint32_t>::max() - kMostJumps;
  if (code_.size() + code.size() > most) return std::nullopt;
  const uint32_t begin = code_.size();
  code_.put_bytes(code);
  pending_.push_back({begin, calls});
  if (reached == Reached::entry) entries_[func] = begin;
  return begin;
}

void Linker::end_section() {
  for (const Pending& caller : pending_)
    for (const runtime::NativeRelocation& call : caller.calls) {
      auto [target, missing] = entries_.try_emplace(call.func, 0);
      if (missing) {
        pad();
        target->second = code_.size();
        linkage_.put_jump(code_, own_funcs_ + (call.func - module_.module().imported_funcs) *
                                                  InstanceOffsets::kFuncStride);
      }
      [[maybe_unused]] const bool reaches =
          linkage_.set_call(code_.data(), caller.begin + call.offset, target->second);
      ZWASM_ASSERT(reaches);
    }
  pad();
  section_ = code_.size();
  pending_.clear();
  entries_.clear();
}

std::vector<uint8_t> Linker::finish() {
  end_section();
  return code_.take();
}

// Nothing falls through what stands between functions.
void Linker::pad() { code_.align(kAlign, linkage_.filler); }

}  // namespace zwasm::jit
