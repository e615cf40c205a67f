// The switches -W, -S, -O, -C, -D and the options that say the same: what they set.
#pragma once
#include <zwasm/zwasm.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "args.h"

namespace zwasm::cli {

// What may be told about running, beside WASI.
struct Settings {
  Config config;
  StoreLimits limits;
  std::optional<uint64_t> fuel;
  std::chrono::nanoseconds timeout{0};
  UnknownImports unknown_imports = UnknownImports::error;
  // -S
  bool inherit_env = false;
  std::optional<bool> threads, in, out, err;
  std::vector<std::string> listen;
  // -D
  std::string coredump;
};

// Applies "a,b=n" from left to right. Nothing, or the problem. `help` prints the keys and ends the
// process.
struct SwitchError {
  std::string message;
  Step step = Step::now;  // not now: known, but comes later
};
std::optional<SwitchError> apply_switches(char group, std::string_view list, Settings& settings);
// The same for an option; ends the process on wrong usage. True if it was a switch option.
bool apply_switch_option(const Option& option, std::string_view command, Settings& settings);
// The same for all options of a command, on top of what it starts with.
Settings settings_of(const ParsedArgs& args, const CommandRow& command, Settings start = {});

// The keys of a group that are in this version, with what their value is called (empty: y or n).
void for_each_switch(char group,
                     const std::function<void(std::string_view key, std::string_view value,
                                              std::string_view about)>& visit);

// "500ms", "10s", "2m", "1.5s"; a plain number is seconds.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);
// "65536", "64K", "256M", "1G"; powers of 1024.
std::optional<uint64_t> parse_size(std::string_view text);
std::optional<uint64_t> parse_number(std::string_view text);

}  // namespace zwasm::cli
