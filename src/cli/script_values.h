// Constants of scripts as values, and comparison of results with patterns.
#pragma once
#include <zwasm/script.h>
#include <zwasm/zwasm.h>

#include <optional>
#include <string>

namespace zwasm::cli {

// What `(ref.extern N)` and `(ref.host N)` refer to.
struct HostNumber {
  uint32_t number;
};

// Nothing: not a constant that can be passed.
std::optional<Value> make_value(Store& store, const script::Const& constant);
bool matches(const Value& value, const script::Const& pattern);
// A result as a script would write it.
std::string describe(const Value& value);

}  // namespace zwasm::cli
