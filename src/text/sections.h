// The sections of a module in the order of the format, as `@custom` annotations name them, and the
// places between them where custom sections stand (module::CustomSection::after).
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "module/module.h"

namespace zwasm::text {

struct SectionWord {
  std::string_view word;
  uint8_t position;  // 1-based
};
inline constexpr SectionWord kSectionWords[] = {
    {"type", 1},       {"import", 2}, {"func", 3},   {"table", 4}, {"memory", 5},
    {"tag", 6},        {"global", 7}, {"export", 8}, {"start", 9}, {"elem", 10},
    {"datacount", 11}, {"code", 12},  {"data", 13},
};
inline constexpr uint8_t kBeforeCode = 11;
inline constexpr uint8_t kLastSection = 13;

constexpr std::optional<uint8_t> section_position(std::string_view word) {
  for (const SectionWord& section : kSectionWords) {
    if (section.word == word) return section.position;
  }
  return std::nullopt;
}

}  // namespace zwasm::text
