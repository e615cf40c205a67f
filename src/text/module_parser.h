// The parser of one module text, split by topic over several files:
//
//   parser.cpp                the driver: finds the module, runs the passes
//   parser_scan.cpp           pass 1: the fields, their index spaces and identifiers
//   parser_types.cpp          types, type definitions, type uses
//   parser_fields.cpp         pass 2: every field but function bodies
//   parser_segments.cpp       element and data segments, with their inline forms
//   parser_instructions.cpp   pass 3: bodies; instruction sequences, flat and folded
//   parser_immediates.cpp     what follows an opcode
//   parser_annotations.cpp    annotations and the custom sections they make
//   parser_names.cpp          identifiers, and the name section made of them
//
// Identifiers may be used before they are declared, and a type use without a name appends a type
// behind all declared ones. Hence the passes: the first walks over the fields without reading
// bodies, the second reads declarations, the third bodies. Nothing is kept of the text but
// offsets, so that memory is what the module takes.
//
// Nesting never becomes recursion: instructions keep their own stack of frames.
#pragma once
#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "module/immediates.h"
#include "module/module.h"
#include "text/cursor.h"
#include "text/id_map.h"
#include "text/label_stack.h"
#include "text/literals.h"
#include "text/name_table.h"
#include "text/parser.h"

namespace zwasm::text {

// The index spaces that identifiers live in.
enum class Space : uint8_t { type, func, table, memory, global, tag, elem, data };
inline constexpr size_t kSpaceCount = 8;
std::string_view space_name(Space space);

enum class FieldKind : uint8_t {
  type,
  rec,
  import,
  func,
  table,
  memory,
  global,
  tag,
  export_,
  start,
  elem,
  data,
  annotation,
};

// A field that pass 1 found.
struct Field {
  FieldKind kind = FieldKind::func;
  size_t offset = 0;    // of its `(`
  size_t contents = 0;  // behind the keyword
  uint32_t index = 0;   // in its space; for imports, of what is imported
};

// The words that open a field.
struct FieldWord {
  std::string_view word;
  FieldKind kind;
};
// What a definition or import of this kind is called, and which space it adds to.
struct EntityWord {
  std::string_view word;
  Space space;
  isa::ExternKind kind;
};
const EntityWord* find_entity(std::string_view word);

class ModuleParser {
 public:
  ModuleParser(std::string_view text, isa::FeatureSet features, const ParseOptions& options)
      : cursor_(text,
                options.origin == TextOrigin::script ? BidiControls::allow : BidiControls::refuse,
                Cursor::Annotations::known),
        features_(features),
        write_names_(options.names) {
    cursor_.seek(options.offset);
  }

  // Parses the fields from the cursor's place up to the parenthesis that closes them, or the end.
  void parse_fields();
  // The head of the module: identifier and `@name`.
  void parse_module_head();

  Cursor& cursor() { return cursor_; }
  ParsedModule finish();

 private:
  // --- pass 1: parser_scan.cpp
  void scan_fields();
  void scan_field();
  void scan_entity(Field& field, const EntityWord& entity);
  void scan_import(Field& field);
  void scan_rec();
  void scan_annotation();
  void check_import_order(size_t offset);

  // --- types: parser_types.cpp
  struct TypeUse {
    uint32_t type = 0;
    bool inline_only = false;  // no `(type …)`; `type` is set by resolve_type_use
    std::span<const isa::ValType> params;
    std::span<const isa::ValType> results;
    size_t offset = 0;
  };
  enum class ParamNames : uint8_t { refuse, ignore, declare };
  std::optional<isa::ValType> try_val_type();
  isa::ValType val_type();
  isa::ValType ref_type();
  isa::HeapType heap_type();
  isa::ValType storage_type();
  module::FieldType field_type();
  void val_types(std::string_view form, ParamNames names, std::vector<isa::ValType>& out);
  TypeUse type_use(ParamNames names);
  uint32_t resolve_type_use(const TypeUse& use);
  uint32_t func_type_index(std::span<const isa::ValType> params,
                           std::span<const isa::ValType> results);
  module::BlockType block_type();
  void parse_types();
  void type_definition(uint32_t index);
  void composite_type(module::SubType& type, uint32_t index);
  void struct_fields(module::SubType& type, uint32_t index);
  bool at_address_type();
  module::Limits limits_head();
  void limits_bounds(module::Limits& limits);
  void page_size(module::MemoryType& type);
  module::MemoryType memory_type();
  module::TableType table_type();
  module::GlobalType global_type();

  // --- pass 2: parser_fields.cpp
  void parse_declarations();
  void import_field(const Field& field);
  void func_field(const Field& field);
  void table_field(const Field& field);
  void memory_field(const Field& field);
  void global_field(const Field& field);
  void tag_field(const Field& field);
  void export_field(const Field& field);
  void start_field(const Field& field);
  bool inline_export_import(isa::ExternKind kind, uint32_t index, module::Import& import);
  void add_import(module::Import import, uint32_t index, size_t offset);
  module::ExternDesc extern_desc(isa::ExternKind kind);

  // --- segments: parser_segments.cpp
  void elem_field(const Field& field);
  void data_field(const Field& field);
  void elem_list(module::ElemSegment& segment, bool bare_indices);
  void elem_exprs(module::ElemSegment& segment);
  void elem_indices(module::ElemSegment& segment);
  void inline_elems(uint32_t table, module::TableType& type);
  void inline_datas(uint32_t memory, module::MemoryType& type);
  std::span<const uint8_t> data_bytes();
  void data_numbers(std::string& bytes);
  module::ConstExpr zero_offset(bool is64);
  // Version 1.0 has no form that names table or memory 0.
  bool explicit_indices() const {
    return features_.has(isa::Feature::bulk_memory) || features_.has(isa::Feature::reference_types);
  }

  // --- pass 3: parser_instructions.cpp
  enum class FrameKind : uint8_t {
    body,         // the sequence itself: ends before `)`
    plain,        // (op imm … operands): the op is emitted at `)`
    block,        // block, loop, try_table: flat ends at `end`, folded at `)`
    if_,          // flat: `else` may follow
    else_,        // flat
    try_,         // legacy, flat: catch, catch_all, delegate may follow
    catch_,       // flat
    catch_all,    // flat
    folded_if,    // before `(then`: condition operands
    folded_then,  // inside (then …) and (else …)
    folded_tail,  // behind (then …): `(else` or `)`
    folded_try,   // between the parts of a folded legacy try
    folded_part,  // inside (do …), (catch …), (catch_all …)
  };
  struct Frame {
    FrameKind kind = FrameKind::body;
    bool folded = false;
    bool has_else = false;   // folded_tail, folded_try: no further part may follow
    bool has_do = false;     // folded_try
    bool has_catch = false;  // folded_try
    bool delegated = false;  // folded_try
    uint8_t hint = kNoHint;  // branch hint of the pending op
    size_t pending = 0;      // where the op's bytes start in pending_
    size_t offset = 0;       // of the op in the text
    std::string_view label;  // of the construct, empty: none
  };
  static constexpr uint8_t kNoHint = 0xFF;

  void parse_bodies();
  void func_body(const Field& field);
  void parse_locals(std::vector<module::LocalRun>& runs);
  void instructions();
  void instruction();
  void flat_instruction(const Token& keyword);
  void folded_instruction();
  void close_folded();
  void block_start(isa::Op op, size_t offset, bool folded);
  void folded_if_part();
  void folded_try_part();
  void flat_end(const Token& keyword);
  void flat_else(const Token& keyword);
  void flat_catch(isa::Op op, const Token& keyword);
  void flat_delegate(const Token& keyword);
  void emit_pending(Frame& frame);
  void emit_op(isa::Op op, size_t offset);
  void note_op(size_t offset, uint8_t hint);
  void closing_label(std::string_view label);
  std::string_view label_name();
  void branch_hint();
  module::ConstExpr const_expr_until_close();
  module::ConstExpr folded_const_expr();
  module::ConstExpr offset_expr();
  module::ConstExpr finish_expr();

  // --- parser_immediates.cpp: reads the immediates of `op`, which may become its sibling of the
  // same name, and appends op and immediates to `out`.
  void parse_op(isa::Op op, std::vector<uint8_t>& out);
  void parse_immediates(isa::Op& op, module::Immediates& imm);
  uint32_t label_index();
  void label_table(module::Immediates& imm);
  void catch_clauses(module::Immediates& imm);
  void memarg(module::Immediates& imm, uint32_t width, bool lane_follows);
  void index_pair(Space first, Space second, module::Immediates& imm, bool pair_needed);
  void field_index(module::Immediates& imm);
  uint64_t integer(unsigned bits, std::string_view what);
  uint8_t lane_index();
  void shuffle_lanes();
  bool at_number();
  void vector_constant(std::array<uint8_t, 16>& bytes);
  uint64_t float_constant(unsigned bits);

  // --- parser_annotations.cpp
  void custom_annotation();
  void producers_annotation();
  void dylink_annotation();
  uint32_t symbol_flags();
  void branch_hint_section();
  void place_customs();

  // --- parser_names.cpp
  std::optional<uint32_t> find_id(Space space, std::string_view id);
  uint32_t index_of(Space space);
  uint32_t declare(Space space);  // next index of the space, with its identifier
  void declare_id(Space space, uint32_t index, const Token& id);
  void name_override(Space space, uint32_t index);
  std::optional<std::string_view> name_annotation();
  std::string_view id_text(const Token& id);
  std::string_view string_bytes(const Token& token);
  std::string_view name_string(std::string_view what);
  uint32_t u32_index();

  template <class T>
  std::span<const uint8_t> as_bytes(const T& from) {
    auto view = module_.arena.copy(std::string_view(from));
    return {reinterpret_cast<const uint8_t*>(view.data()), view.size()};
  }

  Cursor cursor_;
  isa::FeatureSet features_;
  bool write_names_;
  module::Module module_;
  SourceMap map_;

  std::vector<Field> fields_;
  struct IndexSpace {
    IdMap ids;
    uint32_t count = 0;
  };
  std::array<IndexSpace, kSpaceCount> spaces_;
  std::string_view first_definition_;  // the kind that no import may follow any more
  bool has_start_ = false;
  std::string_view module_name_;
  bool has_module_name_ = false;

  // Types.
  std::vector<IdMap> field_ids_;  // by type index
  std::unordered_multimap<uint64_t, uint32_t> func_types_;
  std::vector<isa::ValType> params_, results_;

  // The function being read.
  IdMap locals_;
  uint32_t local_count_ = 0;
  uint32_t function_ = 0;
  uint32_t labels_seen_ = 0;
  bool in_function_ = false;
  LabelStack labels_;
  std::vector<Frame> frames_;
  std::vector<uint8_t> code_, pending_;
  bool only_folded_ = false;
  uint8_t hint_ = kNoHint;  // waits for the next instruction
  size_t hint_offset_ = 0;
  bool needs_data_count_ = false;

  // Scratch for immediates.
  std::vector<uint32_t> label_list_;
  std::vector<module::CatchClause> catches_;
  std::vector<isa::ValType> select_types_;
  std::array<uint8_t, 16> vector_{};

  // Custom sections.
  struct Hint {
    uint32_t function = 0;
    uint32_t offset = 0;  // in the code, without the locals
    uint8_t likely = 0;
  };
  std::vector<Hint> hints_;
  std::vector<module::CustomSection> dylink_, customs_, producers_, last_customs_;
  NameTable names_;
};

}  // namespace zwasm::text
