#include "text/name_table.h"

#include <algorithm>
#include <tuple>

#include "base/leb128.h"

namespace zwasm::text {
namespace {

void write_name(std::vector<uint8_t>& out, std::string_view name) {
  write_uleb(out, name.size());
  out.insert(out.end(), name.begin(), name.end());
}

bool is_indirect(NameKind kind) {
  return kind == NameKind::local || kind == NameKind::label || kind == NameKind::field;
}

}  // namespace

std::vector<uint8_t> NameTable::encode() {
  std::vector<uint8_t> out, body;
  for (size_t k = 0; k < kNameKinds; ++k) {
    std::vector<Entry>& entries = entries_[k];
    if (entries.empty()) continue;
    auto before = [](const Entry& a, const Entry& b) {
      return std::tie(a.outer, a.index) < std::tie(b.outer, b.index);
    };
    std::stable_sort(entries.begin(), entries.end(), before);
    // Of several names for the same thing the last stays.
    size_t kept = 0;
    for (size_t i = 0; i < entries.size(); ++i) {
      if (i + 1 < entries.size() && !before(entries[i], entries[i + 1])) continue;
      entries[kept++] = entries[i];
    }
    entries.resize(kept);

    body.clear();
    auto kind = static_cast<NameKind>(k);
    auto write_map = [&](size_t from, size_t to) {
      write_uleb(body, to - from);
      for (size_t i = from; i < to; ++i) {
        write_uleb(body, entries[i].index);
        write_name(body, entries[i].name);
      }
    };
    if (kind == NameKind::module) {
      write_name(body, entries[0].name);
    } else if (!is_indirect(kind)) {
      write_map(0, entries.size());
    } else {
      std::vector<size_t> starts;
      for (size_t i = 0; i < entries.size(); ++i) {
        if (i == 0 || entries[i].outer != entries[i - 1].outer) starts.push_back(i);
      }
      write_uleb(body, starts.size());
      for (size_t s = 0; s < starts.size(); ++s) {
        write_uleb(body, entries[starts[s]].outer);
        write_map(starts[s], s + 1 < starts.size() ? starts[s + 1] : entries.size());
      }
    }
    out.push_back(static_cast<uint8_t>(kind));
    write_uleb(out, body.size());
    out.insert(out.end(), body.begin(), body.end());
  }
  return out;
}

}  // namespace zwasm::text
