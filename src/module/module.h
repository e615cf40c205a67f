// What a module is: the data structure between bytes, text, validation and everything that runs.
//
// The decoder makes a Module whose spans point into the bytes it was given (Module::bytes keeps
// them alive); the text parser makes one whose spans point into Module::arena. Both are then the
// same to the encoder, the printer and the validator. Type indices inside are module-local;
// `canonical` maps them to engine-wide ids once the types have been registered.
//
// Function bodies stay bytes: instructions are decoded only by validate::FuncDecoder.
#pragma once
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/arena.h"
#include "base/shared_bytes.h"
#include "isa/features.h"
#include "isa/types.h"

namespace zwasm::module {

using isa::ExternKind;
using isa::ValType;

// A place in the input: byte offset in the binary. Bodies and constant expressions keep theirs so
// that errors and traps can name it.
using Offset = uint64_t;

struct FuncType {
  std::span<const ValType> params;
  std::span<const ValType> results;
};

struct FieldType {
  ValType type;  // may be packed
  bool mut = false;
};

enum class CompositeKind : uint8_t { func, struct_, array };

struct SubType {
  CompositeKind kind = CompositeKind::func;
  bool final = true;
  bool explicit_sub = false;          // was written with `sub` (kept so that printing is faithful)
  std::optional<uint32_t> super;      // type index
  FuncType func;                      // kind == func
  std::span<const FieldType> fields;  // kind == struct_ (all), array (one)
};

// Types [first, first + count) are one recursion group.
struct RecGroup {
  uint32_t first = 0;
  uint32_t count = 1;
  bool explicit_rec = false;  // was written with `rec`; a plain type is a group of its own
  Offset offset = 0;
};

struct Limits {
  uint64_t min = 0;
  std::optional<uint64_t> max;
  bool shared = false;
  bool is64 = false;

  // Nothing of this type can grow.
  bool is_fixed() const { return max && *max == min; }
  friend bool operator==(const Limits&, const Limits&) = default;
};

struct TableType {
  ValType elem;
  Limits limits;
};

struct MemoryType {
  Limits limits;                    // in pages
  uint8_t page_size_log2 = 16;      // 16, or 0 with custom page sizes
  bool explicit_page_size = false;  // was written (kept so that printing is faithful)
};

struct GlobalType {
  ValType type;
  bool mut = false;
};

// A constant expression: instruction bytes including the final `end`.
struct ConstExpr {
  std::span<const uint8_t> code;
  Offset offset = 0;
};

struct FuncDecl {
  uint32_t type = 0;
};  // type index
struct TableDecl {
  TableType type;
  std::optional<ConstExpr> init;
};
struct MemoryDecl {
  MemoryType type;
};
struct GlobalDecl {
  GlobalType type;
  ConstExpr init;
};
struct TagDecl {
  uint32_t type = 0;
};  // type index

using ExternDesc =
    std::variant<FuncDecl, TableType, MemoryType, GlobalType, TagDecl>;  // in ExternKind order

struct Import {
  std::string_view module;
  std::string_view name;
  ExternDesc desc;
  Offset offset = 0;
  ExternKind kind() const { return static_cast<ExternKind>(desc.index()); }
};

struct Export {
  std::string_view name;
  ExternKind kind = ExternKind::func;
  uint32_t index = 0;
  Offset offset = 0;
};

struct ElemSegment {
  enum class Mode : uint8_t { active, passive, declarative };
  Mode mode = Mode::passive;
  uint32_t table = 0;  // active
  ConstExpr start;     // active
  ValType type;        // element type
  // Either function indices (the compact forms of the format) or expressions.
  bool uses_exprs = false;
  std::span<const uint32_t> funcs;
  std::span<const ConstExpr> exprs;
  // The flag bits of the binary form it came from, so that encoding it again gives the same bytes.
  uint32_t flags = 0;
  Offset offset = 0;
  size_t size() const { return uses_exprs ? exprs.size() : funcs.size(); }
};

struct DataSegment {
  bool active = false;
  uint32_t memory = 0;
  ConstExpr start;
  std::span<const uint8_t> bytes;
  uint32_t flags = 0;  // as in ElemSegment
  Offset offset = 0;
};

struct LocalRun {
  uint32_t count = 0;
  ValType type;
};

struct FuncBody {
  std::span<const LocalRun> locals;
  std::span<const uint8_t> code;  // instructions including the final `end`
  Offset offset = 0;              // of the first byte of `code`
  Offset start = 0;               // of the body, where its locals are declared
};

// What a producer knows about one `if` or `br_if` (section metadata.code.branch_hint).
struct BranchHint {
  uint32_t offset = 0;  // of the instruction, from FuncBody::start
  bool taken = false;
};
struct FuncBranchHints {
  uint32_t func = 0;
  std::span<const BranchHint> hints;  // by ascending offset
};

// Where a custom section stood: after the section with this id had its place (0: before all).
struct CustomSection {
  std::string_view name;
  std::span<const uint8_t> bytes;
  uint8_t after = 0;  // position in the order of the format, see encoder
  Offset offset = 0;  // of `bytes`
};

// Extent of each section, for `inspect` and for messages.
struct SectionExtent {
  uint8_t id = 0;
  Offset offset = 0;  // of the section's contents
  uint64_t size = 0;
  uint32_t count = 0;  // entries; 0 for custom and start
};

// Bytes of a module, and lists, in the memory of the engine that they are for.
using KeptBytes = SharedBytes::Vector;
template <class T>
using List = std::pmr::vector<T>;

struct Module {
  explicit Module(std::pmr::memory_resource* memory = std::pmr::new_delete_resource())
      : types(memory),
        rec_groups(memory),
        imports(memory),
        funcs(memory),
        tables(memory),
        memories(memory),
        globals(memory),
        tags(memory),
        exports(memory),
        elems(memory),
        datas(memory),
        bodies(memory),
        customs(memory),
        branch_hints(memory),
        sections(memory),
        declared_funcs(memory),
        arena(memory) {}

  List<SubType> types;
  List<RecGroup> rec_groups;

  List<Import> imports;
  // Index spaces: imports first, then definitions.
  List<FuncDecl> funcs;
  List<TableDecl> tables;
  List<MemoryDecl> memories;
  List<GlobalDecl> globals;
  List<TagDecl> tags;
  uint32_t imported_funcs = 0, imported_tables = 0, imported_memories = 0, imported_globals = 0,
           imported_tags = 0;

  List<Export> exports;
  std::optional<uint32_t> start;
  List<ElemSegment> elems;
  std::optional<uint32_t> data_count;
  List<DataSegment> datas;
  List<FuncBody> bodies;  // bodies[i] is function imported_funcs + i
  List<CustomSection> customs;
  List<FuncBranchHints> branch_hints;  // by ascending function
  List<SectionExtent> sections;

  // Functions that may be the operand of ref.func (named outside bodies), by function index.
  List<bool> declared_funcs;

  // What owns the spans: the input bytes, and whatever was made beside them.
  SharedBytes bytes;
  Arena arena;

  const FuncType& func_type(uint32_t func) const { return types[funcs[func].type].func; }
};

}  // namespace zwasm::module
