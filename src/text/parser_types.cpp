// Types, type definitions and type uses.
#include <algorithm>
#include <bit>

#include "base/format.h"
#include "text/module_parser.h"
#include "text/type_names.h"

namespace zwasm::text {

using isa::HeapType;
using isa::ValType;
using module::CompositeKind;

namespace {

bool equal(std::span<const ValType> a, std::span<const ValType> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

uint64_t hash_of(std::span<const ValType> params, std::span<const ValType> results) {
  uint64_t hash = params.size();
  auto mix = [&](ValType type) { hash = (hash ^ type.bits()) * 0x9E3779B97F4A7C15 + (hash >> 29); };
  for (ValType type : params) mix(type);
  for (ValType type : results) mix(type);
  return hash;
}

}  // namespace

HeapType ModuleParser::heap_type() {
  if (cursor_.at(TokenKind::keyword)) {
    if (auto heap = heap_by_name(cursor_.peek().text)) {
      cursor_.take();
      return *heap;
    }
  }
  size_t offset = cursor_.offset();
  if (cursor_.at_form("shared")) {
    cursor_.fail(offset, "shared reference types require the shared-everything-threads proposal",
                 LoadError::Kind::invalid);
  }
  uint32_t index = cursor_.at_index() ? index_of(Space::type) : 0;
  if (cursor_.ok() && cursor_.offset() == offset) cursor_.unexpected("a heap type");
  if (index > HeapType::kMaxIndex) {
    cursor_.fail(offset, fmt::format("unknown type {}", index), LoadError::Kind::invalid);
    return isa::AbsHeap::none;
  }
  return HeapType::concrete(index);
}

// A value or packed type if there is one; takes nothing otherwise.
std::optional<ValType> ModuleParser::try_val_type() {
  if (cursor_.at(TokenKind::keyword)) {
    auto type = type_by_name(cursor_.peek().text);
    if (type) cursor_.take();
    return type;
  }
  if (!cursor_.accept_form("ref")) return std::nullopt;
  bool nullable = cursor_.accept_keyword("null");
  HeapType heap = heap_type();
  cursor_.expect_close();
  return ValType::ref(heap, nullable);
}

ValType ModuleParser::storage_type() {
  auto type = try_val_type();
  if (!type) cursor_.unexpected("a type");
  return type.value_or(isa::kI32);
}

ValType ModuleParser::val_type() {
  size_t offset = cursor_.offset();
  ValType type = storage_type();
  if (type.is_packed()) cursor_.fail(offset, "unexpected token: packed types stand only in fields");
  return type;
}

ValType ModuleParser::ref_type() {
  size_t offset = cursor_.offset();
  ValType type = storage_type();
  if (cursor_.ok() && !type.is_ref()) {
    cursor_.fail(offset, "unexpected token, expected a reference type");
  }
  return type;
}

module::FieldType ModuleParser::field_type() {
  if (!cursor_.accept_form("mut")) return {storage_type(), false};
  ValType type = storage_type();
  cursor_.expect_close();
  return {type, true};
}

// Any number of `(form t*)` or `(form $x t)`.
void ModuleParser::val_types(std::string_view form, ParamNames names, std::vector<ValType>& out) {
  while (cursor_.accept_form(form)) {
    bool named = cursor_.at(TokenKind::id);
    if (named && names == ParamNames::refuse) {
      cursor_.unexpected("a type");
      return;
    }
    auto local = static_cast<uint32_t>(out.size());
    if (named) {
      Token id = cursor_.take();
      if (names == ParamNames::declare) {
        std::string_view text = id_text(id);
        if (!locals_.insert(text, local)) {
          cursor_.fail(id.offset, fmt::format("duplicate local identifier ${}", text));
        }
        names_.set(NameKind::local, function_, local, text);
      }
    }
    if (names != ParamNames::refuse) {
      if (auto name = name_annotation(); name && names == ParamNames::declare) {
        named = true;
        names_.set(NameKind::local, function_, local, *name);
      }
    }
    if (named) {
      out.push_back(val_type());
    } else {
      while (!cursor_.at_close()) out.push_back(val_type());
    }
    cursor_.expect_close();
  }
}

// `(type x)? (param …)* (result …)*`, without giving a type index yet where there is no `(type)`.
ModuleParser::TypeUse ModuleParser::type_use(ParamNames names) {
  TypeUse use;
  use.offset = cursor_.offset();
  use.inline_only = true;
  if (cursor_.accept_form("type")) {
    use.type = index_of(Space::type);
    use.inline_only = false;
    cursor_.expect_close();
  }
  size_t inline_offset = cursor_.offset();
  params_.clear();
  results_.clear();
  val_types("param", names, params_);
  val_types("result", ParamNames::refuse, results_);
  if (cursor_.at_form("param")) cursor_.unexpected("parameters to come before results");
  use.params = params_;
  use.results = results_;
  if (use.inline_only || !cursor_.ok()) return use;

  bool declared = use.type < module_.types.size();
  const module::SubType* type = declared ? &module_.types[use.type] : nullptr;
  if (!params_.empty() || !results_.empty()) {
    if (!declared) {
      cursor_.fail(use.offset, fmt::format("unknown type {}", use.type));
    } else if (type->kind != CompositeKind::func || !equal(type->func.params, params_) ||
               !equal(type->func.results, results_)) {
      cursor_.fail(inline_offset, fmt::format("inline function type: the parameters and results "
                                              "written here are not those of type {}",
                                              use.type));
    }
  }
  if (declared && type->kind == CompositeKind::func) {
    use.params = type->func.params;
    use.results = type->func.results;
  }
  return use;
}

uint32_t ModuleParser::resolve_type_use(const TypeUse& use) {
  return use.inline_only ? func_type_index(use.params, use.results) : use.type;
}

// The first plain function type of this signature; appended if there is none.
uint32_t ModuleParser::func_type_index(std::span<const ValType> params,
                                       std::span<const ValType> results) {
  uint64_t hash = hash_of(params, results);
  auto [first, last] = func_types_.equal_range(hash);
  std::optional<uint32_t> found;
  for (auto it = first; it != last; ++it) {
    const module::FuncType& type = module_.types[it->second].func;
    if (equal(type.params, params) && equal(type.results, results)) {
      found = std::min(found.value_or(it->second), it->second);
    }
  }
  if (found) return *found;
  auto index = static_cast<uint32_t>(module_.types.size());
  module::SubType type;
  type.func.params = module_.arena.copy(params);
  type.func.results = module_.arena.copy(results);
  module_.types.push_back(type);
  module_.rec_groups.push_back({index, 1, false, cursor_.offset()});
  map_.note(SourceMap::Space::rec_group, cursor_.offset());
  func_types_.emplace(hash, index);
  return index;
}

module::BlockType ModuleParser::block_type() {
  using Kind = module::BlockType::Kind;
  TypeUse use = type_use(ParamNames::refuse);
  module::BlockType block;
  if (!use.inline_only || !use.params.empty() || use.results.size() > 1) {
    block.kind = Kind::type;
    block.type = resolve_type_use(use);
  } else if (use.results.size() == 1) {
    block.kind = Kind::value;
    block.value = use.results[0];
  }
  return block;
}

// All type fields, in order; identifiers are known already.
void ModuleParser::parse_types() {
  uint32_t count = spaces_[static_cast<size_t>(Space::type)].count;
  module_.types.reserve(count);
  field_ids_.resize(count);
  for (const Field& field : fields_) {
    if (field.kind != FieldKind::type && field.kind != FieldKind::rec) continue;
    cursor_.seek(field.contents);
    auto first = static_cast<uint32_t>(module_.types.size());
    bool is_rec = field.kind == FieldKind::rec;
    if (is_rec) {
      while (cursor_.accept_form("type"))
        type_definition(static_cast<uint32_t>(module_.types.size()));
      cursor_.expect_close();
    } else {
      type_definition(first);
    }
    if (!cursor_.ok()) return;
    auto members = static_cast<uint32_t>(module_.types.size()) - first;
    module_.rec_groups.push_back({first, members, is_rec, field.offset});
    map_.note(SourceMap::Space::rec_group, field.offset);
    const module::SubType* type = is_rec ? nullptr : &module_.types[first];
    if (type && type->kind == CompositeKind::func && type->final && !type->super) {
      func_types_.emplace(hash_of(type->func.params, type->func.results), first);
    }
  }
}

// From behind `(type`, through its `)`.
void ModuleParser::type_definition(uint32_t index) {
  if (cursor_.at(TokenKind::id)) cursor_.take();
  name_override(Space::type, index);
  module::SubType type;
  if (cursor_.accept_form("sub")) {
    type.explicit_sub = true;
    type.final = cursor_.accept_keyword("final");
    if (cursor_.at_index()) type.super = index_of(Space::type);
    composite_type(type, index);
    cursor_.expect_close();
  } else {
    composite_type(type, index);
  }
  cursor_.expect_close();
  module_.types.push_back(type);
}

void ModuleParser::composite_type(module::SubType& type, uint32_t index) {
  if (cursor_.accept_form("func")) {
    type.kind = CompositeKind::func;
    params_.clear();
    results_.clear();
    val_types("param", ParamNames::ignore, params_);
    val_types("result", ParamNames::refuse, results_);
    type.func.params = module_.arena.copy(params_);
    type.func.results = module_.arena.copy(results_);
  } else if (cursor_.accept_form("struct")) {
    type.kind = CompositeKind::struct_;
    struct_fields(type, index);
  } else if (cursor_.accept_form("array")) {
    type.kind = CompositeKind::array;
    module::FieldType element = field_type();
    type.fields = module_.arena.copy(std::span<const module::FieldType>(&element, 1));
  } else {
    cursor_.unexpected("func, struct or array");
  }
  cursor_.expect_close();
}

void ModuleParser::struct_fields(module::SubType& type, uint32_t index) {
  std::vector<module::FieldType> fields;
  while (cursor_.accept_form("field")) {
    auto field = static_cast<uint32_t>(fields.size());
    bool named = cursor_.at(TokenKind::id);
    if (named) {
      Token id = cursor_.take();
      std::string_view text = id_text(id);
      if (!field_ids_[index].insert(text, field)) {
        cursor_.fail(id.offset,
                     fmt::format("duplicate field ${}: duplicate identifier in a struct", text));
      }
      names_.set(NameKind::field, index, field, text);
    }
    if (auto name = name_annotation()) {
      named = true;
      names_.set(NameKind::field, index, field, *name);
    }
    if (named) {
      fields.push_back(field_type());
    } else {
      while (!cursor_.at_close()) fields.push_back(field_type());
    }
    cursor_.expect_close();
  }
  type.fields = module_.arena.copy(fields);
}

// The address type of a memory or table: i32 unless written.
module::Limits ModuleParser::limits_head() {
  module::Limits limits;
  if (cursor_.accept_keyword("i64")) limits.is64 = true;
  else cursor_.accept_keyword("i32");
  return limits;
}

void ModuleParser::limits_bounds(module::Limits& limits) {
  bool wide = features_.has(isa::Feature::memory64);
  auto bound = [&] { return wide ? integer(64, "i64") : integer(32, "i32"); };
  limits.min = bound();
  if (cursor_.at(TokenKind::integer)) limits.max = bound();
}

void ModuleParser::page_size(module::MemoryType& type) {
  if (!cursor_.accept_form("pagesize")) return;
  type.explicit_page_size = true;
  size_t offset = cursor_.offset();
  uint64_t size = integer(64, "i64");
  if (cursor_.ok() && !std::has_single_bit(size)) {
    cursor_.fail(offset, "invalid custom page size: it must be a power of two");
  }
  if (size != 0) type.page_size_log2 = static_cast<uint8_t>(std::countr_zero(size));
  cursor_.expect_close();
}

module::MemoryType ModuleParser::memory_type() {
  module::MemoryType type;
  type.limits = limits_head();
  limits_bounds(type.limits);
  type.limits.shared = cursor_.accept_keyword("shared");
  page_size(type);
  return type;
}

module::TableType ModuleParser::table_type() {
  module::TableType type;
  type.limits = limits_head();
  limits_bounds(type.limits);
  type.limits.shared = cursor_.accept_keyword("shared");
  type.elem = ref_type();
  return type;
}

module::GlobalType ModuleParser::global_type() {
  if (!cursor_.accept_form("mut")) return {val_type(), false};
  ValType type = val_type();
  cursor_.expect_close();
  return {type, true};
}

}  // namespace zwasm::text
