// Which line of which source file an instruction comes from, by the DWARF line tables (versions 2
// to 5) that compilers leave in the custom section .debug_line.
//
// A line table is a program for a small machine that emits rows (address, file, line). A row is one
// to three bytes there and would be 24 here, so rows are never kept: one pass over all programs
// notes where each *sequence* (a run of ascending addresses, typically one function) begins, and a
// look-up runs the one sequence that holds its address again:
//
//     .debug_line   [unit header | program ............... ] [unit header | program ....... ]
//     sequences      unit, [0x05, 0x8f) ──┘      └─ unit, [0x90, 0x112)  …
//
// Tables come from strangers: everything is bounded by the section's size, and what does not follow
// the format gives no line.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "module/module.h"

namespace zwasm::module {

struct SourcePlace {
  std::string file;  // empty: unknown
  uint32_t line = 0;
  uint32_t column = 0;  // 0: unknown
};

class SourceLines {
 public:
  SourceLines() = default;
  // Reads what `module` carries; it must outlive this.
  explicit SourceLines(const Module& module);

  bool empty() const { return sequences_.empty(); }
  // Of the instruction at a byte offset in the module.
  SourcePlace find(Offset offset) const;

 private:
  struct Header;
  struct Machine;
  struct Sequence {
    uint64_t begin = 0, end = 0;  // addresses
    uint64_t program = 0;         // offset of its first instruction in the section
    uint64_t unit = 0;            // offset of its unit's header
  };

  bool read_header(uint64_t at, Header& header) const;
  void note_sequences(const Header& header);
  std::string file_name(const Header& header, uint64_t file) const;

  std::span<const uint8_t> lines_, strings_, line_strings_;
  uint64_t code_ = 0;                // where the contents of the code section begin: address 0
  std::vector<Sequence> sequences_;  // by begin
};

}  // namespace zwasm::module
