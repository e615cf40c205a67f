// Validation of a module outside its function bodies, in the order of the specification: each
// part may use what stands before it. Messages begin with the words of the specification's tests.
#include "validate/module_validator.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "base/concat.h"
#include "base/format.h"
#include "module/limits.h"
#include "validate/consumer.h"
#include "validate/rules.h"

namespace zwasm::validate {
namespace {

using isa::ExternKind;
using isa::Feature;
using isa::FeatureSet;
using isa::ValType;
using module::CompositeKind;
using module::FieldType;
using module::Module;
using module::ModuleTypes;
using module::Offset;
using module::RecGroup;
using module::SubType;

LoadError invalid(std::string message, Offset offset) {
  LoadError error;
  error.kind = LoadError::Kind::invalid;
  error.message = std::move(message);
  error.offset = offset;
  return error;
}

// ---- Types

class TypeValidator {
 public:
  TypeValidator(const Module& module, module::TypeRegistry& registry, FeatureSet features)
      : module_(module), registry_(registry), features_(features) {}

  LoadResult<ModuleTypes> run() {
    depths_.resize(module_.types.size());
    for (const RecGroup& group : module_.rec_groups) {
      uint32_t end = group.first + group.count;
      for (uint32_t i = group.first; i < end && problem_.empty(); ++i) check_form(i, end);
      if (problem_.empty()) registry_.add_group(module_, group, types_);
      for (uint32_t i = group.first; i < end && problem_.empty(); ++i) check_super(i);
      if (!problem_.empty()) return Err{invalid(std::move(problem_), group.offset)};
    }
    return std::move(types_);
  }

 private:
  // What must hold before the group can be registered.
  void check_form(uint32_t index, uint32_t end) {
    const SubType& type = module_.types[index];
    for (ValType t : type.func.params) check_value(t, end);
    for (ValType t : type.func.results) check_value(t, end);
    for (const FieldType& field : type.fields) check_value(field.type, end);
    if (!problem_.empty()) return;
    if (type.func.results.size() > 1 && !features_.has(Feature::multi_value)) {
      problem_ = "invalid result arity: " +
                 feature_message(Feature::multi_value, "a function with several results");
      return;
    }
    if (!type.super) return;
    uint32_t super = *type.super;
    if (super >= index) {
      problem_ = unknown("type", super) + ": a supertype stands before its subtypes";
      return;
    }
    if (module_.types[super].final) {
      problem_ = fmt::format("sub type {}: its supertype {} is final", index, super);
      return;
    }
    depths_[index] = depths_[super] + 1;
    if (depths_[index] > module::limits::kSubtypingDepth)
      problem_ = fmt::format("sub type {}: sub type hierarchy too deep, the limit is {}", index,
                             module::limits::kSubtypingDepth);
  }

  void check_value(ValType type, uint32_t end) {
    if (!problem_.empty()) return;
    if (type.is_ref() && type.heap().is_concrete() && type.heap().index() >= end)
      problem_ = unknown("type", type.heap().index());
    else problem_ = val_type_problem(module_, features_, type);
  }

  void check_super(uint32_t index) {
    const SubType& type = module_.types[index];
    if (!type.super) return;
    const SubType& super = module_.types[*type.super];
    if (type.kind != super.kind || !matches(type, super))
      problem_ = fmt::format("sub type {} does not match its supertype {}", index, *type.super);
  }

  bool matches(const SubType& sub, const SubType& super) const {
    if (sub.kind == CompositeKind::func)
      return matches(super.func.params, sub.func.params) &&
             matches(sub.func.results, super.func.results);
    if (sub.fields.size() < super.fields.size()) return false;
    for (size_t i = 0; i < super.fields.size(); ++i) {
      const FieldType &a = sub.fields[i], &b = super.fields[i];
      if (a.mut != b.mut || !types_.matches(a.type, b.type)) return false;
      if (a.mut && !types_.matches(b.type, a.type)) return false;
    }
    return true;
  }
  bool matches(TypeSpan sub, TypeSpan super) const {
    return sub.size() == super.size() &&
           std::equal(sub.begin(), sub.end(), super.begin(),
                      [&](ValType a, ValType b) { return types_.matches(a, b); });
  }

  const Module& module_;
  module::TypeRegistry& registry_;
  FeatureSet features_;
  ModuleTypes types_;
  std::vector<uint32_t> depths_;
  std::string problem_;
};

// ---- The rest

class DeclarationValidator {
 public:
  DeclarationValidator(const Module& module, const ModuleTypes& types, FeatureSet features,
                       ConstExprCheck check)
      : module_(module), features_(features), types_(types), check_(check) {}

  LoadResult<void> run() {
    imports();
    functions();
    tables();
    memories();
    tags();
    globals();
    exports();
    start();
    elements();
    datas();
    if (failed_) return Err{std::move(error_)};
    return {};
  }

 private:
  void fail(std::string message, Offset offset) {
    if (failed_) return;
    failed_ = true;
    error_ = invalid(std::move(message), offset);
  }
  void require(Feature feature, std::string_view what, Offset offset) {
    if (!features_.has(feature)) fail(feature_message(feature, what), offset);
  }
  void value_type(ValType type, Offset offset) {
    std::string problem = val_type_problem(module_, features_, type);
    if (!problem.empty()) fail(std::move(problem), offset);
  }
  void const_expr(const module::ConstExpr& expr, ValType expected, size_t visible_globals) {
    if (failed_) return;
    LoadResult<void> result = check_(expr, expected, static_cast<uint32_t>(visible_globals));
    if (result) return;
    failed_ = true;
    error_ = std::move(result.error());
  }
  // Globals that constant expressions see: the garbage-collection proposal added those that the
  // module defines.
  size_t const_globals() const {
    return features_.has(Feature::gc) ? module_.globals.size() : module_.imported_globals;
  }
  bool index(size_t index, size_t count, std::string_view what, Offset offset) {
    if (index < count) return true;
    fail(unknown(what, index), offset);
    return false;
  }
  // Where the contents of a section stand, for what has no place of its own.
  Offset section(uint8_t id) const {
    for (const module::SectionExtent& extent : module_.sections)
      if (extent.id == id) return extent.offset;
    return LoadError::kNoOffset;
  }

  void func_type(uint32_t type, Offset offset) {
    if (!index(type, module_.types.size(), "type", offset)) return;
    if (module_.types[type].kind != CompositeKind::func)
      fail(fmt::format("unknown type: type {} is not a function type", type), offset);
  }
  void tag_type(uint32_t type, Offset offset) {
    func_type(type, offset);
    if (!failed_ && !module_.types[type].func.results.empty())
      fail("non-empty tag result type", offset);
  }
  void limits(const module::Limits& limits, Offset offset) {
    if (limits.max && *limits.max < limits.min)
      fail(fmt::format("size minimum must not be greater than maximum: {} and {}", limits.min,
                       *limits.max),
           offset);
    if (limits.is64) require(Feature::memory64, "a 64-bit index type", offset);
  }
  void table_type(const module::TableType& type, Offset offset) {
    // Tables of functions were there before reference types.
    if (type.elem != isa::kFuncRef) value_type(type.elem, offset);
    uint64_t most = std::max(type.limits.min, type.limits.max.value_or(0));
    if (!type.limits.is64 && most > 0xFFFFFFFF)
      fail(fmt::format("table size must be at most 2^32 - 1 elements, found {}", most), offset);
    limits(type.limits, offset);
  }
  void memory_type(const module::MemoryType& type, Offset offset);
  void global_type(const module::GlobalType& type, Offset offset) { value_type(type.type, offset); }

  void imports();
  void functions() {
    for (size_t i = module_.imported_funcs; i < module_.funcs.size() && !failed_; ++i)
      func_type(module_.funcs[i].type, section(3));
  }
  void tables();
  void memories();
  void tags() {
    for (size_t i = module_.imported_tags; i < module_.tags.size() && !failed_; ++i)
      tag_type(module_.tags[i].type, section(13));
  }
  void globals();
  void exports();
  void start();
  void elements();
  void datas();

  const Module& module_;
  const FeatureSet features_;
  const ModuleTypes& types_;
  ConstExprCheck check_;
  bool failed_ = false;
  LoadError error_;
};

void DeclarationValidator::memory_type(const module::MemoryType& type, Offset offset) {
  if (type.explicit_page_size || type.page_size_log2 != 16) {
    require(Feature::custom_page_sizes, "a page size", offset);
    if (type.page_size_log2 != 0 && type.page_size_log2 != 16)
      fail(fmt::format("invalid custom page size 2^{}: only 1 and 65536 bytes are allowed",
                       type.page_size_log2),
           offset);
  }
  if (failed_) return;
  uint64_t most = std::max(type.limits.min, type.limits.max.value_or(0));
  if (type.page_size_log2 == 0) {
    if (!type.limits.is64 && most > 0xFFFFFFFF)
      fail(fmt::format("memory size must be at most 2^32 - 1 bytes, found {}", most), offset);
  } else if (type.limits.is64) {
    if (most > uint64_t{1} << 48)
      fail(fmt::format("memory size must be at most 2^48 pages, found {}", most), offset);
  } else if (most > 65536) {
    fail(fmt::format("memory size must be at most 65536 pages (4GiB), found {}", most), offset);
  }
  limits(type.limits, offset);
  if (type.limits.shared) {
    require(Feature::threads, "a shared memory", offset);
    if (!type.limits.max) fail("shared memory must have maximum", offset);
  }
}

void DeclarationValidator::imports() {
  for (const module::Import& import : module_.imports) {
    if (failed_) return;
    Offset at = import.offset;
    switch (import.kind()) {
      case ExternKind::func: func_type(std::get<module::FuncDecl>(import.desc).type, at); break;
      case ExternKind::table: table_type(std::get<module::TableType>(import.desc), at); break;
      case ExternKind::memory: memory_type(std::get<module::MemoryType>(import.desc), at); break;
      case ExternKind::global: {
        const auto& type = std::get<module::GlobalType>(import.desc);
        global_type(type, at);
        if (type.mut) require(Feature::mutable_globals, "the import of a mutable global", at);
        break;
      }
      case ExternKind::tag: tag_type(std::get<module::TagDecl>(import.desc).type, at); break;
    }
  }
}

void DeclarationValidator::tables() {
  Offset at = section(4);
  for (size_t i = module_.imported_tables; i < module_.tables.size() && !failed_; ++i) {
    const module::TableDecl& table = module_.tables[i];
    table_type(table.type, at);
    // Globals of the module come into being after its tables.
    if (table.init) const_expr(*table.init, table.type.elem, module_.imported_globals);
    else if (!table.type.elem.defaultable())
      fail("type mismatch: a table of non-nullable references needs an initializer", at);
  }
  if (module_.tables.size() > 1 && !features_.has(Feature::reference_types))
    fail("multiple tables: " + feature_message(Feature::reference_types, "a second table"), at);
}

void DeclarationValidator::memories() {
  Offset at = section(5);
  for (size_t i = module_.imported_memories; i < module_.memories.size() && !failed_; ++i)
    memory_type(module_.memories[i].type, at);
  if (module_.memories.size() > 1 && !features_.has(Feature::multi_memory))
    fail("multiple memories: " + feature_message(Feature::multi_memory, "a second memory"), at);
}

void DeclarationValidator::globals() {
  for (size_t i = module_.imported_globals; i < module_.globals.size() && !failed_; ++i) {
    const module::GlobalDecl& global = module_.globals[i];
    global_type(global.type, global.init.offset);
    const_expr(global.init, global.type.type, std::min(i, const_globals()));
  }
}

void DeclarationValidator::exports() {
  for (const module::Export& e : module_.exports) {
    if (failed_) return;
    switch (e.kind) {
      case ExternKind::func: index(e.index, module_.funcs.size(), "function", e.offset); break;
      case ExternKind::table: index(e.index, module_.tables.size(), "table", e.offset); break;
      case ExternKind::memory: index(e.index, module_.memories.size(), "memory", e.offset); break;
      case ExternKind::global:
        if (!index(e.index, module_.globals.size(), "global", e.offset)) return;
        if (module_.globals[e.index].type.mut)
          require(Feature::mutable_globals, "the export of a mutable global", e.offset);
        break;
      case ExternKind::tag: index(e.index, module_.tags.size(), "tag", e.offset); break;
    }
  }
  // Sorting finds duplicates in time that no choice of names can spoil.
  std::vector<uint32_t> order(module_.exports.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    int c = module_.exports[a].name.compare(module_.exports[b].name);
    return c != 0 ? c < 0 : a < b;
  });
  uint32_t repeated = ~0u;
  for (size_t i = 1; i < order.size(); ++i)
    if (module_.exports[order[i]].name == module_.exports[order[i - 1]].name)
      repeated = std::min(repeated, order[i]);
  if (repeated != ~0u) {
    const module::Export& e = module_.exports[repeated];
    fail(fmt::format("duplicate export name \"{}\"", e.name), e.offset);
  }
}

void DeclarationValidator::start() {
  if (failed_ || !module_.start) return;
  Offset at = section(8);
  if (!index(*module_.start, module_.funcs.size(), "function", at)) return;
  const module::FuncType& type = module_.func_type(*module_.start);
  if (!type.params.empty() || !type.results.empty())
    fail("start function must have no parameters and no results", at);
}

void DeclarationValidator::elements() {
  for (const module::ElemSegment& elem : module_.elems) {
    if (failed_) return;
    if (elem.uses_exprs || elem.type.heap() != isa::AbsHeap::func)
      value_type(elem.type, elem.offset);
    for (uint32_t func : elem.funcs)
      if (!index(func, module_.funcs.size(), "function", elem.offset)) return;
    for (const module::ConstExpr& expr : elem.exprs) const_expr(expr, elem.type, const_globals());
    if (elem.mode != module::ElemSegment::Mode::active) continue;
    if (!index(elem.table, module_.tables.size(), "table", elem.offset)) return;
    const module::TableType& table = module_.tables[elem.table].type;
    if (!subtype(types_, elem.type, table.elem))
      fail(concat({"type mismatch: the segment holds ", isa::to_string(elem.type), ", the table ",
                   isa::to_string(table.elem)}),
           elem.offset);
    const_expr(elem.start, table.limits.is64 ? isa::kI64 : isa::kI32, const_globals());
  }
}

void DeclarationValidator::datas() {
  for (const module::DataSegment& data : module_.datas) {
    if (failed_) return;
    if (!data.active) continue;
    if (!index(data.memory, module_.memories.size(), "memory", data.offset)) return;
    bool is64 = module_.memories[data.memory].type.limits.is64;
    const_expr(data.start, is64 ? isa::kI64 : isa::kI32, const_globals());
  }
}

}  // namespace

LoadResult<ModuleTypes> validate_types(const Module& module, module::TypeRegistry& registry,
                                       FeatureSet features) {
  return TypeValidator(module, registry, features).run();
}

LoadResult<void> validate_declarations(const Module& module, const ModuleTypes& types,
                                       FeatureSet features, ConstExprCheck const_expr) {
  return DeclarationValidator(module, types, features, const_expr).run();
}

}  // namespace zwasm::validate
