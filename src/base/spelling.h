// "Did you mean …": the nearest of several names to one that was mistyped.
#pragma once
#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace zwasm {

// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`; names longer
// than 64 bytes count as infinitely far apart.
inline size_t edit_distance(std::string_view a, std::string_view b) {
  constexpr size_t kLongest = 64;
  if (a.size() > kLongest || b.size() > kLongest) return ~size_t{0};
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

// The nearest name, if it is near enough to be meant.
inline std::optional<std::string_view> closest(std::string_view name,
                                               std::span<const std::string_view> names) {
  std::optional<std::string_view> best;
  size_t least = std::max<size_t>(1, name.size() / 3) + 1;
  for (std::string_view candidate : names) {
    size_t distance = edit_distance(name, candidate);
    if (distance < least) least = distance, best = candidate;
  }
  return best;
}

}  // namespace zwasm
