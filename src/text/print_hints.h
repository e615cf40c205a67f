// The branch hints that are printed as annotations of their instructions.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "module/module.h"
#include "text/print_code.h"

namespace zwasm::text {

class PrintHints {
 public:
  PrintHints() = default;
  // Hints become annotations if these bring the same section back to the same place: if it is
  // well-formed, its hints stand at `if` and `br_if`, and no other custom section stands between
  // the last section and it. `module` must outlive this.
  explicit PrintHints(const module::Module& module);

  // The section that the annotations stand for; null if there is none.
  const module::CustomSection* section() const { return section_; }
  // The hints of one function, valid until the next call.
  std::span<const PrintHint> of(uint32_t function);

 private:
  const module::Module* module_ = nullptr;
  const module::CustomSection* section_ = nullptr;
  std::vector<PrintHint> hints_;
};

}  // namespace zwasm::text
