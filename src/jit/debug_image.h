// Machine code as a native debugger wants to see it: an ELF file in memory, with a symbol for each
// function, unwind tables (.eh_frame), and, if EngineSettings::debug_info is on, a DWARF line table
// that leads from machine code to source lines: exact where positions of instructions were kept.
//
//     | ELF header | .eh_frame | .symtab | .strtab | .debug_abbrev, _info, _line | … | sections |
//
// .text has an address and no contents: the code stands in memory already. Lines are those of the
// program's own DWARF; without one, of a file named after the module, with offsets in the binary in
// place of line numbers.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/loaded_module.h"
#include "runtime/native_code.h"

namespace zwasm::jit {

// module!function, and the loop for versions that start there. One line, whatever the module says.
std::string symbol_of(const runtime::LoadedModule& module, const runtime::NativeFunction& function);

// The unwind table of the functions: a CIE and an FDE each, absolute addresses.
std::vector<uint8_t> unwind_table(const runtime::NativeCode& code);

std::vector<uint8_t> debug_image(const runtime::LoadedModule& module,
                                 const runtime::NativeCode& code);

}  // namespace zwasm::jit
