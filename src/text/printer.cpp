// The fields of a module, in an order that keeps every index.
#include "text/printer.h"

#include <algorithm>

#include "module/sections.h"
#include "text/print_code.h"
#include "text/print_hints.h"
#include "text/print_instructions.h"
#include "text/print_names.h"
#include "text/print_output.h"

namespace zwasm::text {
namespace {

using isa::ExternKind;

// The section at a position in the order of the format, as `@custom` names it.
std::string_view place_name(uint8_t position) {
  for (uint8_t id = 1; id < module::kSectionIdCount; ++id) {
    auto section = static_cast<module::SectionId>(id);
    if (module::section_position(section) == position) return module::section_name(section);
  }
  return "last";
}

class ModulePrinter {
 public:
  ModulePrinter(const module::Module& module, const PrintOptions& options, TextSink sink)
      : module_(module),
        options_(options),
        out_(sink),
        names_(module, options.names),
        text_(module, names_),
        code_(module, text_, out_),
        hints_(options.customs ? PrintHints(module) : PrintHints()) {}

  LoadResult<void> print();

 private:
  // Behind the keyword: identifier, `@name`, and the index as a comment.
  void declaration(NameKind kind, size_t index) {
    names_.of(kind).append_declaration(out_.text(), static_cast<uint32_t>(index));
    out_.put(" (;{};)", index);
  }
  void use(NameKind kind, uint32_t index) {
    out_.put(" ");
    names_.of(kind).append_use(out_.text(), index);
  }
  void string(std::string_view name) {
    out_.put(" ");
    append_name(out_.text(), name);
  }
  void val_type(isa::ValType type) {
    out_.put(" ");
    text_.append_val_type(out_.text(), type);
  }

  void types();
  void type(size_t index, size_t depth);
  void field_type(const module::FieldType& field);
  void imports();
  void extern_desc(const module::Import& import, size_t index);
  void limits(const module::Limits& limits);
  void table_type(const module::TableType& type);
  void memory_type(const module::MemoryType& type);
  void global_type(const module::GlobalType& type);
  void tables();
  void memories();
  void globals();
  void tags();
  void exports();
  void elems();
  void datas();
  void funcs();
  void func(size_t index);
  void locals(const module::FuncBody& body, size_t params);
  void customs();

  const module::Module& module_;
  const PrintOptions& options_;
  Output out_;
  PrintNames names_;
  InstructionText text_;
  CodePrinter code_;
  PrintHints hints_;
};

LoadResult<void> ModulePrinter::print() {
  out_.put("(module");
  if (auto name = names_.module_name()) {
    out_.put(" ");
    if (name->empty()) out_.put("(@name \"\")");
    else append_id(out_.text(), *name);
  }
  types();
  imports();
  tables();
  memories();
  tags();
  globals();
  exports();
  if (module_.start) {
    out_.line(1);
    out_.put("(start");
    use(NameKind::func, *module_.start);
    out_.put(")");
  }
  elems();
  funcs();
  datas();
  if (options_.customs) customs();
  out_.put(")\n");
  out_.flush();
  if (!code_.ok()) return Err{code_.error()};
  return {};
}

// --- types ------------------------------------------------------------------------------------

void ModulePrinter::types() {
  for (const module::RecGroup& group : module_.rec_groups) {
    if (group.explicit_rec) {
      out_.line(1);
      out_.put("(rec");
    }
    for (uint32_t i = 0; i < group.count; ++i) type(group.first + i, group.explicit_rec ? 2 : 1);
    if (group.explicit_rec) out_.put(")");
  }
}

void ModulePrinter::type(size_t index, size_t depth) {
  const module::SubType& type = module_.types[index];
  out_.line(depth);
  out_.put("(type");
  declaration(NameKind::type, index);
  if (type.explicit_sub) {
    out_.put(type.final ? " (sub final" : " (sub");
    if (type.super) use(NameKind::type, *type.super);
  }
  switch (type.kind) {
    case module::CompositeKind::func:
      out_.put(" (func");
      text_.append_signature(out_.text(), type.func);
      break;
    case module::CompositeKind::struct_: {
      out_.put(" (struct");
      const Identifiers& fields = names_.fields(static_cast<uint32_t>(index));
      for (uint32_t i = 0; i < type.fields.size(); ++i) {
        out_.put(" (field");
        fields.append_declaration(out_.text(), i);
        field_type(type.fields[i]);
        out_.put(")");
      }
      break;
    }
    case module::CompositeKind::array:
      out_.put(" (array");
      field_type(type.fields[0]);
      break;
  }
  out_.put(type.explicit_sub ? ")))" : "))");
}

void ModulePrinter::field_type(const module::FieldType& field) {
  if (field.mut) out_.put(" (mut");
  val_type(field.type);
  if (field.mut) out_.put(")");
}

void ModulePrinter::limits(const module::Limits& limits) {
  if (limits.is64) out_.put(" i64");
  out_.put(" {}", limits.min);
  if (limits.max) out_.put(" {}", *limits.max);
  if (limits.shared) out_.put(" shared");
}

void ModulePrinter::table_type(const module::TableType& type) {
  limits(type.limits);
  val_type(type.elem);
}

void ModulePrinter::memory_type(const module::MemoryType& type) {
  limits(type.limits);
  if (type.explicit_page_size || type.page_size_log2 != 16)
    out_.put(" (pagesize {})", uint64_t{1} << type.page_size_log2);
}

void ModulePrinter::global_type(const module::GlobalType& type) {
  field_type({type.type, type.mut});
}

// --- imports, definitions, exports ------------------------------------------------------------

void ModulePrinter::extern_desc(const module::Import& import, size_t index) {
  switch (import.kind()) {
    case ExternKind::func: {
      out_.put(" (func");
      declaration(NameKind::func, index);
      text_.begin(static_cast<uint32_t>(index));
      uint32_t type = std::get<module::FuncDecl>(import.desc).type;
      bool named = !names_.locals(static_cast<uint32_t>(index)).empty();
      if (named) {
        text_.append_type_use(out_.text(), type, &text_.locals());
      } else {
        out_.put(" (type");
        use(NameKind::type, type);
        out_.put(")");
      }
      break;
    }
    case ExternKind::table:
      out_.put(" (table");
      declaration(NameKind::table, index);
      table_type(std::get<module::TableType>(import.desc));
      break;
    case ExternKind::memory:
      out_.put(" (memory");
      declaration(NameKind::memory, index);
      memory_type(std::get<module::MemoryType>(import.desc));
      break;
    case ExternKind::global:
      out_.put(" (global");
      declaration(NameKind::global, index);
      global_type(std::get<module::GlobalType>(import.desc));
      break;
    case ExternKind::tag:
      out_.put(" (tag");
      declaration(NameKind::tag, index);
      text_.append_type_use(out_.text(), std::get<module::TagDecl>(import.desc).type, nullptr);
      break;
  }
  out_.put(")");
}

void ModulePrinter::imports() {
  size_t counts[5] = {};
  for (const module::Import& import : module_.imports) {
    out_.line(1);
    out_.put("(import");
    string(import.module);
    string(import.name);
    extern_desc(import, counts[static_cast<size_t>(import.kind())]++);
    out_.put(")");
  }
}

void ModulePrinter::tables() {
  for (size_t i = module_.imported_tables; i < module_.tables.size(); ++i) {
    out_.line(1);
    out_.put("(table");
    declaration(NameKind::table, i);
    table_type(module_.tables[i].type);
    if (module_.tables[i].init) code_.constant(*module_.tables[i].init, "");
    out_.put(")");
  }
}

void ModulePrinter::memories() {
  for (size_t i = module_.imported_memories; i < module_.memories.size(); ++i) {
    out_.line(1);
    out_.put("(memory");
    declaration(NameKind::memory, i);
    memory_type(module_.memories[i].type);
    out_.put(")");
  }
}

void ModulePrinter::globals() {
  for (size_t i = module_.imported_globals; i < module_.globals.size(); ++i) {
    out_.line(1);
    out_.put("(global");
    declaration(NameKind::global, i);
    global_type(module_.globals[i].type);
    code_.constant(module_.globals[i].init, "");
    out_.put(")");
  }
}

void ModulePrinter::tags() {
  for (size_t i = module_.imported_tags; i < module_.tags.size(); ++i) {
    out_.line(1);
    out_.put("(tag");
    declaration(NameKind::tag, i);
    text_.append_type_use(out_.text(), module_.tags[i].type, nullptr);
    out_.put(")");
  }
}

void ModulePrinter::exports() {
  static constexpr struct {
    std::string_view word;
    NameKind kind;
  } kKinds[] = {{"func", NameKind::func},
                {"table", NameKind::table},
                {"memory", NameKind::memory},
                {"global", NameKind::global},
                {"tag", NameKind::tag}};  // in ExternKind order
  for (const module::Export& exported : module_.exports) {
    const auto& kind = kKinds[static_cast<size_t>(exported.kind)];
    out_.line(1);
    out_.put("(export");
    string(exported.name);
    out_.put(" ({}", kind.word);
    use(kind.kind, exported.index);
    out_.put("))");
  }
}

// --- segments ---------------------------------------------------------------------------------

void ModulePrinter::elems() {
  using Mode = module::ElemSegment::Mode;
  constexpr size_t kPerLine = 16;
  for (size_t i = 0; i < module_.elems.size(); ++i) {
    const module::ElemSegment& segment = module_.elems[i];
    out_.line(1);
    out_.put("(elem");
    declaration(NameKind::elem, i);
    switch (segment.mode) {
      case Mode::passive: break;
      case Mode::declarative: out_.put(" declare"); break;
      case Mode::active:
        if (segment.flags & 2) {
          out_.put(" (table");
          use(NameKind::table, segment.table);
          out_.put(")");
        }
        code_.constant(segment.start, "offset");
        break;
    }
    if (segment.uses_exprs) val_type(segment.type);
    else out_.put(" func");
    bool lines = segment.size() > kPerLine;
    for (size_t k = 0; k < segment.size(); ++k) {
      if (lines && k % (segment.uses_exprs ? 4 : kPerLine) == 0) out_.line(2);
      if (segment.uses_exprs) code_.constant(segment.exprs[k], "item");
      else use(NameKind::func, segment.funcs[k]);
    }
    out_.put(")");
  }
}

void ModulePrinter::datas() {
  constexpr size_t kPerLine = 64;
  for (size_t i = 0; i < module_.datas.size(); ++i) {
    const module::DataSegment& segment = module_.datas[i];
    out_.line(1);
    out_.put("(data");
    declaration(NameKind::data, i);
    if (segment.active) {
      if (segment.flags & 2) {
        out_.put(" (memory");
        use(NameKind::memory, segment.memory);
        out_.put(")");
      }
      code_.constant(segment.start, "offset");
    }
    std::string_view bytes(reinterpret_cast<const char*>(segment.bytes.data()),
                           segment.bytes.size());
    bool lines = bytes.size() > kPerLine;
    do {
      if (lines) out_.line(2);
      else out_.put(" ");
      append_bytes(out_.text(), bytes.substr(0, kPerLine));
      bytes.remove_prefix(std::min(kPerLine, bytes.size()));
    } while (!bytes.empty());
    out_.put(")");
  }
}

// --- functions --------------------------------------------------------------------------------

void ModulePrinter::funcs() {
  for (size_t i = module_.imported_funcs; i < module_.funcs.size() && code_.ok(); ++i) func(i);
}

void ModulePrinter::func(size_t index) {
  size_t defined = index - module_.imported_funcs;
  const module::FuncBody& body = module_.bodies[defined];
  auto function = static_cast<uint32_t>(index);
  out_.line(1);
  out_.put("(func");
  declaration(NameKind::func, index);
  text_.begin(function);
  text_.append_type_use(out_.text(), module_.funcs[index].type, &text_.locals());
  const module::FuncType* type = text_.func_type(module_.funcs[index].type);
  locals(body, type ? type->params.size() : 0);
  std::span<const PrintHint> hints = hints_.of(function);
  if (options_.folded) code_.folded(body.code, body.offset, hints, 2);
  else code_.flat(body.code, body.offset, hints, 2);
  out_.put(")");
}

void ModulePrinter::locals(const module::FuncBody& body, size_t params) {
  if (body.locals.empty()) return;
  out_.line(2);
  bool open = false, first = true;  // unnamed locals share parentheses
  auto local = static_cast<uint32_t>(params);
  for (const module::LocalRun& run : body.locals) {
    for (uint32_t i = 0; i < run.count; ++i, ++local) {
      bool named = text_.locals().has(local);
      if (open && named) out_.put(")");
      if (named || !open) {
        out_.put(first ? "(local" : " (local");
        first = false;
      }
      if (named) text_.locals().append_declaration(out_.text(), local);
      val_type(run.type);
      if (named) out_.put(")");
      open = !named;
    }
  }
  if (open) out_.put(")");
}

// --- custom sections --------------------------------------------------------------------------

void ModulePrinter::customs() {
  bool behind_names = false;  // where the parser puts the name section
  for (const module::CustomSection& section : module_.customs) {
    if (&section == names_.section()) {
      behind_names = true;
      continue;
    }
    if (&section == hints_.section()) continue;
    out_.line(1);
    out_.put("(@custom");
    string(section.name);
    if (behind_names) {
      out_.put(" (after last)");
    } else if (section.after == 0) {
      out_.put(" (before first)");
    } else {
      out_.put(" (after {})", place_name(section.after));
    }
    std::string_view bytes(reinterpret_cast<const char*>(section.bytes.data()),
                           section.bytes.size());
    constexpr size_t kPerLine = 64;
    bool lines = bytes.size() > kPerLine;
    while (!bytes.empty()) {
      if (lines) out_.line(2);
      else out_.put(" ");
      append_bytes(out_.text(), bytes.substr(0, kPerLine));
      bytes.remove_prefix(std::min(kPerLine, bytes.size()));
    }
    out_.put(")");
  }
}

}  // namespace

LoadResult<void> print_module(const module::Module& module, const PrintOptions& options,
                              TextSink sink) {
  return ModulePrinter(module, options, sink).print();
}

}  // namespace zwasm::text
