// Random bytes of cryptographic quality from the operating system. (Not called random.h: with
// src/ among the include folders that name would hide the system's <sys/random.h>.)
#pragma once
#include <cstdint>
#include <span>

#include "sys/error.h"

namespace zwasm::sys {

// Fills the whole span.
SysResult<void> fill_random(std::span<uint8_t> bytes);

}  // namespace zwasm::sys
