// Reads the binary format section by section. Errors are worded as the specification's test suite
// expects, followed by what was found. The order of sections is checked by their position
// (sections.h); custom sections are kept with the position of the section before them.
#include "module/decoder.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/format.h"
#include "base/parts.h"
#include "base/utf8.h"
#include "module/branch_hints.h"
#include "module/immediates.h"
#include "module/limits.h"
#include "module/reader.h"
#include "module/sections.h"

namespace zwasm::module {
namespace {

using isa::Feature;
using isa::FeatureSet;
using isa::Op;
using Kind = LoadError::Kind;

constexpr uint8_t kRec = 0x4E, kSubFinal = 0x4F, kSub = 0x50;
constexpr uint8_t kFuncForm = 0x60, kStructForm = 0x5F, kArrayForm = 0x5E;
constexpr uint8_t kHasMax = 1, kShared = 2, kIs64 = 4, kHasPageSize = 8;

class ModuleDecoder {
 public:
  ModuleDecoder(std::span<const uint8_t> bytes, FeatureSet features,
                std::pmr::memory_resource* memory)
      : all_(bytes), features_(features), r_(bytes, 0), m_(memory) {
    r_.set_end_message("unexpected end");
  }

  LoadResult<Module> run();

 private:
  bool header();
  void section(SectionId id);
  void custom_section();

  void type_section();
  void import_section();
  void function_section();
  void table_section();
  void memory_section();
  void tag_section();
  void global_section();
  void export_section();
  void start_section();
  void element_section();
  void data_count_section();
  void code_section();
  void data_section();

  uint32_t count(uint32_t limit, const char* what, uint64_t have = 0);
  std::string_view name();
  void require(Feature feature, std::string_view what, uint64_t at);
  Limits read_limits(uint8_t allowed, const char* what, MemoryType* memory);
  TableType table_type();
  MemoryType memory_type();
  GlobalType global_type();
  uint32_t tag_type();
  bool mutability();
  void sub_type(RecGroup& group);
  void composite_type(SubType& type);
  std::span<const ValType> value_types(uint32_t limit, const char* what);
  FieldType field_type();
  ConstExpr const_expr();
  void element_segment();
  void data_segment();
  void body(std::span<const uint8_t> bytes, uint64_t offset);
  void declare(uint32_t func) {
    if (func < m_.declared_funcs.size()) m_.declared_funcs[func] = true;
  }

  std::span<const uint8_t> all_;
  FeatureSet features_;
  Reader r_;
  Module m_;
  uint8_t last_position_ = 0;
  ImmediateStorage storage_;
  std::vector<ValType> types_;
  std::vector<FieldType> fields_;
  std::vector<uint32_t> indices_;
  std::vector<ConstExpr> exprs_;
  std::vector<LocalRun> runs_;
  std::vector<uint32_t> referenced_;  // functions named before the number of functions is known
};

bool ModuleDecoder::header() {
  static constexpr uint8_t kMagic[] = {0, 'a', 's', 'm'};
  size_t given = std::min<size_t>(all_.size(), 4);
  // A few bytes that do begin like a module are cut off, others are something else.
  if (given == 4 && !std::equal(kMagic, kMagic + 4, all_.begin())) {
    r_.malformed("magic header not detected: this is not a WebAssembly binary", 0);
    return false;
  }
  r_.take(4);
  uint64_t at = r_.offset();
  uint32_t version = r_.fixed32();
  if (!r_.ok()) return false;
  if (version == 1) return true;
  if (version >> 16 == 1)
    r_.malformed("unknown binary version: this is a component, not a core module", at);
  else r_.malformed(fmt::format("unknown binary version {}: expected 1", version), at);
  return false;
}

LoadResult<Module> ModuleDecoder::run() {
  if (all_.size() > limits::kModuleSize)
    return Err{LoadError{Kind::limit, "the module is larger than 1 GiB", 0}};
  if (!header()) return Err{r_.error()};
  while (r_.ok() && !r_.at_end()) {
    uint64_t at = r_.offset();
    uint8_t id = r_.u8();
    if (id >= kSectionIdCount) {
      r_.malformed(fmt::format("malformed section id {}", id), at);
      break;
    }
    uint64_t size_at = r_.offset();
    uint32_t size = r_.u32();
    if (!r_.ok()) break;
    if (size > r_.remaining()) {
      r_.malformed(fmt::format("unexpected end: length out of bounds: a section of {} bytes with "
                               "{} left",
                               size, r_.remaining()),
                   size_at);
      break;
    }
    SectionExtent extent;
    extent.id = id;
    extent.offset = r_.offset();
    extent.size = size;
    m_.sections.push_back(extent);
    Reader outer = r_;
    r_ = Reader(outer.bytes(size), extent.offset);
    section(static_cast<SectionId>(id));
    if (r_.ok() && !r_.at_end())
      r_.malformed(
          fmt::format("section size mismatch: {} bytes left in section {}", r_.remaining(), id));
    if (!r_.ok()) return Err{r_.error()};
    r_ = outer;
  }
  if (!r_.ok()) return Err{r_.error()};
  if (m_.funcs.size() - m_.imported_funcs != m_.bodies.size())
    r_.malformed(fmt::format("function and code section have inconsistent lengths: {} and {}",
                             m_.funcs.size() - m_.imported_funcs, m_.bodies.size()),
                 all_.size());
  if (m_.data_count && *m_.data_count != m_.datas.size())
    r_.malformed(fmt::format("data count and data section have inconsistent lengths: {} and {}",
                             *m_.data_count, m_.datas.size()),
                 all_.size());
  if (!r_.ok()) return Err{r_.error()};

  m_.declared_funcs.resize(m_.funcs.size());
  for (uint32_t func : referenced_) declare(func);
  // Hints are advice: a section that does not decode is as if it were not there.
  if (features_.has(Feature::branch_hinting)) (void)read_branch_hints(m_);
  return std::move(m_);
}

void ModuleDecoder::section(SectionId id) {
  if (id == SectionId::custom) return custom_section();
  uint8_t position = section_position(id);
  uint64_t at = m_.sections.back().offset;
  if (position <= last_position_) {
    r_.malformed(fmt::format("unexpected content after last section: section {} is {}",
                             static_cast<uint32_t>(id),
                             position == last_position_ ? "repeated" : "out of order"),
                 at);
    return;
  }
  last_position_ = position;
  switch (id) {
    case SectionId::custom: break;
    case SectionId::type: type_section(); break;
    case SectionId::import: import_section(); break;
    case SectionId::function: function_section(); break;
    case SectionId::table: table_section(); break;
    case SectionId::memory: memory_section(); break;
    case SectionId::global: global_section(); break;
    case SectionId::export_: export_section(); break;
    case SectionId::start: start_section(); break;
    case SectionId::element: element_section(); break;
    case SectionId::code: code_section(); break;
    case SectionId::data: data_section(); break;
    case SectionId::data_count:
      require(Feature::bulk_memory, "malformed section id 12", at);
      data_count_section();
      break;
    case SectionId::tag:
      if (!features_.has(Feature::legacy_exceptions))
        require(Feature::exceptions, "malformed section id 13", at);
      tag_section();
      break;
  }
}

void ModuleDecoder::require(Feature feature, std::string_view what, uint64_t at) {
  if (features_.has(feature)) return;
  std::string text =
      fmt::format("{}: {} support is not enabled", what, isa::feature_info(feature).name);
  if (!isa::FeatureSet::all().has(feature)) text += ": " + absent_part(Part::gc);
  r_.fail(Kind::invalid, text, at);
}

// The number of items that follow. Each takes at least a byte, so a count beyond what is left can
// be refused before memory is set aside for it.
uint32_t ModuleDecoder::count(uint32_t limit, const char* what, uint64_t have) {
  uint64_t at = r_.offset();
  uint32_t n = r_.u32();
  if (!r_.ok()) return 0;
  if (n > r_.remaining()) {
    r_.malformed(fmt::format("unexpected end of section or function: length out of bounds: {} {} "
                             "in {} bytes",
                             n, what, r_.remaining()),
                 at);
    return 0;
  }
  if (n + have > limit) {
    r_.fail(Kind::limit, fmt::format("too many {}: {}, the limit is {}", what, n + have, limit),
            at);
    return 0;
  }
  m_.sections.back().count = n;
  return n;
}

std::string_view ModuleDecoder::name() {
  uint64_t at = r_.offset();
  if (r_.at_end()) {
    r_.malformed("unexpected end of section or function: length out of bounds: a name is missing");
    return {};
  }
  uint32_t length = r_.u32();
  if (!r_.ok()) return {};
  if (length > r_.remaining()) {
    r_.malformed(fmt::format("unexpected end: length out of bounds: a name of {} bytes with {} "
                             "left",
                             length, r_.remaining()),
                 at);
    return {};
  }
  std::span<const uint8_t> bytes = r_.bytes(length);
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!is_utf8(text)) r_.malformed("malformed UTF-8 encoding", at);
  return text;
}

void ModuleDecoder::custom_section() {
  CustomSection custom;
  custom.name = name();
  custom.after = last_position_;
  custom.offset = r_.offset();
  custom.bytes = r_.bytes(r_.remaining());
  if (r_.ok()) m_.customs.push_back(custom);
}

// ---- Types

void ModuleDecoder::type_section() {
  uint32_t n = count(limits::kTypes, "types");
  m_.types.reserve(n);
  m_.rec_groups.reserve(n);
  for (uint32_t i = 0; i < n && r_.ok(); ++i) {
    RecGroup group;
    group.first = static_cast<uint32_t>(m_.types.size());
    group.offset = r_.offset();
    if (r_.peek() == kRec) {
      require(Feature::gc, "recursion group", r_.offset());
      r_.u8();
      uint64_t at = r_.offset();
      group.explicit_rec = true;
      group.count = r_.u32();
      if (group.count > r_.remaining())
        return r_.malformed("unexpected end of section or function: length out of bounds", at);
      if (m_.types.size() + group.count > limits::kTypes)
        return r_.fail(Kind::limit, fmt::format("too many types: the limit is {}", limits::kTypes),
                       at);
      for (uint32_t j = 0; j < group.count && r_.ok(); ++j) sub_type(group);
    } else {
      sub_type(group);
    }
    m_.rec_groups.push_back(group);
  }
}

void ModuleDecoder::sub_type(RecGroup&) {
  SubType type;
  uint8_t form = r_.peek();
  if (form == kSub || form == kSubFinal) {
    require(Feature::gc, "subtype", r_.offset());
    r_.u8();
    type.explicit_sub = true;
    type.final = form == kSubFinal;
    uint64_t at = r_.offset();
    uint32_t supers = r_.u32();
    if (supers > 1)
      return r_.malformed(fmt::format("malformed sub type: {} supertypes, one is the most", supers),
                          at);
    if (supers == 1) type.super = r_.u32();
  }
  composite_type(type);
  if (r_.ok()) m_.types.push_back(type);
}

void ModuleDecoder::composite_type(SubType& type) {
  uint64_t at = r_.offset();
  uint8_t form = r_.u8();
  if (!r_.ok()) return;
  switch (form) {
    case kFuncForm:
      type.kind = CompositeKind::func;
      type.func.params = value_types(limits::kParams, "parameters");
      type.func.results = value_types(limits::kResults, "results");
      return;
    case kStructForm: {
      require(Feature::gc, "struct type", at);
      require(Feature::gc_types, "struct type", at);
      type.kind = CompositeKind::struct_;
      uint64_t count_at = r_.offset();
      uint32_t n = r_.u32();
      if (n > limits::kFields)
        return r_.fail(Kind::limit,
                       fmt::format("too many fields: {}, the limit is {}", n, limits::kFields),
                       count_at);
      fields_.clear();
      for (uint32_t i = 0; i < n && r_.ok(); ++i) fields_.push_back(field_type());
      type.fields = m_.arena.copy(fields_);
      return;
    }
    case kArrayForm: {
      require(Feature::gc, "array type", at);
      require(Feature::gc_types, "array type", at);
      type.kind = CompositeKind::array;
      FieldType field = field_type();
      type.fields = m_.arena.copy(std::span<const FieldType>(&field, 1));
      return;
    }
    default:
      // The form was a LEB128 number once; test suites still look for an overlong one.
      if (form >= 0x80)
        return r_.malformed(
            fmt::format("integer representation too long: malformed type form {:#04x}", form), at);
      return r_.malformed(fmt::format("malformed type form {:#04x}", form), at);
  }
}

std::span<const ValType> ModuleDecoder::value_types(uint32_t limit, const char* what) {
  uint64_t at = r_.offset();
  uint32_t n = r_.u32();
  if (n > r_.remaining()) {
    r_.malformed("unexpected end of section or function: length out of bounds", at);
    return {};
  }
  if (n > limit) {
    r_.fail(Kind::limit, fmt::format("too many {}: {}, the limit is {}", what, n, limit), at);
    return {};
  }
  types_.clear();
  for (uint32_t i = 0; i < n && r_.ok(); ++i) types_.push_back(read_val_type(r_));
  return m_.arena.copy(types_);
}

FieldType ModuleDecoder::field_type() {
  FieldType field;
  field.type = read_storage_type(r_);
  field.mut = mutability();
  return field;
}

bool ModuleDecoder::mutability() {
  uint64_t at = r_.offset();
  uint8_t flag = r_.u8();
  if (flag > 1) r_.malformed(fmt::format("malformed mutability {:#04x}", flag), at);
  return flag == 1;
}

Limits ModuleDecoder::read_limits(uint8_t allowed, const char* what, MemoryType* memory) {
  uint64_t at = r_.offset();
  uint8_t flags = r_.u8();
  Limits limits;
  auto off = [&](uint8_t flag, Feature feature) {
    if ((flags & flag) == 0 || features_.has(feature)) return;
    r_.malformed(fmt::format("malformed limits flags {:#04x}: {} support is not enabled", flags,
                             isa::feature_info(feature).name),
                 at);
  };
  if ((flags & ~allowed) != 0)
    r_.malformed(fmt::format("malformed limits flags {:#04x} of a {}", flags, what), at);
  off(kShared, Feature::threads);
  off(kIs64, Feature::memory64);
  off(kHasPageSize, Feature::custom_page_sizes);
  if (!r_.ok()) return limits;
  limits.shared = (flags & kShared) != 0;
  limits.is64 = (flags & kIs64) != 0;
  auto size = [&] { return features_.has(Feature::memory64) ? r_.u64() : r_.u32(); };
  limits.min = size();
  if (flags & kHasMax) limits.max = size();
  if (flags & kHasPageSize) {
    uint64_t page_at = r_.offset();
    uint32_t log2 = r_.u32();
    if (log2 > 64) r_.malformed(fmt::format("invalid custom page size 2^{}", log2), page_at);
    memory->page_size_log2 = static_cast<uint8_t>(log2);
    memory->explicit_page_size = true;
  }
  return limits;
}

TableType ModuleDecoder::table_type() {
  TableType type;
  type.elem = read_ref_type(r_);
  type.limits = read_limits(kHasMax | kIs64, "table", nullptr);
  return type;
}

MemoryType ModuleDecoder::memory_type() {
  MemoryType type;
  type.limits = read_limits(kHasMax | kShared | kIs64 | kHasPageSize, "memory", &type);
  return type;
}

GlobalType ModuleDecoder::global_type() {
  GlobalType type;
  type.type = read_val_type(r_);
  type.mut = mutability();
  return type;
}

uint32_t ModuleDecoder::tag_type() {
  uint64_t at = r_.offset();
  uint8_t attribute = r_.u8();
  if (attribute != 0) r_.malformed(fmt::format("malformed tag attribute {}", attribute), at);
  return r_.u32();
}

// ---- Sections of declarations

void ModuleDecoder::import_section() {
  uint32_t n = count(limits::kImports, "imports");
  m_.imports.reserve(n);
  for (uint32_t i = 0; i < n && r_.ok(); ++i) {
    Import import;
    import.offset = r_.offset();
    import.module = name();
    import.name = name();
    uint64_t at = r_.offset();
    uint8_t kind = r_.u8();
    if (!r_.ok()) return;
    switch (kind) {
      case 0: {
        FuncDecl func{r_.u32()};
        import.desc = func;
        m_.funcs.push_back(func);
        ++m_.imported_funcs;
        break;
      }
      case 1: {
        TableType type = table_type();
        import.desc = type;
        m_.tables.push_back({type, {}});
        ++m_.imported_tables;
        break;
      }
      case 2: {
        MemoryType type = memory_type();
        import.desc = type;
        m_.memories.push_back({type});
        ++m_.imported_memories;
        break;
      }
      case 3: {
        GlobalType type = global_type();
        import.desc = type;
        m_.globals.push_back({type, {}});
        ++m_.imported_globals;
        break;
      }
      case 4: {
        if (!features_.has(Feature::legacy_exceptions))
          require(Feature::exceptions, "malformed import kind 4", at);
        TagDecl tag{tag_type()};
        import.desc = tag;
        m_.tags.push_back(tag);
        ++m_.imported_tags;
        break;
      }
      default: return r_.malformed(fmt::format("malformed import kind {}", kind), at);
    }
    m_.imports.push_back(import);
  }
}

void ModuleDecoder::function_section() {
  uint32_t n = count(limits::kFunctions, "functions", m_.funcs.size());
  m_.funcs.reserve(m_.funcs.size() + n);
  for (uint32_t i = 0; i < n && r_.ok(); ++i) m_.funcs.push_back({r_.u32()});
}

void ModuleDecoder::table_section() {
  uint32_t n = count(limits::kTables, "tables", m_.tables.size());
  for (uint32_t i = 0; i < n && r_.ok(); ++i) {
    TableDecl table;
    uint64_t at = r_.offset();
    if (r_.peek() == 0x40) {
      require(Feature::function_references, "table initializer", at);
      r_.u8();
      if (r_.u8() != 0) r_.malformed("malformed table: zero byte expected", at + 1);
      table.type = table_type();
      table.init = const_expr();
    } else {
      table.type = table_type();
    }
    m_.tables.push_back(table);
  }
}

void ModuleDecoder::memory_section() {
  uint32_t n = count(limits::kMemories, "memories", m_.memories.size());
  for (uint32_t i = 0; i < n && r_.ok(); ++i) m_.memories.push_back({memory_type()});
}

void ModuleDecoder::tag_section() {
  uint32_t n = count(limits::kTags, "tags", m_.tags.size());
  for (uint32_t i = 0; i < n && r_.ok(); ++i) m_.tags.push_back({tag_type()});
}

void ModuleDecoder::global_section() {
  uint32_t n = count(limits::kGlobals, "globals", m_.globals.size());
  m_.globals.reserve(m_.globals.size() + n);
  for (uint32_t i = 0; i < n && r_.ok(); ++i) {
    GlobalDecl global;
    global.type = global_type();
    global.init = const_expr();
    m_.globals.push_back(global);
  }
}

void ModuleDecoder::export_section() {
  uint32_t n = count(limits::kExports, "exports");
  m_.exports.reserve(n);
  for (uint32_t i = 0; i < n && r_.ok(); ++i) {
    Export e;
    e.offset = r_.offset();
    e.name = name();
    uint64_t at = r_.offset();
    uint8_t kind = r_.u8();
    if (!r_.ok()) return;
    bool tags = features_.has(Feature::exceptions) || features_.has(Feature::legacy_exceptions);
    if (kind > (tags ? 4 : 3))
      return r_.malformed(fmt::format("malformed export kind {}", kind), at);
    e.kind = static_cast<ExternKind>(kind);
    e.index = r_.u32();
    if (e.kind == ExternKind::func) referenced_.push_back(e.index);
    m_.exports.push_back(e);
  }
}

void ModuleDecoder::start_section() { m_.start = r_.u32(); }

// ---- Segments

// Finds the end of a constant expression. Blocks cannot occur in a valid one, but their nesting
// decides where an invalid one ends.
ConstExpr ModuleDecoder::const_expr() {
  ConstExpr expr;
  expr.offset = r_.offset();
  const uint8_t* begin = r_.position();
  Immediates imm;
  for (uint32_t depth = 1; depth > 0 && r_.ok();) {
    Op op = read_op(r_);
    if (!r_.ok()) break;
    isa::Imm kind = isa::op_info(op).imm;
    read_immediates(r_, kind, imm, storage_);
    if (kind == isa::Imm::block_type || kind == isa::Imm::try_table) ++depth;
    if (op == Op::end || op == Op::delegate) --depth;
    if (op == Op::ref_func) referenced_.push_back(imm.index);
  }
  if (r_.ok()) expr.code = {begin, r_.position()};
  return expr;
}

void ModuleDecoder::element_section() {
  uint32_t n = count(limits::kElemSegments, "element segments");
  m_.elems.reserve(n);
  for (uint32_t i = 0; i < n && r_.ok(); ++i) element_segment();
}

// The flags: bit 0, not active; bit 1, active: an explicit table, else: declarative; bit 2,
// expressions instead of function indices.
void ModuleDecoder::element_segment() {
  ElemSegment segment;
  segment.offset = r_.offset();
  segment.flags = r_.u32();
  if (!r_.ok()) return;
  uint32_t flags = segment.flags;
  if (!features_.has(Feature::bulk_memory) && !features_.has(Feature::reference_types)) {
    // The number was a table index. An explicit index in today's form says nothing new.
    if (flags != 0 && flags != 2)
      return r_.fail(Kind::invalid,
                     fmt::format("unknown table {}: malformed elements segment kind: bulk-memory "
                                 "support is not enabled",
                                 flags),
                     segment.offset);
  } else if (flags > 7) {
    return r_.malformed(fmt::format("malformed elements segment kind {}", flags), segment.offset);
  }
  bool passive = (flags & 1) != 0, explicit_kind = (flags & 3) != 0;
  segment.uses_exprs = (flags & 4) != 0;
  segment.mode = !passive           ? ElemSegment::Mode::active
                 : (flags & 2) != 0 ? ElemSegment::Mode::declarative
                                    : ElemSegment::Mode::passive;
  if (!passive) {
    if (flags & 2) segment.table = r_.u32();
    segment.start = const_expr();
  }
  // The short forms without a type hold functions that are not null, those with expressions any.
  segment.type = segment.uses_exprs ? isa::kFuncRef : isa::kFuncRef.as_non_null();
  if (explicit_kind) {
    uint64_t at = r_.offset();
    if (segment.uses_exprs) {
      segment.type = read_ref_type(r_);
    } else if (uint8_t kind = r_.u8(); kind != 0) {
      r_.malformed(fmt::format("malformed element kind {}", kind), at);
    }
  }
  uint64_t at = r_.offset();
  uint32_t n = r_.u32();
  if (n > r_.remaining())
    return r_.malformed("unexpected end of section or function: length out of bounds", at);
  if (n > limits::kElements)
    return r_.fail(
        Kind::limit,
        fmt::format("too many elements in a segment: {}, the limit is {}", n, limits::kElements),
        at);
  if (segment.uses_exprs) {
    exprs_.clear();
    for (uint32_t i = 0; i < n && r_.ok(); ++i) exprs_.push_back(const_expr());
    segment.exprs = m_.arena.copy(exprs_);
  } else {
    indices_.clear();
    for (uint32_t i = 0; i < n && r_.ok(); ++i) indices_.push_back(r_.u32());
    segment.funcs = m_.arena.copy(indices_);
    referenced_.insert(referenced_.end(), indices_.begin(), indices_.end());
  }
  if (r_.ok()) m_.elems.push_back(segment);
}

void ModuleDecoder::data_count_section() {
  m_.data_count = r_.u32();
  if (*m_.data_count > limits::kDataSegments)
    r_.fail(Kind::limit,
            fmt::format("too many data segments: the limit is {}", limits::kDataSegments),
            m_.sections.back().offset);
}

void ModuleDecoder::data_section() {
  uint32_t n = count(limits::kDataSegments, "data segments");
  m_.datas.reserve(n);
  for (uint32_t i = 0; i < n && r_.ok(); ++i) data_segment();
}

void ModuleDecoder::data_segment() {
  DataSegment segment;
  segment.offset = r_.offset();
  segment.flags = r_.u32();
  if (!r_.ok()) return;
  if (segment.flags > 2 || (segment.flags == 1 && !features_.has(Feature::bulk_memory)))
    return r_.malformed(
        fmt::format("malformed data segment kind {}{}", segment.flags,
                    segment.flags == 1 ? ": bulk-memory support is not enabled" : ""),
        segment.offset);
  segment.active = segment.flags != 1;
  if (segment.flags == 2) segment.memory = r_.u32();
  if (segment.active) segment.start = const_expr();
  uint64_t at = r_.offset();
  uint32_t size = r_.u32();
  if (size > r_.remaining())
    return r_.malformed(
        fmt::format("unexpected end of section or function: length out of bounds: a segment of {} "
                    "bytes with {} left",
                    size, r_.remaining()),
        at);
  segment.bytes = r_.bytes(size);
  if (r_.ok()) m_.datas.push_back(segment);
}

// ---- Code

void ModuleDecoder::code_section() {
  uint32_t n = count(limits::kFunctions, "function bodies");
  m_.bodies.reserve(n);
  for (uint32_t i = 0; i < n && r_.ok(); ++i) {
    uint64_t at = r_.offset();
    uint32_t size = r_.u32();
    if (!r_.ok()) return;
    if (size > r_.remaining())
      return r_.malformed(
          fmt::format("unexpected end of section or function: length out of bounds: a body of {} "
                      "bytes with {} left",
                      size, r_.remaining()),
          at);
    if (size > limits::kBodySize)
      return r_.fail(
          Kind::limit,
          fmt::format("function body of {} bytes: the limit is {}", size, limits::kBodySize), at);
    uint64_t offset = r_.offset();
    body(r_.bytes(size), offset);
  }
}

void ModuleDecoder::body(std::span<const uint8_t> bytes, uint64_t offset) {
  Reader r(bytes, offset);
  FuncBody body;
  body.start = offset;
  uint32_t n = r.u32();
  uint64_t total = 0;
  runs_.clear();
  for (uint32_t i = 0; i < n && r.ok(); ++i) {
    uint64_t at = r.offset();
    LocalRun run;
    run.count = r.u32();
    run.type = read_val_type(r);
    total += run.count;
    if (total > 0xFFFFFFFF) r.malformed("too many locals: more than 2^32 - 1", at);
    if (run.count != 0) runs_.push_back(run);
  }
  if (total > limits::kLocals)
    r.fail(Kind::limit, fmt::format("too many locals: {}, the limit is {}", total, limits::kLocals),
           offset);
  if (!r.ok()) return r_.fail(r.error().kind, r.error().message, r.error().offset);
  body.locals = m_.arena.copy(runs_);
  body.offset = r.offset();
  body.code = r.bytes(r.remaining());
  m_.bodies.push_back(body);
}

}  // namespace

LoadResult<Module> decode(std::span<const uint8_t> bytes, FeatureSet features,
                          std::pmr::memory_resource* memory) {
  return ModuleDecoder(bytes, features, memory).run();
}

LoadResult<Module> decode(SharedBytes bytes, FeatureSet features) {
  LoadResult<Module> result = decode(*bytes, features, bytes.memory());
  if (result) result->bytes = std::move(bytes);
  return result;
}

}  // namespace zwasm::module
