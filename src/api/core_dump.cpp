// Core dumps of WebAssembly (tool-conventions, Coredump.md): a module without code whose memories
// and globals hold what the store's held, with custom sections that say where every thread stood:
//
//     "core"           the program's name
//     "coremodules"    names of the modules
//     "coreinstances"  per instance: its module, its memories and globals (indices in this module)
//     "corestack"      the frames: instance, function, offset in it; values of locals are not known
//
// Pages of zeros are left out of the data.
#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "api/convert.h"
#include "runtime/instance.h"
#include "runtime/memory.h"
#include "runtime/store.h"
#include "zwasm/store.h"

namespace zwasm {
namespace {

constexpr size_t kChunk = 4096;  // bytes that are looked at together for being zero

class Writer {
 public:
  void u8(unsigned byte) { bytes_.push_back(static_cast<uint8_t>(byte)); }
  void uleb(uint64_t value) {
    for (; value >= 0x80; value >>= 7) u8((value & 0x7f) | 0x80);
    u8(static_cast<unsigned>(value));
  }
  void sleb(int64_t value) {
    for (;; value >>= 7) {
      const unsigned low = value & 0x7f;
      if ((value >> 6) == 0 || (value >> 6) == -1) return u8(low);
      u8(low | 0x80);
    }
  }
  void raw(const void* data, size_t size) {
    if (size == 0) return;
    const size_t at = bytes_.size();
    bytes_.resize(at + size);
    std::memcpy(bytes_.data() + at, data, size);
  }
  void name(std::string_view text) {
    uleb(text.size());
    raw(text.data(), text.size());
  }
  void section(unsigned id, const Writer& contents) {
    u8(id);
    uleb(contents.bytes_.size());
    raw(contents.bytes_.data(), contents.bytes_.size());
  }
  std::vector<uint8_t>& bytes() { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

// The position of each object in a list of distinct ones.
template <class T>
struct Numbered {
  std::vector<T*> items;
  std::unordered_map<const T*, uint32_t> positions;
  uint32_t operator()(T* item) {
    auto [at, added] = positions.try_emplace(item, static_cast<uint32_t>(items.size()));
    if (added) items.push_back(item);
    return at->second;
  }
};

void write_memory_type(Writer& out, const runtime::Memory& memory) {
  const module::MemoryType& type = memory.type();
  const bool odd_pages = type.page_size_log2 != 16;
  const bool has_max = type.limits.max.has_value();
  out.u8((has_max ? 1u : 0u) | (type.limits.shared ? 2u : 0u) | (type.limits.is64 ? 4u : 0u) |
         (odd_pages ? 8u : 0u));
  out.uleb(memory.pages());
  if (has_max) out.uleb(*type.limits.max);
  if (odd_pages) out.uleb(type.page_size_log2);
}

void write_data(Writer& out, uint32_t& count, uint32_t index, const runtime::Memory& memory) {
  const uint8_t* base = memory.base;
  const uint64_t size = memory.byte_length.load(std::memory_order_acquire);
  auto zero = [&](uint64_t at) {
    const size_t length = std::min<uint64_t>(kChunk, size - at);
    return base[at] == 0 && std::memcmp(base + at, base + at + 1, length - 1) == 0;
  };
  for (uint64_t at = 0; at < size;) {
    if (zero(at)) {
      at += kChunk;
      continue;
    }
    uint64_t end = at;
    while (end < size && !zero(end)) end += kChunk;
    end = std::min(end, size);
    ++count;
    if (index == 0) {
      out.u8(0);
    } else {
      out.u8(2);
      out.uleb(index);
    }
    out.u8(memory.type().limits.is64 ? 0x42 : 0x41);  // i64.const, i32.const
    out.sleb(memory.type().limits.is64 ? static_cast<int64_t>(at)
                                       : static_cast<int32_t>(static_cast<uint32_t>(at)));
    out.u8(0x0b);
    out.uleb(end - at);
    out.raw(base + at, end - at);
    at = end;
  }
}

// References mean nothing outside of their store: they are written as null externrefs.
void write_global(Writer& out, const runtime::Global& global) {
  const uint64_t low = global.slots[0].u64;
  switch (global.type.kind()) {
    case isa::ValKind::i32:
      out.u8(0x7f), out.u8(global.mut), out.u8(0x41), out.sleb(static_cast<int32_t>(low));
      break;
    case isa::ValKind::i64:
      out.u8(0x7e), out.u8(global.mut), out.u8(0x42), out.sleb(static_cast<int64_t>(low));
      break;
    case isa::ValKind::f32: out.u8(0x7d), out.u8(global.mut), out.u8(0x43), out.raw(&low, 4); break;
    case isa::ValKind::f64: out.u8(0x7c), out.u8(global.mut), out.u8(0x44), out.raw(&low, 8); break;
    case isa::ValKind::v128:
      out.u8(0x7b), out.u8(global.mut), out.u8(0xfd), out.uleb(12), out.raw(global.slots, 16);
      break;
    case isa::ValKind::ref:
    case isa::ValKind::i8:
    case isa::ValKind::i16:
    case isa::ValKind::bottom: out.u8(0x6f), out.u8(global.mut), out.u8(0xd0), out.u8(0x6f); break;
  }
  out.u8(0x0b);
}

}  // namespace

std::vector<uint8_t> Store::core_dump(const Error& error, std::string_view program) const {
  if (detail::live(state_.get()) == nullptr) return {};
  runtime::Store& store = *state_.get()->runtime;
  Numbered<runtime::LoadedModule> modules;
  Numbered<runtime::Memory> memories;
  Numbered<runtime::Global> globals;
  std::unordered_map<const void*, uint32_t> numbers;

  Writer instances;
  instances.name("coreinstances");
  instances.uleb(store.instances().size());
  for (runtime::InstanceRecord* instance : store.instances()) {
    numbers.emplace(instance, static_cast<uint32_t>(numbers.size()));
    const module::Module& module = instance->module->module();
    instances.u8(0);
    instances.uleb(modules(instance->module));
    instances.uleb(module.memories.size());
    for (size_t i = 0; i < module.memories.size(); ++i)
      instances.uleb(memories(static_cast<runtime::Memory*>(instance->memories[i])));
    instances.uleb(module.globals.size());
    for (size_t i = 0; i < module.globals.size(); ++i)
      instances.uleb(globals(static_cast<runtime::Global*>(instance->globals[i])));
  }

  Writer core;
  core.name("core");
  core.u8(0);
  core.name(program);
  Writer names;
  names.name("coremodules");
  names.uleb(modules.items.size());
  for (const runtime::LoadedModule* module : modules.items) {
    names.u8(0);
    names.name(module->module_name());
  }
  Writer stack;
  stack.name("corestack");
  stack.u8(0);
  stack.name("main");
  stack.uleb(error.backtrace.size());
  for (const Frame& frame : error.backtrace) {
    auto at = numbers.find(frame.instance);
    stack.u8(0);
    stack.uleb(at != numbers.end() ? at->second : 0);
    stack.uleb(frame.func_index);
    stack.uleb(frame.func_offset);
    stack.uleb(0);  // locals
    stack.uleb(0);  // operands
  }

  Writer memory_section, global_section, data, data_section;
  memory_section.uleb(memories.items.size());
  uint32_t segments = 0;
  for (size_t i = 0; i < memories.items.size(); ++i) {
    write_memory_type(memory_section, *memories.items[i]);
    write_data(data, segments, static_cast<uint32_t>(i), *memories.items[i]);
  }
  global_section.uleb(globals.items.size());
  for (const runtime::Global* global : globals.items) write_global(global_section, *global);
  data_section.uleb(segments);
  data_section.raw(data.bytes().data(), data.bytes().size());

  Writer out;
  out.raw("\0asm\1\0\0\0", 8);
  out.section(0, core);
  out.section(0, names);
  out.section(0, instances);
  if (!memories.items.empty()) out.section(5, memory_section);
  if (!globals.items.empty()) out.section(6, global_section);
  if (segments != 0) out.section(11, data_section);
  out.section(0, stack);
  return std::move(out.bytes());
}

}  // namespace zwasm
