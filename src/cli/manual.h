// The manual page, which the build makes with `zwasm completion man`.
#pragma once

namespace zwasm::cli {

void print_manual();

}  // namespace zwasm::cli
