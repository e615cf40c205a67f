#include "text/print_names.h"

#include <algorithm>
#include <unordered_set>

#include "text/print_output.h"

namespace zwasm::text {
namespace {

using module::InnerName;
using module::Name;

std::span<const InnerName> within(const std::vector<InnerName>& names, uint32_t outer) {
  auto [first, last] =
      std::equal_range(names.begin(), names.end(), InnerName{outer, 0, {}},
                       [](const InnerName& a, const InnerName& b) { return a.outer < b.outer; });
  return {first, last};
}

}  // namespace

template <class Entry>
void Identifiers::assign(std::span<const Entry> entries, size_t count) {
  items_.clear();
  if (entries.empty()) return;
  items_.resize(std::min<size_t>(count, size_t{entries.back().index} + 1));
  std::unordered_set<std::string_view> taken;
  for (const Entry& entry : entries) taken.insert(entry.name);
  std::unordered_set<std::string_view> seen;
  for (const Entry& entry : entries) {
    if (entry.index >= items_.size()) break;
    Item& item = items_[entry.index];
    item.name = entry.name;
    item.annotate = entry.name.empty() || !seen.insert(entry.name).second;
    if (entry.name.empty()) continue;
    std::string unique(entry.name);
    if (item.annotate) {  // no other thing has such a name: `#` and the index make it unique
      unique += fmt::format("#{}", entry.index);
      while (taken.contains(unique)) unique += '#';
    }
    append_id(item.id, unique);
  }
}

template void Identifiers::assign<Name>(std::span<const Name>, size_t);
template void Identifiers::assign<InnerName>(std::span<const InnerName>, size_t);

void Identifiers::append_declaration(std::string& out, uint32_t index) const {
  if (!has(index)) return;
  const Item& item = items_[index];
  if (!item.id.empty()) out.append(" ").append(item.id);
  if (item.annotate) {
    out += " (@name ";
    append_name(out, item.name);
    out += ')';
  }
}

void Identifiers::append_use(std::string& out, uint32_t index) const {
  if (index < items_.size() && !items_[index].id.empty()) out += items_[index].id;
  else append_format(out, "{}", index);
}

PrintNames::PrintNames(const module::Module& module, bool use_names) {
  if (!use_names) return;
  for (const module::CustomSection& section : module.customs) {
    if (section.name != module::kNameSection) continue;
    if (module::decode_names(section.bytes, section.offset, names_).ok()) section_ = &section;
    break;
  }
  if (section_ == nullptr) {
    names_ = {};
    return;
  }
  auto assign = [&](NameKind kind, const std::vector<Name>& names, size_t count) {
    spaces_[static_cast<size_t>(kind)].assign(std::span<const Name>(names), count);
  };
  assign(NameKind::func, names_.funcs, module.funcs.size());
  assign(NameKind::type, names_.types, module.types.size());
  assign(NameKind::table, names_.tables, module.tables.size());
  assign(NameKind::memory, names_.memories, module.memories.size());
  assign(NameKind::global, names_.globals, module.globals.size());
  assign(NameKind::elem, names_.elems, module.elems.size());
  assign(NameKind::data, names_.datas, module.datas.size());
  assign(NameKind::tag, names_.tags, module.tags.size());
  for (uint32_t type = 0; type < module.types.size(); ++type) {
    std::span<const InnerName> fields = within(names_.fields, type);
    if (!fields.empty()) fields_[type].assign(fields, module.types[type].fields.size());
  }
}

const Identifiers& PrintNames::fields(uint32_t type) const {
  auto it = fields_.find(type);
  return it == fields_.end() ? none_ : it->second;
}

std::span<const InnerName> PrintNames::locals(uint32_t function) const {
  return within(names_.locals, function);
}

std::span<const InnerName> PrintNames::labels(uint32_t function) const {
  return within(names_.labels, function);
}

}  // namespace zwasm::text
