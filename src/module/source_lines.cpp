#include "module/source_lines.h"

#include <algorithm>
#include <string_view>

#include "base/sort.h"
#include "module/dwarf.h"
#include "module/reader.h"
#include "module/sections.h"

namespace zwasm::module {
namespace {

using namespace dwarf;

// Numbers of the DWARF standard, section 7.22.
enum Content : uint8_t { kPath = 1, kDirectoryIndex = 2 };
enum Form : uint8_t {
  kData2 = 0x05,
  kData4 = 0x06,
  kData8 = 0x07,
  kString = 0x08,
  kBlock = 0x09,
  kData1 = 0x0b,
  kStrp = 0x0e,
  kUdata = 0x0f,
  kData16 = 0x1e,
  kLineStrp = 0x1f,
};

std::string_view c_string(Reader& r) {
  auto* begin = reinterpret_cast<const char*>(r.position());
  size_t size = 0;
  while (r.ok() && r.u8() != 0) ++size;
  return r.ok() ? std::string_view(begin, size) : std::string_view();
}

std::string_view string_at(std::span<const uint8_t> section, uint64_t at) {
  if (at >= section.size()) return {};
  Reader r(section.subspan(at), 0);
  return c_string(r);
}

uint64_t fixed(Reader& r, unsigned size) {
  const uint8_t* p = r.take(size);
  uint64_t value = 0;
  for (unsigned i = 0; p != nullptr && i < size; ++i) value |= uint64_t{p[i]} << (8 * i);
  return value;
}

}  // namespace

// What a unit says about its program and its files.
struct SourceLines::Header {
  uint16_t version = 0;
  bool wide = false;  // 64-bit DWARF
  uint8_t min_length = 1;
  int8_t line_base = 0;
  uint8_t line_range = 1;
  uint8_t opcode_base = 1;
  uint64_t lengths = 0;  // offset of the operand counts of the standard opcodes
  uint64_t files = 0;    // offset of the directory and file tables
  uint64_t program = 0, end = 0;
};

// The registers of the machine, and one step of it.
struct SourceLines::Machine {
  enum class Step : uint8_t { none, row, end_sequence };

  const Header& header;
  std::span<const uint8_t> section;
  uint64_t address = 0;
  uint64_t file = 1;
  uint32_t line = 1, column = 0;

  Step step(Reader& r) {
    const uint8_t op = r.u8();
    if (op >= header.opcode_base) {
      const unsigned adjusted = op - header.opcode_base;
      advance(adjusted / header.line_range);
      line +=
          static_cast<uint32_t>(header.line_base + static_cast<int>(adjusted % header.line_range));
      return Step::row;
    }
    switch (op) {
      case kExtended: return extended(r);
      case kCopy: return Step::row;
      case kAdvancePc: advance(r.u64()); return Step::none;
      case kAdvanceLine: line += static_cast<uint32_t>(r.s64()); return Step::none;
      case kSetFile: file = r.u64(); return Step::none;
      case kSetColumn: column = static_cast<uint32_t>(r.u64()); return Step::none;
      case kNegateStmt:
      case kSetBasicBlock: return Step::none;
      case kConstAddPc: advance((255u - header.opcode_base) / header.line_range); return Step::none;
      case kFixedAdvancePc: address += fixed(r, 2); return Step::none;
      default:  // one that this version of DWARF does not know says how many operands it has
        for (uint8_t n = section[header.lengths + op - 1]; n != 0; --n) r.u64();
        return Step::none;
    }
  }

 private:
  void advance(uint64_t operation) { address += operation * header.min_length; }
  Step extended(Reader& r) {
    const uint64_t size = r.u64();
    if (size == 0 || size > r.remaining()) return r.malformed("line table"), Step::none;
    Reader body(r.bytes(size), 0);
    const uint8_t op = body.u8();
    if (op == kEndSequence) return Step::end_sequence;
    if (op == kSetAddress)
      address = fixed(body, static_cast<unsigned>(std::min<uint64_t>(size - 1, 8)));
    return Step::none;
  }
};

SourceLines::SourceLines(const Module& module) {
  for (const CustomSection& custom : module.customs) {
    if (custom.name == ".debug_line") lines_ = custom.bytes;
    if (custom.name == ".debug_str") strings_ = custom.bytes;
    if (custom.name == ".debug_line_str") line_strings_ = custom.bytes;
  }
  for (const SectionExtent& section : module.sections)
    if (section.id == static_cast<uint8_t>(SectionId::code)) code_ = section.offset;
  Header header;
  for (uint64_t at = 0; at < lines_.size(); at = header.end) {
    if (!read_header(at, header)) {
      if (header.end <= at) break;  // without its size the next one is not found
      continue;
    }
    note_sequences(header);
    for (auto s = sequences_.rbegin(); s != sequences_.rend() && s->unit == UINT64_MAX; ++s)
      s->unit = at;
  }
  sort_by(sequences_, [](const Sequence& s) { return s.begin; });
}

bool SourceLines::read_header(uint64_t at, Header& header) const {
  header = {};
  Reader r(lines_.subspan(at), at);
  uint64_t size = r.fixed32();
  if (size == 0xffffffff) {
    header.wide = true;
    size = r.fixed64();
  }
  if (!r.ok() || size > r.remaining()) return false;
  header.end = r.offset() + size;
  r = Reader(lines_.subspan(r.offset(), size), r.offset());
  header.version = static_cast<uint16_t>(fixed(r, 2));
  if (header.version < 2 || header.version > 5) return false;
  if (header.version >= 5) r.take(2);  // sizes of addresses and segments
  const uint64_t rest = fixed(r, header.wide ? 8 : 4);
  if (!r.ok() || rest > r.remaining()) return false;
  header.program = r.offset() + rest;
  header.min_length = r.u8();
  if (header.version >= 4) r.u8();  // operations per instruction, which matter to VLIWs
  r.u8();                           // whether rows begin statements
  header.line_base = static_cast<int8_t>(r.u8());
  header.line_range = r.u8();
  header.opcode_base = r.u8();
  header.lengths = r.offset();
  if (header.opcode_base == 0) return false;
  r.take(header.opcode_base - 1u);
  header.files = r.offset();
  return r.ok() && header.line_range != 0 && header.files <= header.program;
}

void SourceLines::note_sequences(const Header& header) {
  Reader r(lines_.subspan(header.program, header.end - header.program), header.program);
  while (r.ok() && !r.at_end()) {
    Sequence sequence{.program = r.offset(), .unit = UINT64_MAX};  // the caller knows the unit
    Machine machine{header, lines_};
    bool first = true;
    for (Machine::Step step = Machine::Step::none; step != Machine::Step::end_sequence;) {
      if (!r.ok() || r.at_end()) return;
      step = machine.step(r);
      if (step == Machine::Step::row && std::exchange(first, false))
        sequence.begin = machine.address;
    }
    sequence.end = machine.address;
    // Linkers put the code that they dropped at address 0, where no function can be.
    if (r.ok() && !first && sequence.begin != 0 && sequence.begin < sequence.end)
      sequences_.push_back(sequence);
  }
}

SourcePlace SourceLines::find(Offset offset) const {
  SourcePlace place;
  if (offset < code_) return place;
  const uint64_t address = offset - code_;
  auto after = std::upper_bound(sequences_.begin(), sequences_.end(), address,
                                [](uint64_t a, const Sequence& s) { return a < s.begin; });
  Header header;
  if (after == sequences_.begin()) return place;
  const Sequence& sequence = *std::prev(after);
  if (address >= sequence.end || !read_header(sequence.unit, header)) return place;

  Reader r(lines_.subspan(sequence.program, header.end - sequence.program), sequence.program);
  Machine machine{header, lines_};
  uint64_t file = 0;
  while (r.ok() && !r.at_end()) {
    const Machine::Step step = machine.step(r);
    if (step == Machine::Step::none) continue;
    if (machine.address > address || step == Machine::Step::end_sequence) break;
    file = machine.file;
    place.line = machine.line;
    place.column = machine.column;
  }
  if (place.line != 0) place.file = file_name(header, file);
  return place;
}

namespace {

// The tables of directories and files of DWARF 5: each entry has the same list of (what, form).
struct EntryReader {
  Reader& r;
  bool wide;
  std::span<const uint8_t> strings, line_strings;
  std::vector<std::pair<uint64_t, uint64_t>> formats;

  struct Entry {
    std::string_view path;
    uint64_t directory = 0;
  };

  void read_formats() {
    formats.clear();
    for (uint8_t n = r.u8(); n != 0 && r.ok(); --n) {
      const uint64_t content = r.u64();
      formats.emplace_back(content, r.u64());
    }
  }
  Entry read() {
    Entry entry;
    for (auto [content, form] : formats) {
      std::string_view text;
      uint64_t number = 0;
      switch (form) {
        case kString: text = c_string(r); break;
        case kStrp: text = string_at(strings, fixed(r, wide ? 8 : 4)); break;
        case kLineStrp: text = string_at(line_strings, fixed(r, wide ? 8 : 4)); break;
        case kUdata: number = r.u64(); break;
        case kData1: number = fixed(r, 1); break;
        case kData2: number = fixed(r, 2); break;
        case kData4: number = fixed(r, 4); break;
        case kData8: number = fixed(r, 8); break;
        case kData16: r.take(16); break;
        case kBlock: r.take(r.u64()); break;
        default: r.malformed("line table"); return entry;
      }
      if (content == kPath) entry.path = text;
      if (content == kDirectoryIndex) entry.directory = number;
    }
    return entry;
  }
  // Entry `index` of a table, having read all of it.
  Entry table(uint64_t index) {
    read_formats();
    Entry wanted;
    // Entries without any format have no bytes: such a table must not be counted through.
    for (uint64_t n = r.u64(), i = 0; i < n && r.ok() && !formats.empty(); ++i) {
      Entry entry = read();
      if (i == index) wanted = entry;
    }
    return wanted;
  }
};

std::string join(std::string_view directory, std::string_view file) {
  if (directory.empty() || file.starts_with('/')) return std::string(file);
  std::string path(directory);
  if (!path.ends_with('/')) path += '/';
  return path += file;
}

}  // namespace

std::string SourceLines::file_name(const Header& header, uint64_t file) const {
  auto reader = [&] {
    return Reader(lines_.subspan(header.files, header.program - header.files), header.files);
  };
  if (header.version >= 5) {
    Reader r = reader();
    EntryReader entries{r, header.wide, strings_, line_strings_, {}};
    entries.table(0);
    const auto found = entries.table(file);
    if (!r.ok()) return {};
    Reader again = reader();
    EntryReader directories{again, header.wide, strings_, line_strings_, {}};
    return join(directories.table(found.directory).path, found.path);
  }
  // Before: null-terminated lists; both count from 1, directory 0 is the compiler's own.
  Reader r = reader();
  std::vector<std::string_view> directories;
  for (std::string_view name = c_string(r); r.ok() && !name.empty(); name = c_string(r))
    directories.push_back(name);
  for (uint64_t i = 1; r.ok(); ++i) {
    std::string_view name = c_string(r);
    if (name.empty()) break;
    const uint64_t directory = r.u64();
    r.u64();  // time
    r.u64();  // size
    if (i == file)
      return join(directory != 0 && directory <= directories.size() ? directories[directory - 1]
                                                                    : std::string_view(),
                  name);
  }
  return {};
}

}  // namespace zwasm::module
