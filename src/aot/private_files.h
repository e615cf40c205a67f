// Files and directories that only the user's own processes can read or write: what stands in them
// may be believed. Nothing here follows a symbolic link in the last place, and what others could
// have written is as good as absent.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sys/unique_fd.h"

namespace zwasm::aot {

// "$VARIABLE/zwasm", or "~/`below_home`/zwasm"; empty: there is neither. Programs that run with
// more rights than their caller have none.
std::string user_directory(const char* variable, std::string_view below_home);

// Opens it, after making it (mode 0700) and its parents if need be. Invalid: it cannot be, or is
// not private.
sys::UniqueFd open_private_directory(const std::string& path);

// A regular file in a private directory. Nothing: absent, not private, larger than `limit`.
std::optional<std::vector<uint8_t>> read_private(const sys::UniqueFd& directory,
                                                 const std::string& name, uint64_t limit);

// Writes a file under a name of its own, mode 0600, then gives it its name, so that readers see
// all of it or nothing. Existing::keep: the first to write it wins.
enum class Existing : uint8_t { replace, keep };
bool write_private(const sys::UniqueFd& directory, const std::string& name,
                   std::span<const uint8_t> bytes, Existing existing);

// Names that write_private uses on the way; left behind by processes that died.
bool is_temporary(std::string_view name);

}  // namespace zwasm::aot
