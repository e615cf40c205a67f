// Writes the binary format. Every section is written into a buffer of its own first, because its
// size stands before it.
#include "module/encoder.h"

#include <string_view>

#include "base/leb128.h"
#include "module/immediates.h"
#include "module/sections.h"

namespace zwasm::module {
namespace {

class ModuleEncoder {
 public:
  explicit ModuleEncoder(const Module& module) : m_(module) {}

  std::vector<uint8_t> run() {
    out_ = {0, 'a', 's', 'm', 1, 0, 0, 0};
    customs(0);
    section(SectionId::type, m_.rec_groups.size(), [&](size_t i) { rec_group(m_.rec_groups[i]); });
    section(SectionId::import, m_.imports.size(), [&](size_t i) { import(m_.imports[i]); });
    section(SectionId::function, m_.funcs.size() - m_.imported_funcs,
            [&](size_t i) { u32(m_.funcs[m_.imported_funcs + i].type); });
    section(SectionId::table, m_.tables.size() - m_.imported_tables,
            [&](size_t i) { table(m_.tables[m_.imported_tables + i]); });
    section(SectionId::memory, m_.memories.size() - m_.imported_memories,
            [&](size_t i) { memory_type(m_.memories[m_.imported_memories + i].type); });
    section(SectionId::tag, m_.tags.size() - m_.imported_tags,
            [&](size_t i) { tag(m_.tags[m_.imported_tags + i]); });
    section(SectionId::global, m_.globals.size() - m_.imported_globals, [&](size_t i) {
      const GlobalDecl& global = m_.globals[m_.imported_globals + i];
      global_type(global.type);
      bytes(global.init.code);
    });
    section(SectionId::export_, m_.exports.size(), [&](size_t i) {
      const Export& e = m_.exports[i];
      name(e.name);
      byte(static_cast<uint8_t>(e.kind));
      u32(e.index);
    });
    if (m_.start) u32(*m_.start);
    finish(SectionId::start);
    section(SectionId::element, m_.elems.size(), [&](size_t i) { element(m_.elems[i]); });
    if (m_.data_count) u32(*m_.data_count);
    finish(SectionId::data_count);
    section(SectionId::code, m_.bodies.size(), [&](size_t i) { body(m_.bodies[i]); });
    section(SectionId::data, m_.datas.size(), [&](size_t i) { data(m_.datas[i]); });
    return std::move(out_);
  }

 private:
  void byte(uint8_t b) { buffer_.push_back(b); }
  void u32(uint64_t n) { write_uleb(buffer_, n); }
  void bytes(std::span<const uint8_t> b) { buffer_.insert(buffer_.end(), b.begin(), b.end()); }
  void name(std::string_view text) {
    u32(text.size());
    buffer_.insert(buffer_.end(), text.begin(), text.end());
  }

  template <class Write>
  void section(SectionId id, size_t count, Write write) {
    if (count != 0) u32(count);
    for (size_t i = 0; i < count; ++i) write(i);
    finish(id);
  }
  // Moves the buffer into the output as a section, unless it is empty.
  void finish(SectionId id) {
    if (!buffer_.empty()) {
      out_.push_back(static_cast<uint8_t>(id));
      write_uleb(out_, buffer_.size());
      out_.insert(out_.end(), buffer_.begin(), buffer_.end());
      buffer_.clear();
    }
    if (id != SectionId::custom) customs(section_position(id));
  }
  void customs(uint8_t position) {
    for (const CustomSection& custom : m_.customs) {
      if (custom.after != position) continue;
      name(custom.name);
      bytes(custom.bytes);
      finish(SectionId::custom);
    }
  }

  void rec_group(const RecGroup& group) {
    if (group.explicit_rec || group.count != 1) {
      byte(0x4E);
      u32(group.count);
    }
    for (uint32_t i = 0; i < group.count; ++i) sub_type(m_.types[group.first + i]);
  }
  void sub_type(const SubType& type) {
    if (type.explicit_sub || type.super || !type.final) {
      byte(type.final ? 0x4F : 0x50);
      u32(type.super ? 1 : 0);
      if (type.super) u32(*type.super);
    }
    switch (type.kind) {
      case CompositeKind::func:
        byte(0x60);
        value_types(type.func.params);
        value_types(type.func.results);
        break;
      case CompositeKind::struct_:
        byte(0x5F);
        u32(type.fields.size());
        for (const FieldType& field : type.fields) field_type(field);
        break;
      case CompositeKind::array:
        byte(0x5E);
        field_type(type.fields[0]);
        break;
    }
  }
  void value_types(std::span<const ValType> types) {
    u32(types.size());
    for (ValType type : types) write_val_type(buffer_, type);
  }
  void field_type(const FieldType& field) {
    write_val_type(buffer_, field.type);
    byte(field.mut ? 1 : 0);
  }

  void limits(const Limits& limits, bool page_size) {
    byte(static_cast<uint8_t>((limits.max ? 1 : 0) | (limits.shared ? 2 : 0) |
                              (limits.is64 ? 4 : 0) | (page_size ? 8 : 0)));
    u32(limits.min);
    if (limits.max) u32(*limits.max);
  }
  void table_type(const TableType& type) {
    write_val_type(buffer_, type.elem);
    limits(type.limits, false);
  }
  void memory_type(const MemoryType& type) {
    bool page_size = type.explicit_page_size || type.page_size_log2 != 16;
    limits(type.limits, page_size);
    if (page_size) u32(type.page_size_log2);
  }
  void global_type(const GlobalType& type) {
    write_val_type(buffer_, type.type);
    byte(type.mut ? 1 : 0);
  }
  void tag(const TagDecl& tag) {
    byte(0);
    u32(tag.type);
  }
  void table(const TableDecl& table) {
    if (table.init) {
      byte(0x40);
      byte(0);
    }
    table_type(table.type);
    if (table.init) bytes(table.init->code);
  }

  void import(const Import& import) {
    name(import.module);
    name(import.name);
    byte(static_cast<uint8_t>(import.kind()));
    switch (import.kind()) {
      case ExternKind::func: u32(std::get<FuncDecl>(import.desc).type); break;
      case ExternKind::table: table_type(std::get<TableType>(import.desc)); break;
      case ExternKind::memory: memory_type(std::get<MemoryType>(import.desc)); break;
      case ExternKind::global: global_type(std::get<GlobalType>(import.desc)); break;
      case ExternKind::tag: tag(std::get<TagDecl>(import.desc)); break;
    }
  }

  void element(const ElemSegment& elem) {
    using Mode = ElemSegment::Mode;
    uint32_t flags = elem.uses_exprs ? 4 : 0;
    bool short_type = !elem.uses_exprs || elem.type == isa::kFuncRef;
    switch (elem.mode) {
      case Mode::active:
        if (elem.table != 0 || !short_type || (elem.flags & 3) == 2) flags |= 2;
        break;
      case Mode::passive: flags |= 1; break;
      case Mode::declarative: flags |= 3; break;
    }
    u32(flags);
    if (elem.mode == Mode::active) {
      if (flags & 2) u32(elem.table);
      bytes(elem.start.code);
    }
    if (flags & 3) {
      if (elem.uses_exprs) write_val_type(buffer_, elem.type);
      else byte(0);
    }
    u32(elem.size());
    for (uint32_t func : elem.funcs) u32(func);
    for (const ConstExpr& expr : elem.exprs) bytes(expr.code);
  }

  void data(const DataSegment& data) {
    uint32_t flags = !data.active ? 1 : data.memory != 0 || data.flags == 2 ? 2 : 0;
    u32(flags);
    if (flags == 2) u32(data.memory);
    if (data.active) bytes(data.start.code);
    u32(data.bytes.size());
    bytes(data.bytes);
  }

  void body(const FuncBody& body) {
    locals_.clear();
    write_uleb(locals_, body.locals.size());
    for (const LocalRun& run : body.locals) {
      write_uleb(locals_, run.count);
      write_val_type(locals_, run.type);
    }
    u32(locals_.size() + body.code.size());
    bytes(locals_);
    bytes(body.code);
  }

  const Module& m_;
  std::vector<uint8_t> out_;
  std::vector<uint8_t> buffer_;
  std::vector<uint8_t> locals_;
};

}  // namespace

std::vector<uint8_t> encode(const Module& module) { return ModuleEncoder(module).run(); }

}  // namespace zwasm::module
