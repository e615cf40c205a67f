#include "text/print_instructions.h"

#include <bit>

#include "base/format.h"
#include "text/literals.h"
#include "text/print_output.h"
#include "text/type_names.h"

namespace zwasm::text {

using isa::Imm;
using isa::Op;

namespace {

template <class... Args>
void put(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  append_format(out, format, std::forward<Args>(args)...);
}

}  // namespace

void InstructionText::begin(uint32_t function) {
  labels_.clear();
  labels_seen_ = 0;
  label_names_ = {};
  locals_.clear();
  if (function == kNoFunction) return;
  labels_.push({});
  label_names_ = names_.labels(function);
  size_t count = 0;
  if (const module::FuncType* type = func_type(module_.funcs[function].type)) {
    count = type->params.size();
  }
  if (function >= module_.imported_funcs) {
    for (const module::LocalRun& run : module_.bodies[function - module_.imported_funcs].locals) {
      count += run.count;
    }
  }
  locals_.assign(names_.locals(function), count);
}

// --- types ------------------------------------------------------------------------------------

void InstructionText::append_heap_type(std::string& out, isa::HeapType heap) const {
  if (heap.is_concrete()) names_.of(NameKind::type).append_use(out, heap.index());
  else out += isa::heap_name(heap.abs());
}

void InstructionText::append_val_type(std::string& out, isa::ValType type) const {
  if (!type.is_ref()) {
    out += isa::to_string(type);
  } else if (type.nullable() && !type.heap().is_concrete()) {
    out += shorthand_of(type.heap().abs());
  } else {
    out += type.nullable() ? "(ref null " : "(ref ";
    append_heap_type(out, type.heap());
    out += ')';
  }
}

const module::FuncType* InstructionText::func_type(uint32_t type) const {
  if (type >= module_.types.size()) return nullptr;
  const module::SubType& sub = module_.types[type];
  return sub.kind == module::CompositeKind::func ? &sub.func : nullptr;
}

void InstructionText::append_signature(std::string& out, const module::FuncType& type,
                                       const Identifiers* param_names) const {
  bool open = false;  // unnamed parameters share parentheses
  for (uint32_t i = 0; i < type.params.size(); ++i) {
    bool named = param_names != nullptr && param_names->has(i);
    if (open && named) out += ')';
    if (named || !open) out += " (param";
    if (named) param_names->append_declaration(out, i);
    out += ' ';
    append_val_type(out, type.params[i]);
    if (named) out += ')';
    open = !named;
  }
  if (open) out += ')';
  if (type.results.empty()) return;
  out += " (result";
  for (isa::ValType result : type.results) {
    out += ' ';
    append_val_type(out, result);
  }
  out += ')';
}

void InstructionText::append_type_use(std::string& out, uint32_t type,
                                      const Identifiers* param_names) const {
  out += " (type ";
  names_.of(NameKind::type).append_use(out, type);
  out += ')';
  if (const module::FuncType* func = func_type(type)) append_signature(out, *func, param_names);
}

// --- labels -----------------------------------------------------------------------------------

// The label that the instruction just written is: its identifier, or a comment with its number.
void InstructionText::enter(std::string& out) {
  while (!label_names_.empty() && label_names_.front().index < labels_seen_) {
    label_names_ = label_names_.subspan(1);
  }
  bool named = !label_names_.empty() && label_names_.front().index == labels_seen_;
  ++labels_seen_;
  std::string_view name = named ? label_names_.front().name : std::string_view();
  labels_.push(name);
  if (!named) {
    put(out, " (;@{};)", labels_.size() - 1);
  } else if (name.empty()) {
    out += " (@name \"\")";
  } else {
    out += ' ';
    append_id(out, name);
  }
}

void InstructionText::append_label(std::string& out, uint32_t depth) const {
  out += ' ';
  if (depth >= labels_.size()) {
    put(out, "{}", depth);
    return;
  }
  size_t target = labels_.size() - 1 - depth;
  // An inner label of the same name would be found first.
  std::string_view name = labels_.name(target);
  if (!name.empty() && labels_.find(name) == target) append_id(out, name);
  else put(out, "{} (;@{};)", depth, target);
}

// --- instructions -----------------------------------------------------------------------------

void InstructionText::append(std::string& out, Op op, const module::Immediates& imm) {
  out += isa::op_info(op).text;
  if (opens_block(op)) {
    // What follows the label (types, catch clauses) is outside of it.
    std::string immediates;
    append_immediates(immediates, op, imm);
    enter(out);
    out += immediates;
  } else {
    append_immediates(out, op, imm);
  }
}

void InstructionText::append_block_type(std::string& out, const module::BlockType& block) const {
  switch (block.kind) {
    case module::BlockType::Kind::empty: break;
    case module::BlockType::Kind::value:
      out += " (result ";
      append_val_type(out, block.value);
      out += ')';
      break;
    case module::BlockType::Kind::type: append_type_use(out, block.type, nullptr); break;
  }
}

void InstructionText::append_memarg(std::string& out, Op op, const module::Immediates& imm) const {
  if (imm.index != 0) {
    out += ' ';
    names_.of(NameKind::memory).append_use(out, imm.index);
  }
  if (imm.value != 0) put(out, " offset={}", imm.value);
  if (imm.align != std::countr_zero(isa::op_info(op).width)) {
    put(out, " align={}", uint64_t{1} << imm.align);
  }
}

void InstructionText::append_vector(std::string& out, const uint8_t* bytes) const {
  out += " i32x4";
  for (int lane = 0; lane < 4; ++lane, bytes += 4) {
    put(out, " 0x{:02x}{:02x}{:02x}{:02x}", bytes[3], bytes[2], bytes[1], bytes[0]);
  }
}

void InstructionText::append_immediates(std::string& out, Op op, const module::Immediates& imm) {
  auto use = [&](NameKind kind, uint32_t index) {
    out += ' ';
    names_.of(kind).append_use(out, index);
  };
  auto use_unless_zero = [&](NameKind kind, uint32_t index) {
    if (index != 0) use(kind, index);
  };
  auto number = [&](auto value) { put(out, " {}", value); };
  switch (isa::op_info(op).imm) {
    case Imm::none: break;
    case Imm::block_type: append_block_type(out, imm.block); break;
    case Imm::try_table:
      append_block_type(out, imm.block);
      for (const module::CatchClause& clause : imm.catches) {
        out += clause.has_tag() ? " (catch" : " (catch_all";
        if (clause.has_ref()) out += "_ref";
        if (clause.has_tag()) use(NameKind::tag, clause.tag);
        append_label(out, clause.label);
        out += ')';
      }
      break;
    case Imm::label: append_label(out, imm.index); break;
    case Imm::label_table:
      for (uint32_t label : imm.labels) append_label(out, label);
      append_label(out, imm.index);
      break;
    case Imm::func: use(NameKind::func, imm.index); break;
    case Imm::type_table:
      use_unless_zero(NameKind::table, imm.index2);
      append_type_use(out, imm.index, nullptr);
      break;
    case Imm::type: use(NameKind::type, imm.index); break;
    case Imm::local:
      out += ' ';
      locals_.append_use(out, imm.index);
      break;
    case Imm::global: use(NameKind::global, imm.index); break;
    case Imm::table: use(NameKind::table, imm.index); break;
    case Imm::table_table:
      if (imm.index == 0 && imm.index2 == 0) break;
      use(NameKind::table, imm.index);
      use(NameKind::table, imm.index2);
      break;
    case Imm::elem_table:
      use_unless_zero(NameKind::table, imm.index2);
      use(NameKind::elem, imm.index);
      break;
    case Imm::elem: use(NameKind::elem, imm.index); break;
    case Imm::data: use(NameKind::data, imm.index); break;
    case Imm::data_memory:
      use_unless_zero(NameKind::memory, imm.index2);
      use(NameKind::data, imm.index);
      break;
    case Imm::memory: use_unless_zero(NameKind::memory, imm.index); break;
    case Imm::memory_memory:
      if (imm.index == 0 && imm.index2 == 0) break;
      use(NameKind::memory, imm.index);
      use(NameKind::memory, imm.index2);
      break;
    case Imm::memarg: append_memarg(out, op, imm); break;
    case Imm::memarg_lane:
      append_memarg(out, op, imm);
      number(imm.lane);
      break;
    case Imm::lane: number(imm.lane); break;
    case Imm::lanes:
      for (int i = 0; i < 16; ++i) number(imm.bytes[i]);
      break;
    case Imm::v128_const: append_vector(out, imm.bytes); break;
    case Imm::i32_const: number(static_cast<int32_t>(imm.value)); break;
    case Imm::i64_const: number(static_cast<int64_t>(imm.value)); break;
    case Imm::f32_const: number(format_f32(static_cast<uint32_t>(imm.value))); break;
    case Imm::f64_const: number(format_f64(imm.value)); break;
    case Imm::heap_type:
      out += ' ';
      append_heap_type(out, imm.heap);
      break;
    case Imm::ref_type:
    case Imm::ref_type_null:
      out += ' ';
      append_val_type(out, isa::ValType::ref(imm.heap, isa::op_info(op).imm == Imm::ref_type_null));
      break;
    case Imm::br_cast:
      append_label(out, imm.index);
      out += ' ';
      append_val_type(out, imm.from);
      out += ' ';
      append_val_type(out, imm.to);
      break;
    case Imm::select_types:
      out += " (result";
      for (isa::ValType type : imm.types) {
        out += ' ';
        append_val_type(out, type);
      }
      out += ')';
      break;
    case Imm::type_field:
      use(NameKind::type, imm.index);
      out += ' ';
      names_.fields(imm.index).append_use(out, imm.index2);
      break;
    case Imm::type_type:
      use(NameKind::type, imm.index);
      use(NameKind::type, imm.index2);
      break;
    case Imm::type_count:
      use(NameKind::type, imm.index);
      number(imm.index2);
      break;
    case Imm::type_data:
      use(NameKind::type, imm.index);
      use(NameKind::data, imm.index2);
      break;
    case Imm::type_elem:
      use(NameKind::type, imm.index);
      use(NameKind::elem, imm.index2);
      break;
    case Imm::tag: use(NameKind::tag, imm.index); break;
    case Imm::fence: break;
  }
}

}  // namespace zwasm::text
