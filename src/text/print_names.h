// The identifiers that the printer gives to things: from the name section where it has one, unique
// within each space. Where the identifier cannot be the name (a second thing of the same name, an
// empty name) an `(@name "…")` annotation carries the name.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "module/module.h"
#include "text/name_table.h"

namespace zwasm::text {

// The identifiers of one space.
class Identifiers {
 public:
  // `names` in ascending order of index; those from `count` on name nothing.
  template <class Entry>  // module::Name or module::InnerName
  void assign(std::span<const Entry> names, size_t count);
  void clear() { items_.clear(); }

  // ` $id` and ` (@name "…")`, as far as there are any: behind the keyword of a declaration.
  void append_declaration(std::string& out, uint32_t index) const;
  // The identifier, or the index.
  void append_use(std::string& out, uint32_t index) const;
  bool has(uint32_t index) const {
    return index < items_.size() && (!items_[index].id.empty() || items_[index].annotate);
  }

 private:
  struct Item {
    std::string id;         // with its `$`; empty: none
    std::string_view name;  // for the annotation
    bool annotate = false;
  };
  std::vector<Item> items_;
};

class PrintNames {
 public:
  // Reads the name section of `module`, which must outlive this.
  explicit PrintNames(const module::Module& module, bool use_names);

  // The section that was read; null if there is none or it is malformed: then it is printed like
  // any other custom section.
  const module::CustomSection* section() const { return section_; }

  std::optional<std::string_view> module_name() const { return names_.module; }
  // Of every kind but locals, labels and fields.
  const Identifiers& of(NameKind kind) const { return spaces_[static_cast<size_t>(kind)]; }
  const Identifiers& fields(uint32_t type) const;
  std::span<const module::InnerName> locals(uint32_t function) const;
  std::span<const module::InnerName> labels(uint32_t function) const;

 private:
  const module::CustomSection* section_ = nullptr;
  module::Names names_;
  std::array<Identifiers, kNameKinds> spaces_;
  std::unordered_map<uint32_t, Identifiers> fields_;
  Identifiers none_;
};

}  // namespace zwasm::text
