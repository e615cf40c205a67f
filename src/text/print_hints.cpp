#include "text/print_hints.h"

#include <algorithm>

#include "module/branch_hints.h"

namespace zwasm::text {

PrintHints::PrintHints(const module::Module& module) : module_(&module) {
  if (module.branch_hints.empty() || !module::check_branch_hints(module).ok()) return;
  const module::CustomSection* found = nullptr;
  for (const module::CustomSection& section : module.customs) {
    if (section.name != module::kBranchHintSection) {
      if (found == nullptr && section.after != 0) {
        auto later = std::find_if(module.customs.begin(), module.customs.end(), [](const auto& s) {
          return s.name == module::kBranchHintSection;
        });
        if (section.after == later->after) return;
      }
      continue;
    }
    found = &section;
  }
  if (found == nullptr) return;
  std::vector<uint8_t> bytes = module::encode_branch_hints(module.branch_hints);
  if (std::equal(bytes.begin(), bytes.end(), found->bytes.begin(), found->bytes.end())) {
    section_ = found;
  }
}

std::span<const PrintHint> PrintHints::of(uint32_t function) {
  hints_.clear();
  if (section_ == nullptr) return hints_;
  const module::List<module::FuncBranchHints>& all = module_->branch_hints;
  auto it = std::lower_bound(
      all.begin(), all.end(), function,
      [](const module::FuncBranchHints& hints, uint32_t f) { return hints.func < f; });
  if (it == all.end() || it->func != function) return hints_;
  const module::FuncBody& body = module_->bodies[function - module_->imported_funcs];
  uint64_t locals = body.offset - body.start;
  for (const module::BranchHint& hint : it->hints) {
    if (hint.offset >= locals) hints_.push_back({hint.offset - locals, hint.taken});
  }
  return hints_;
}

}  // namespace zwasm::text
