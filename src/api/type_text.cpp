// Types in the words of the text format.
#include <string>

#include "api/convert.h"
#include "base/concat.h"

namespace zwasm {
namespace {

void add_list(std::string& text, const char* word, const std::vector<ValType>& types) {
  if (types.empty()) return;
  text += std::string(" (") + word;
  for (const ValType& type : types) text += " " + type.to_string();
  text += ")";
}

std::string signature(const char* head, const FuncType& type) {
  std::string text = std::string("(") + head;
  add_list(text, "param", type.params);
  add_list(text, "result", type.results);
  return text + ")";
}

std::string limits_text(const Limits& limits) {
  std::string text = limits.is64 ? " i64 " : " ";
  text += std::to_string(limits.min);
  if (limits.max) text += " " + std::to_string(*limits.max);
  return text;
}

// A defined type inside of a definition stays a word, so that printing ends.
std::string shallow(const ValType& type) {
  if (!type.is_ref() || !type.heap().is_defined()) return type.to_string();
  const char* word = "type";
  if (auto definition = type.heap().definition()) {
    switch (definition->kind) {
      case TypeDefinition::Kind::func: word = "(func …)"; break;
      case TypeDefinition::Kind::struct_: word = "(struct …)"; break;
      case TypeDefinition::Kind::array: word = "(array …)"; break;
    }
  }
  return concat({"(ref ", (type.nullable() ? "null " : ""), word, ")"});
}

std::string field_text(const FieldType& field) {
  std::string text = field.packing == FieldType::Packing::i8    ? "i8"
                     : field.packing == FieldType::Packing::i16 ? "i16"
                                                                : shallow(field.type);
  return field.mut ? concat({"(mut ", text, ")"}) : text;
}

}  // namespace

std::string HeapType::to_string() const {
  if (auto type = definition()) return type->to_string();
  return std::string(isa::heap_name(static_cast<isa::AbsHeap>(kind())));
}

std::string ValType::to_string() const {
  if (!is_ref() || !heap_.is_defined()) return isa::to_string(detail::to_internal(*this));
  return concat({"(ref ", (nullable_ ? "null " : ""), heap_.to_string(), ")"});
}

std::string FuncType::to_string() const { return signature("func", *this); }

std::string FieldType::to_string() const { return field_text(*this); }

std::string TypeDefinition::to_string() const {
  std::string text;
  switch (kind) {
    case Kind::func: {
      text = "(func";
      auto list = [&text](const char* word, const std::vector<ValType>& types) {
        if (types.empty()) return;
        text += std::string(" (") + word;
        for (const ValType& type : types) text += " " + shallow(type);
        text += ")";
      };
      list("param", func.params);
      list("result", func.results);
      break;
    }
    case Kind::struct_:
      text = "(struct";
      for (const FieldType& field : fields) text += concat({" (field ", field_text(field), ")"});
      break;
    case Kind::array:
      text = "(array";
      for (const FieldType& field : fields) text += " " + field_text(field);
      break;
  }
  return text + ")";
}

std::string TableType::to_string() const {
  return concat({"(table", limits_text(limits), " ", element.to_string(), ")"});
}

std::string MemoryType::to_string() const {
  std::string text = "(memory" + limits_text(limits);
  if (shared) text += " shared";
  if (page_size_log2 != 16)
    text += concat({" (pagesize ", std::to_string(uint64_t{1} << page_size_log2), ")"});
  return text + ")";
}

std::string GlobalType::to_string() const {
  std::string value = type.to_string();
  return concat({"(global ", (mut ? "(mut " + value + ")" : value), ")"});
}

std::string TagType::to_string() const { return signature("tag", type); }

const char* to_string(ExternKind kind) noexcept {
  switch (kind) {
    case ExternKind::func: return "func";
    case ExternKind::table: return "table";
    case ExternKind::memory: return "memory";
    case ExternKind::global: return "global";
    case ExternKind::tag: return "tag";
  }
  return "";
}

std::string ExternType::to_string() const {
  return std::visit([](const auto& type) { return type.to_string(); },
                    static_cast<const variant&>(*this));
}

}  // namespace zwasm
