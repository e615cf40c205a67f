// Messages are put together of pieces. A chain of `+` is code for a temporary string at each; here
// it is one call, whatever their number.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>

namespace zwasm {

std::string concat(std::initializer_list<std::string_view> pieces);

}  // namespace zwasm
