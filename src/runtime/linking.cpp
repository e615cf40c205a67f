#include "runtime/linking.h"

#include <string_view>

#include "base/concat.h"

namespace zwasm::runtime {

using isa::ExternKind;
using isa::ValType;

namespace {

// What an import asks for and what a store has, in one form, with canonical types.
struct ExternType {
  ExternKind kind = ExternKind::func;
  module::CanonId type = module::kNoCanon;  // function, tag
  ValType value;                            // table element, global
  bool mut = false;
  module::Limits limits;  // tables and memories; `min` is the current size of what exists
  uint8_t page_size_log2 = 16;
};

ExternType type_of(const Extern& item) {
  ExternType type;
  type.kind = item.kind;
  switch (item.kind) {
    case ExternKind::func: type.type = item.func->type; break;
    case ExternKind::table:
      type.value = item.table->type().elem;
      type.limits = item.table->type().limits;
      type.limits.min = item.table->size;
      break;
    case ExternKind::memory:
      type.limits = item.memory->type().limits;
      type.limits.min = item.memory->pages();
      type.page_size_log2 = item.memory->type().page_size_log2;
      break;
    case ExternKind::global:
      type.value = item.global->type;
      type.mut = item.global->mut;
      break;
    case ExternKind::tag: type.type = item.tag->type; break;
  }
  return type;
}

ExternType type_of(const LoadedModule& module, const module::Import& import) {
  ExternType type;
  type.kind = import.kind();
  switch (type.kind) {
    case ExternKind::func:
      type.type = module.types().id(std::get<module::FuncDecl>(import.desc).type);
      break;
    case ExternKind::table: {
      const auto& table = std::get<module::TableType>(import.desc);
      type.value = module.types().canon(table.elem);
      type.limits = table.limits;
      break;
    }
    case ExternKind::memory: {
      const auto& memory = std::get<module::MemoryType>(import.desc);
      type.limits = memory.limits;
      type.page_size_log2 = memory.page_size_log2;
      break;
    }
    case ExternKind::global: {
      const auto& global = std::get<module::GlobalType>(import.desc);
      type.value = module.types().canon(global.type);
      type.mut = global.mut;
      break;
    }
    case ExternKind::tag:
      type.type = module.types().id(std::get<module::TagDecl>(import.desc).type);
      break;
  }
  return type;
}

bool limits_match(const module::Limits& given, const module::Limits& wanted) {
  if (given.is64 != wanted.is64 || given.shared != wanted.shared || given.min < wanted.min)
    return false;
  return !wanted.max || (given.max && *given.max <= *wanted.max);
}

bool matches(const module::TypeRegistry& types, const ExternType& given, const ExternType& wanted) {
  if (given.kind != wanted.kind) return false;
  switch (wanted.kind) {
    case ExternKind::func: return types.is_subtype(given.type, wanted.type);
    case ExternKind::table:
      return given.value == wanted.value && limits_match(given.limits, wanted.limits);
    case ExternKind::memory:
      return given.page_size_log2 == wanted.page_size_log2 &&
             limits_match(given.limits, wanted.limits);
    case ExternKind::global:
      if (given.mut != wanted.mut) return false;
      return wanted.mut ? given.value == wanted.value : types.matches(given.value, wanted.value);
    case ExternKind::tag: return given.type == wanted.type;
  }
  return false;
}

// --- words ---

std::string signature(const module::TypeRegistry& types, module::CanonId id) {
  const module::CanonType& type = types.type(id);
  std::string text;
  auto part = [&text](std::string_view word, std::span<const ValType> list) {
    if (list.empty()) return;
    text += " (";
    text += word;
    for (ValType item : list) text += " " + isa::to_string(item);
    text += ")";
  };
  part("param", type.func.params);
  part("result", type.func.results);
  return text;
}

std::string describe(const module::TypeRegistry& types, const ExternType& type) {
  auto limits = [&type] {
    std::string text = type.limits.is64 ? " i64 " : " ";
    text += std::to_string(type.limits.min);
    if (type.limits.max) text += " " + std::to_string(*type.limits.max);
    return text;
  };
  switch (type.kind) {
    case ExternKind::func: return "func" + signature(types, type.type);
    case ExternKind::table: return concat({"table", limits(), " ", isa::to_string(type.value)});
    case ExternKind::memory: {
      std::string text = "memory" + limits();
      if (type.limits.shared) text += " shared";
      if (type.page_size_log2 != 16)
        text += concat({" (pagesize ", std::to_string(uint64_t{1} << type.page_size_log2), ")"});
      return text;
    }
    case ExternKind::global:
      return "global " +
             (type.mut ? "(mut " + isa::to_string(type.value) + ")" : isa::to_string(type.value));
    case ExternKind::tag: return "tag" + signature(types, type.type);
  }
  return "";
}

std::string_view kind_name(ExternKind kind) {
  switch (kind) {
    case ExternKind::func: return "function";
    case ExternKind::table: return "table";
    case ExternKind::memory: return "memory";
    case ExternKind::global: return "global";
    case ExternKind::tag: return "tag";
  }
  return "";
}

std::string size_difference(std::string_view what, const module::Limits& given,
                            const module::Limits& wanted) {
  auto words = [what](const module::Limits& limits) {
    return concat({what, " limits (min: ", std::to_string(limits.min),
                   ", max: ", (limits.max ? std::to_string(*limits.max) : "none"), ")"});
  };
  return concat({"expected ", words(wanted), " doesn't match provided ", words(given)});
}

// The first thing in which two types that do not match differ.
std::string difference(const module::TypeRegistry& types, const ExternType& given,
                       const ExternType& wanted) {
  auto expected = [](std::string_view what, const std::string& one, const std::string& other) {
    std::string text = "expected ";
    text += what;
    return concat({text, "`", one, "`, found ", what, "`", other, "`"});
  };
  if (given.kind != wanted.kind)
    return concat({"expected ", kind_name(wanted.kind), ", found ", kind_name(given.kind)});
  switch (wanted.kind) {
    case ExternKind::func:
    case ExternKind::tag:
      return expected("type ", concat({"(", describe(types, wanted), ")"}),
                      concat({"(", describe(types, given), ")"}));
    case ExternKind::global: {
      auto mutability = [](bool mut) { return mut ? "mutable global" : "immutable global"; };
      if (given.mut != wanted.mut)
        return concat({"expected ", mutability(wanted.mut), ", found ", mutability(given.mut)});
      return expected("global of type ", isa::to_string(wanted.value), isa::to_string(given.value));
    }
    case ExternKind::table:
      if (given.value != wanted.value)
        return expected("table of type ", isa::to_string(wanted.value),
                        isa::to_string(given.value));
      if (given.limits.is64 == wanted.limits.is64)
        return size_difference("table", given.limits, wanted.limits);
      return "table types incompatible: " +
             expected("", describe(types, wanted), describe(types, given));
    case ExternKind::memory:
      if (given.limits.is64 == wanted.limits.is64 && given.limits.shared == wanted.limits.shared &&
          given.page_size_log2 == wanted.page_size_log2)
        return size_difference("memory", given.limits, wanted.limits);
      return "memory types incompatible: " +
             expected("", describe(types, wanted), describe(types, given));
  }
  return "";
}

}  // namespace

std::optional<std::string> mismatch(const LoadedModule& module, const module::Import& import,
                                    const Extern& given) {
  const module::TypeRegistry& types = module.engine().types();
  ExternType wanted = type_of(module, import);
  ExternType actual = type_of(given);
  if (matches(types, actual, wanted)) return std::nullopt;
  std::string text = "incompatible import type for `";
  text += import.module;
  text += "::";
  text += import.name;
  text += "`: ";
  return text + difference(types, actual, wanted);
}

std::string describe(const LoadedModule& module, const module::Import& import) {
  return describe(module.engine().types(), type_of(module, import));
}

std::string describe(const module::TypeRegistry& types, const Extern& item) {
  return describe(types, type_of(item));
}

}  // namespace zwasm::runtime
