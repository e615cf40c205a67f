// Reading and writing of the name section:
//
//   subsection*    id, size, contents; ids ascending, each once
//   module         name
//   name map       vec(index, name), by ascending index
//   indirect map   vec(outer index, name map)
#include "module/names.h"

#include <algorithm>

#include "base/format.h"
#include "base/leb128.h"
#include "base/sort.h"
#include "base/utf8.h"
#include "module/reader.h"

namespace zwasm::module {
namespace {

enum class Subsection : uint8_t {
  module = 0,
  func = 1,
  local = 2,
  label = 3,
  type = 4,
  table = 5,
  memory = 6,
  global = 7,
  elem = 8,
  data = 9,
  field = 10,
  tag = 11,
};
constexpr uint8_t kSubsections = 12;

std::string_view read_name(Reader& r) {
  uint64_t at = r.offset();
  uint32_t length = r.u32();
  std::span<const uint8_t> bytes = r.bytes(length);
  std::string_view name(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!is_utf8(name)) r.malformed("malformed UTF-8 encoding", at);
  return r.ok() ? name : std::string_view();
}

// Producers have been seen to write maps out of order and to repeat entries; the first counts.
template <class Entry, class Key>
void put_in_order(std::vector<Entry>& names, Key key) {
  auto equal = [&](const Entry& a, const Entry& b) { return key(a) == key(b); };
  sort_by(names, key);
  names.erase(std::unique(names.begin(), names.end(), equal), names.end());
}

uint64_t key_of(const Name& n) { return n.index; }
uint64_t key_of(const InnerName& n) { return uint64_t{n.outer} << 32 | n.index; }

void read_map(Reader& r, std::vector<Name>& names) {
  uint32_t count = r.u32();
  for (uint32_t i = 0; i < count && r.ok(); ++i) {
    Name entry;
    entry.index = r.u32();
    entry.name = read_name(r);
    if (r.ok()) names.push_back(entry);
  }
  put_in_order(names, [](const Name& n) { return key_of(n); });
}

void read_indirect_map(Reader& r, std::vector<InnerName>& names) {
  uint32_t outer_count = r.u32();
  for (uint32_t i = 0; i < outer_count && r.ok(); ++i) {
    InnerName entry;
    entry.outer = r.u32();
    uint32_t count = r.u32();
    for (uint32_t j = 0; j < count && r.ok(); ++j) {
      entry.index = r.u32();
      entry.name = read_name(r);
      if (r.ok()) names.push_back(entry);
    }
  }
  put_in_order(names, [](const InnerName& n) { return key_of(n); });
}

void read_subsection(Reader& r, Subsection id, Names& names) {
  switch (id) {
    case Subsection::module: {
      std::string_view name = read_name(r);
      if (r.ok()) names.module = name;
      break;
    }
    case Subsection::func: read_map(r, names.funcs); break;
    case Subsection::local: read_indirect_map(r, names.locals); break;
    case Subsection::label: read_indirect_map(r, names.labels); break;
    case Subsection::type: read_map(r, names.types); break;
    case Subsection::table: read_map(r, names.tables); break;
    case Subsection::memory: read_map(r, names.memories); break;
    case Subsection::global: read_map(r, names.globals); break;
    case Subsection::elem: read_map(r, names.elems); break;
    case Subsection::data: read_map(r, names.datas); break;
    case Subsection::field: read_indirect_map(r, names.fields); break;
    case Subsection::tag: read_map(r, names.tags); break;
  }
}

class NameWriter {
 public:
  void map(Subsection id, std::span<const Name> names) {
    if (names.empty()) return;
    write_uleb(buffer_, names.size());
    for (const Name& entry : names) {
      write_uleb(buffer_, entry.index);
      name(entry.name);
    }
    finish(id);
  }

  void indirect_map(Subsection id, std::span<const InnerName> names) {
    if (names.empty()) return;
    uint32_t outer_count = 0;
    for (size_t i = 0; i < names.size(); ++i)
      outer_count += i == 0 || names[i].outer != names[i - 1].outer;
    write_uleb(buffer_, outer_count);
    for (size_t i = 0; i < names.size();) {
      size_t end = i;
      while (end < names.size() && names[end].outer == names[i].outer) ++end;
      write_uleb(buffer_, names[i].outer);
      write_uleb(buffer_, end - i);
      for (; i < end; ++i) {
        write_uleb(buffer_, names[i].index);
        name(names[i].name);
      }
    }
    finish(id);
  }

  void module(std::string_view text) {
    name(text);
    finish(Subsection::module);
  }

  std::vector<uint8_t> take() { return std::move(out_); }

 private:
  void name(std::string_view text) {
    write_uleb(buffer_, text.size());
    buffer_.insert(buffer_.end(), text.begin(), text.end());
  }
  void finish(Subsection id) {
    out_.push_back(static_cast<uint8_t>(id));
    write_uleb(out_, buffer_.size());
    out_.insert(out_.end(), buffer_.begin(), buffer_.end());
    buffer_.clear();
  }

  std::vector<uint8_t> out_, buffer_;
};

template <class Entry>
std::string_view find(std::span<const Entry> names, uint64_t key) {
  auto it = std::lower_bound(names.begin(), names.end(), key,
                             [](const Entry& n, uint64_t k) { return key_of(n) < k; });
  return it != names.end() && key_of(*it) == key ? it->name : std::string_view();
}

}  // namespace

bool Names::empty() const {
  return !module && funcs.empty() && types.empty() && tables.empty() && memories.empty() &&
         globals.empty() && elems.empty() && datas.empty() && tags.empty() && locals.empty() &&
         labels.empty() && fields.empty();
}

std::string_view find_name(std::span<const Name> names, uint32_t index) {
  return find(names, index);
}

std::string_view find_name(std::span<const InnerName> names, uint32_t outer, uint32_t index) {
  return find(names, uint64_t{outer} << 32 | index);
}

LoadResult<void> decode_names(std::span<const uint8_t> bytes, Offset offset, Names& names) {
  Reader r(bytes, offset);
  int last = -1;
  while (r.ok() && !r.at_end()) {
    uint64_t at = r.offset();
    uint8_t id = r.u8();
    uint32_t size = r.u32();
    if (r.ok() && id <= last) r.malformed(fmt::format("name subsection {} out of order", id), at);
    last = id;
    uint64_t contents = r.offset();
    Reader inner(r.bytes(size), contents);
    if (!r.ok()) break;
    if (id >= kSubsections) continue;  // of a later version of the format
    read_subsection(inner, static_cast<Subsection>(id), names);
    if (inner.ok() && !inner.at_end()) inner.malformed("section size mismatch in name section");
    if (!inner.ok()) return Err{inner.error()};
  }
  if (!r.ok()) return Err{r.error()};
  return {};
}

Names read_names(const Module& module) {
  Names names;
  for (const CustomSection& custom : module.customs) {
    if (custom.name != kNameSection) continue;
    (void)decode_names(custom.bytes, custom.offset, names);
    break;
  }
  return names;
}

std::vector<uint8_t> encode_names(const Names& names) {
  NameWriter w;
  if (names.module) w.module(*names.module);
  w.map(Subsection::func, names.funcs);
  w.indirect_map(Subsection::local, names.locals);
  w.indirect_map(Subsection::label, names.labels);
  w.map(Subsection::type, names.types);
  w.map(Subsection::table, names.tables);
  w.map(Subsection::memory, names.memories);
  w.map(Subsection::global, names.globals);
  w.map(Subsection::elem, names.elems);
  w.map(Subsection::data, names.datas);
  w.indirect_map(Subsection::field, names.fields);
  w.map(Subsection::tag, names.tags);
  return w.take();
}

}  // namespace zwasm::module
