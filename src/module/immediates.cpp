// Reading and writing what follows an opcode.
#include "module/immediates.h"

#include "base/concat.h"
#include "base/format.h"

namespace zwasm::module {

using isa::AbsHeap;
using isa::HeapType;
using isa::Imm;
using isa::Op;
using isa::ValKind;
using isa::ValType;

namespace {

constexpr uint8_t kRef = 0x64, kRefNull = 0x63, kEmptyBlock = 0x40;
constexpr uint32_t kMemoryFlag = 0x40;  // in the alignment of a memarg: a memory index follows
constexpr uint8_t kFromNull = 1, kToNull = 2;  // flags of br_on_cast

// The type that a one-byte code stands for; `bottom` if none.
constexpr ValType type_of_code(uint8_t code) {
  switch (code) {
#define VAL_TYPE(id, name, code) \
  case code: return ValKind::id;
#define HEAP_TYPE(id, name, code, shorthand) \
  case code: return ValType::ref(AbsHeap::id, true);
#include "isa/types.def"
    default: return ValKind::bottom;
  }
}

constexpr uint8_t code_of_heap(AbsHeap heap) {
  switch (heap) {
#define HEAP_TYPE(id, name, code, shorthand) \
  case AbsHeap::id: return code;
#include "isa/types.def"
  }
  return 0;
}

HeapType concrete_heap(Reader& reader, int64_t index, uint64_t at) {
  if (index > int64_t{HeapType::kMaxIndex}) {
    reader.fail(LoadError::Kind::invalid, fmt::format("unknown type {}: out of range", index), at);
    return AbsHeap::func;
  }
  return HeapType::concrete(static_cast<uint32_t>(index));
}

BlockType read_block_type(Reader& reader) {
  BlockType block;
  uint8_t first = reader.peek();
  if (first == kEmptyBlock) {
    reader.u8();
    return block;
  }
  // Value types are negative numbers of one byte; anything else is an index.
  if ((first & 0xC0) == 0x40) {
    block.kind = BlockType::Kind::value;
    block.value = read_val_type(reader);
    return block;
  }
  uint64_t at = reader.offset();
  int64_t index = reader.s33();
  if (!reader.ok()) return block;
  if (index < 0) {
    reader.malformed("malformed block type", at);
    return block;
  }
  block.kind = BlockType::Kind::type;
  block.type = static_cast<uint32_t>(index);
  return block;
}

// A count of items that take at least a byte each, so that storage stays within the input's size.
uint32_t read_count(Reader& reader) {
  uint32_t count = reader.u32();
  if (count > reader.remaining()) {
    reader.take(reader.remaining() + 1);
    return 0;
  }
  return count;
}

void read_labels(Reader& reader, Immediates& imm, std::vector<uint32_t>& labels) {
  uint32_t count = read_count(reader);
  labels.clear();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) labels.push_back(reader.u32());
  imm.labels = labels;
  imm.index = reader.u32();
}

void read_catches(Reader& reader, Immediates& imm, std::vector<CatchClause>& catches) {
  uint32_t count = read_count(reader);
  catches.clear();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    uint64_t at = reader.offset();
    uint8_t kind = reader.u8();
    if (kind > 3) reader.malformed(fmt::format("malformed catch clause: kind {:#04x}", kind), at);
    CatchClause clause;
    clause.kind = static_cast<CatchClause::Kind>(kind & 3);
    if (clause.has_tag()) clause.tag = reader.u32();
    clause.label = reader.u32();
    catches.push_back(clause);
  }
  imm.catches = catches;
}

void read_memarg(Reader& reader, Immediates& imm) {
  uint64_t at = reader.offset();
  uint32_t flags = reader.u32();
  imm.index = 0;
  if (flags >= 2 * kMemoryFlag)
    reader.malformed(fmt::format("malformed memop flags {:#x}", flags), at);
  if (flags & kMemoryFlag) imm.index = reader.u32();
  imm.align = static_cast<uint8_t>(flags & (kMemoryFlag - 1));
  imm.value = reader.u64();
}

void write_memarg(std::vector<uint8_t>& out, const Immediates& imm) {
  write_uleb(out, imm.align | (imm.index != 0 ? kMemoryFlag : 0u));
  if (imm.index != 0) write_uleb(out, imm.index);
  write_uleb(out, imm.value);
}

template <class T>
void write_bytes(std::vector<uint8_t>& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

void write_block_type(std::vector<uint8_t>& out, const BlockType& block) {
  switch (block.kind) {
    case BlockType::Kind::empty: out.push_back(kEmptyBlock); break;
    case BlockType::Kind::value: write_val_type(out, block.value); break;
    case BlockType::Kind::type: write_sleb(out, block.type); break;
  }
}

}  // namespace

HeapType read_heap_type(Reader& reader) {
  uint64_t at = reader.offset();
  uint8_t first = reader.peek();
  if ((first & 0xC0) == 0x40) {
    reader.u8();
    ValType type = type_of_code(first);
    if (type.is_ref()) return type.heap();
    reader.malformed(fmt::format("malformed heap type {:#04x}", first), at);
    return AbsHeap::func;
  }
  int64_t index = reader.s33();
  if (index < 0) {
    reader.malformed("malformed heap type", at);
    return AbsHeap::func;
  }
  return concrete_heap(reader, index, at);
}

ValType read_storage_type(Reader& reader) {
  uint64_t at = reader.offset();
  uint8_t code = reader.u8();
  if (code == kRef || code == kRefNull)
    return ValType::ref(read_heap_type(reader), code == kRefNull);
  ValType type = type_of_code(code);
  if (type.is_bottom()) reader.malformed(fmt::format("malformed value type {:#04x}", code), at);
  return type;
}

ValType read_val_type(Reader& reader) {
  uint64_t at = reader.offset();
  ValType type = read_storage_type(reader);
  if (type.is_packed())
    reader.malformed(
        concat({"malformed value type: ", isa::to_string(type), " stands only in fields"}), at);
  return type;
}

ValType read_ref_type(Reader& reader) {
  uint64_t at = reader.offset();
  uint8_t code = reader.peek();
  if (code != kRef && code != kRefNull && !type_of_code(code).is_ref()) {
    if (!reader.at_end())
      reader.malformed(fmt::format("malformed reference type {:#04x}", code), at);
    else reader.u8();
    return isa::kFuncRef;
  }
  return read_storage_type(reader);
}

void write_heap_type(std::vector<uint8_t>& out, HeapType heap) {
  if (heap.is_concrete()) write_sleb(out, heap.index());
  else out.push_back(code_of_heap(heap.abs()));
}

void write_val_type(std::vector<uint8_t>& out, ValType type) {
  switch (type.kind()) {
#define VAL_TYPE(id, name, code) \
  case ValKind::id: out.push_back(code); return;
#include "isa/types.def"
    case ValKind::bottom: return;
    case ValKind::ref: break;
  }
  if (!type.nullable()) out.push_back(kRef);
  if (type.nullable() && type.heap().is_concrete()) out.push_back(kRefNull);
  write_heap_type(out, type.heap());
}

Op read_op(Reader& reader) {
  uint64_t at = reader.offset();
  uint8_t prefix = reader.u8();
  uint32_t code = prefix;
  bool prefixed = prefix >= 0xFB && prefix <= 0xFE;
  if (prefixed) code = reader.u32();
  if (!reader.ok()) return Op::unreachable;
  std::optional<Op> op = isa::op_by_code(prefixed ? prefix : uint8_t{0}, code);
  if (op) return *op;
  reader.malformed(prefixed ? fmt::format("illegal opcode {:02x} {:02x}", prefix, code)
                            : fmt::format("illegal opcode {:02x}", prefix),
                   at);
  return Op::unreachable;
}

void write_op(std::vector<uint8_t>& out, Op op) {
  const isa::OpInfo& info = isa::op_info(op);
  if (info.prefix != 0) {
    out.push_back(info.prefix);
    write_uleb(out, info.code);
  } else {
    out.push_back(static_cast<uint8_t>(info.code));
  }
}

void read_immediates(Reader& reader, Imm kind, Immediates& imm, ImmediateStorage& storage) {
  switch (kind) {
    case Imm::none: break;
    case Imm::block_type: imm.block = read_block_type(reader); break;
    case Imm::try_table:
      imm.block = read_block_type(reader);
      read_catches(reader, imm, storage.catches);
      break;
    case Imm::label_table: read_labels(reader, imm, storage.labels); break;
    case Imm::label:
    case Imm::func:
    case Imm::type:
    case Imm::local:
    case Imm::global:
    case Imm::table:
    case Imm::elem:
    case Imm::data:
    case Imm::memory:
    case Imm::tag: imm.index = reader.u32(); break;
    case Imm::type_table:
    case Imm::table_table:
    case Imm::elem_table:
    case Imm::data_memory:
    case Imm::memory_memory:
    case Imm::type_field:
    case Imm::type_type:
    case Imm::type_count:
    case Imm::type_data:
    case Imm::type_elem:
      imm.index = reader.u32();
      imm.index2 = reader.u32();
      break;
    case Imm::memarg: read_memarg(reader, imm); break;
    case Imm::memarg_lane:
      read_memarg(reader, imm);
      imm.lane = reader.u8();
      break;
    case Imm::lane: imm.lane = reader.u8(); break;
    case Imm::lanes:
    case Imm::v128_const: imm.bytes = reader.take(16); break;
    case Imm::i32_const:
      imm.value = static_cast<uint64_t>(static_cast<int64_t>(reader.s32()));
      break;
    case Imm::i64_const: imm.value = static_cast<uint64_t>(reader.s64()); break;
    case Imm::f32_const: imm.value = reader.fixed32(); break;
    case Imm::f64_const: imm.value = reader.fixed64(); break;
    case Imm::heap_type:
    case Imm::ref_type:
    case Imm::ref_type_null: imm.heap = read_heap_type(reader); break;
    case Imm::br_cast: {
      uint64_t at = reader.offset();
      uint8_t flags = reader.u8();
      if (flags > (kFromNull | kToNull))
        reader.malformed(fmt::format("malformed br_on_cast flags {:#04x}", flags), at);
      imm.index = reader.u32();
      imm.from = ValType::ref(read_heap_type(reader), (flags & kFromNull) != 0);
      imm.to = ValType::ref(read_heap_type(reader), (flags & kToNull) != 0);
      break;
    }
    case Imm::select_types: {
      uint32_t count = read_count(reader);
      storage.types.clear();
      for (uint32_t i = 0; i < count && reader.ok(); ++i)
        storage.types.push_back(read_val_type(reader));
      imm.types = storage.types;
      break;
    }
    case Imm::fence: {
      uint64_t at = reader.offset();
      if (reader.u8() != 0) reader.malformed("zero byte expected", at);
      break;
    }
  }
}

void write_immediates(std::vector<uint8_t>& out, Imm kind, const Immediates& imm) {
  switch (kind) {
    case Imm::none: break;
    case Imm::block_type: write_block_type(out, imm.block); break;
    case Imm::try_table:
      write_block_type(out, imm.block);
      write_uleb(out, imm.catches.size());
      for (const CatchClause& clause : imm.catches) {
        out.push_back(static_cast<uint8_t>(clause.kind));
        if (clause.has_tag()) write_uleb(out, clause.tag);
        write_uleb(out, clause.label);
      }
      break;
    case Imm::label_table:
      write_uleb(out, imm.labels.size());
      for (uint32_t label : imm.labels) write_uleb(out, label);
      write_uleb(out, imm.index);
      break;
    case Imm::label:
    case Imm::func:
    case Imm::type:
    case Imm::local:
    case Imm::global:
    case Imm::table:
    case Imm::elem:
    case Imm::data:
    case Imm::memory:
    case Imm::tag: write_uleb(out, imm.index); break;
    case Imm::type_table:
    case Imm::table_table:
    case Imm::elem_table:
    case Imm::data_memory:
    case Imm::memory_memory:
    case Imm::type_field:
    case Imm::type_type:
    case Imm::type_count:
    case Imm::type_data:
    case Imm::type_elem:
      write_uleb(out, imm.index);
      write_uleb(out, imm.index2);
      break;
    case Imm::memarg: write_memarg(out, imm); break;
    case Imm::memarg_lane:
      write_memarg(out, imm);
      out.push_back(imm.lane);
      break;
    case Imm::lane: out.push_back(imm.lane); break;
    case Imm::lanes:
    case Imm::v128_const: out.insert(out.end(), imm.bytes, imm.bytes + 16); break;
    case Imm::i32_const: write_sleb(out, static_cast<int32_t>(imm.value)); break;
    case Imm::i64_const: write_sleb(out, static_cast<int64_t>(imm.value)); break;
    case Imm::f32_const: write_bytes(out, static_cast<uint32_t>(imm.value)); break;
    case Imm::f64_const: write_bytes(out, imm.value); break;
    case Imm::heap_type:
    case Imm::ref_type:
    case Imm::ref_type_null: write_heap_type(out, imm.heap); break;
    case Imm::br_cast:
      out.push_back(static_cast<uint8_t>((imm.from.nullable() ? kFromNull : 0) |
                                         (imm.to.nullable() ? kToNull : 0)));
      write_uleb(out, imm.index);
      write_heap_type(out, imm.from.heap());
      write_heap_type(out, imm.to.heap());
      break;
    case Imm::select_types:
      write_uleb(out, imm.types.size());
      for (ValType type : imm.types) write_val_type(out, type);
      break;
    case Imm::fence: out.push_back(0); break;
  }
}

}  // namespace zwasm::module
