#include "text/name_table.h"

#include <algorithm>
#include <tuple>

#include "base/sort.h"

namespace zwasm::text {

using module::InnerName;

void NameTable::put_in_order(std::vector<InnerName>& entries) {
  auto before = [](const InnerName& a, const InnerName& b) {
    return std::tie(a.outer, a.index) < std::tie(b.outer, b.index);
  };
  sort_by(entries, [](const InnerName& n) { return sort_key(n.outer, n.index); });
  size_t kept = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i + 1 < entries.size() && !before(entries[i], entries[i + 1])) continue;
    entries[kept++] = entries[i];
  }
  entries.resize(kept);
}

module::Names NameTable::take() {
  for (std::vector<InnerName>& entries : entries_) put_in_order(entries);
  auto plain = [&](NameKind kind) {
    std::vector<module::Name> names;
    for (const InnerName& entry : entries_[static_cast<size_t>(kind)]) {
      names.push_back({entry.index, entry.name});
    }
    return names;
  };
  module::Names names;
  names.funcs = plain(NameKind::func);
  names.types = plain(NameKind::type);
  names.tables = plain(NameKind::table);
  names.memories = plain(NameKind::memory);
  names.globals = plain(NameKind::global);
  names.elems = plain(NameKind::elem);
  names.datas = plain(NameKind::data);
  names.tags = plain(NameKind::tag);
  names.locals = std::move(entries_[static_cast<size_t>(NameKind::local)]);
  names.labels = std::move(entries_[static_cast<size_t>(NameKind::label)]);
  names.fields = std::move(entries_[static_cast<size_t>(NameKind::field)]);
  return names;
}

}  // namespace zwasm::text
