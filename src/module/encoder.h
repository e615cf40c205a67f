// From a Module to bytes. What the encoder wrote decodes to a module that encodes to the same
// bytes; integers take their shortest form.
#pragma once
#include <cstdint>
#include <vector>

#include "module/module.h"

namespace zwasm::module {

// Writes all sections that are not empty, in the order of the format; the data count section if
// Module::data_count is set; custom sections after the section at position CustomSection::after
// (section_position in sections.h; 0: first), whether or not that section is there. The flags of
// segments are chosen by their contents; the flags they came with are kept where the contents
// allow them.
std::vector<uint8_t> encode(const Module& module);

}  // namespace zwasm::module
