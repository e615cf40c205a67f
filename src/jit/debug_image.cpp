#include "jit/debug_image.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <span>
#include <string_view>

#include "base/concat.h"
#include "base/leb128.h"
#include "module/dwarf.h"

namespace zwasm::jit {
namespace {

using namespace module::dwarf;
using runtime::LoadedModule;
using runtime::NativeCode;
using runtime::NativeFunction;

// Bytes in the order of the machine, which is little-endian.
class Bytes {
 public:
  std::vector<uint8_t> out;

  void u8(uint8_t v) { out.push_back(v); }
  void u16(uint16_t v) { raw(v); }
  void u32(uint32_t v) { raw(v); }
  void u64(uint64_t v) { raw(v); }
  void uleb(uint64_t v) { write_uleb(out, v); }
  void sleb(int64_t v) { write_sleb(out, v); }
  void text(std::string_view s) {
    out.insert(out.end(), s.begin(), s.end());
    u8(0);
  }
  template <class T>
  void raw(const T& v) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(&v);
    out.insert(out.end(), bytes, bytes + sizeof v);
  }
  void align(size_t n, uint8_t with = 0) {
    while (out.size() % n != 0) u8(with);
  }
  size_t size() const { return out.size(); }
  void patch32(size_t at, size_t v) {
    auto word = static_cast<uint32_t>(v);
    std::memcpy(out.data() + at, &word, sizeof word);
  }
};

uint64_t address_of(const void* at) { return reinterpret_cast<uintptr_t>(at); }
uint64_t begin_of(const NativeCode& code, const NativeFunction& function) {
  return address_of(code.entry(function));
}

// --- unwinding ---

// DWARF numbers of registers, and the entry sequence of framed functions: after the first
// instruction the old frame pointer is saved, after the second the frame pointer is the frame's.
#if defined(__aarch64__)
constexpr uint8_t kSp = 31, kFp = 29, kLink = 30, kSavedLink = 1, kFirst = 4, kSecond = 4;
constexpr uint8_t kCfaAtEntry = 0;
#else
constexpr uint8_t kSp = 7, kFp = 6, kLink = 16, kFirst = 1, kSecond = 3;
constexpr uint8_t kCfaAtEntry = 8;
#endif

enum Cfa : uint8_t {
  kAdvance = 0x40,  // + bytes
  kOffset = 0x80,   // + register
  kDefCfa = 0x0C,
  kDefCfaRegister = 0x0D,
  kDefCfaOffset = 0x0E,
};

void put_unwind(Bytes& to, const NativeCode& code) {
  const size_t cie = to.size();
  to.u32(0);  // length
  to.u32(0);  // a CIE
  to.u8(1);
  to.text("zR");
  to.uleb(1);
  to.sleb(-8);
  to.uleb(kLink);
  to.uleb(1);
  to.u8(0);  // absolute addresses
  to.u8(kDefCfa);
  to.uleb(kSp);
  to.uleb(kCfaAtEntry);
#if !defined(__aarch64__)
  to.u8(kOffset | kLink);  // the return address is on the stack
  to.uleb(1);
#endif
  to.align(8);
  to.patch32(cie, to.size() - cie - 4);
  for (const NativeFunction& function : code.functions()) {
    const size_t fde = to.size();
    to.u32(0);
    to.u32(static_cast<uint32_t>(to.size() - cie));
    to.u64(begin_of(code, function));
    to.u64(function.end - function.begin);
    to.uleb(0);
    if (!function.frameless) {
      to.u8(kAdvance | kFirst);
      to.u8(kDefCfaOffset);
      to.uleb(16);
      to.u8(kOffset | kFp);
      to.uleb(2);
#if defined(__aarch64__)
      to.u8(kOffset | kLink);
      to.uleb(kSavedLink);
#endif
      to.u8(kAdvance | kSecond);
      to.u8(kDefCfaRegister);
      to.uleb(kFp);
    }
    to.align(8);
    to.patch32(fde, to.size() - fde - 4);
  }
  to.u32(0);  // the end
}

// --- lines ---

// Where a position is for a debugger.
class Places {
 public:
  explicit Places(const LoadedModule& module) : module_(module) {
    fallback_ = module.module_name();
    if (fallback_.empty()) fallback_ = "module";
    fallback_ += ".wasm";
  }
  struct Place {
    uint32_t file = 1, line = 0, column = 0;
    friend bool operator==(const Place&, const Place&) = default;
  };
  Place find(uint64_t offset) {
    module::SourcePlace source = module_.source_place(offset);
    if (source.file.empty()) return {file(fallback_), static_cast<uint32_t>(offset), 0};
    return {file(source.file), source.line, source.column};
  }
  const std::vector<std::string>& files() const { return files_; }
  const std::string& name() const { return fallback_; }

 private:
  uint32_t file(const std::string& name) {
    auto [at, added] = numbers_.try_emplace(name, static_cast<uint32_t>(files_.size() + 1));
    if (added) files_.push_back(name);
    return at->second;
  }
  const LoadedModule& module_;
  std::string fallback_;
  std::map<std::string, uint32_t> numbers_;
  std::vector<std::string> files_;
};

// The lines that were kept while compiling; else (code of a compiled module) those of the places
// where something may happen: what leads there belongs to it.
std::vector<runtime::NativeLine> lines_of(const NativeFunction& function) {
  if (!function.lines.empty()) return {function.lines.begin(), function.lines.end()};
  struct Site {
    uint32_t end;
    uint32_t position;
  };
  std::vector<Site> sites;
  for (const runtime::NativeTrap& trap : function.traps)
    sites.push_back({trap.offset + 1, trap.position});
  for (const runtime::NativeCallSite& call : function.calls)
    sites.push_back({call.return_offset, call.position});
  std::stable_sort(sites.begin(), sites.end(),
                   [](const Site& a, const Site& b) { return a.end < b.end; });
  std::vector<runtime::NativeLine> lines;
  uint32_t begin = 0;
  for (const Site& site : sites) {
    lines.push_back({begin, site.position});
    begin = site.end;
  }
  return lines;
}

void put_rows(Bytes& to, Places& places, const NativeCode& code, const NativeFunction& function) {
  to.u8(0);
  to.uleb(9);
  to.u8(kSetAddress);
  to.u64(begin_of(code, function));
  Places::Place now{1, 1, 0};
  uint32_t at = 0;
  bool any = false;
  auto row = [&](uint32_t offset, const Places::Place& place) {
    if (any && place == now) return;
    if (offset != at) {
      to.u8(kAdvancePc);
      to.uleb(offset - at);
    }
    if (place.file != now.file) {
      to.u8(kSetFile);
      to.uleb(place.file);
    }
    if (place.line != now.line) {
      to.u8(kAdvanceLine);
      to.sleb(int64_t{place.line} - int64_t{now.line});
    }
    if (place.column != now.column) {
      to.u8(kSetColumn);
      to.uleb(place.column);
    }
    to.u8(kCopy);
    at = offset;
    now = place;
    any = true;
  };
  // The entry belongs to the first one.
  for (const runtime::NativeLine& line : lines_of(function))
    row(any ? line.offset : 0, places.find(function.body_offset + line.position));
  to.u8(kAdvancePc);
  to.uleb(function.end - function.begin - at);
  to.u8(0);
  to.uleb(1);
  to.u8(kEndSequence);
}

// The first opcode beyond the standard ones of DWARF 4.
constexpr uint8_t kOpcodeBase = 13;

std::vector<uint8_t> line_table(Places& places, const NativeCode& code) {
  // The files are known once the rows are.
  Bytes rows;
  for (const NativeFunction& function : code.functions()) put_rows(rows, places, code, function);
  Bytes to;
  to.u32(0);
  to.u16(4);
  to.u32(0);
  const size_t header = to.size();
  to.u8(1);  // bytes of the smallest instruction
  to.u8(1);
  to.u8(1);  // every row begins a statement
  to.u8(static_cast<uint8_t>(-5));
  to.u8(14);
  to.u8(kOpcodeBase);
  constexpr uint8_t kOperands[kOpcodeBase - 1] = {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1};
  for (uint8_t count : kOperands) to.u8(count);
  to.u8(0);  // no directories
  for (const std::string& file : places.files()) {
    to.text(file);
    for (int i = 0; i < 3; ++i) to.uleb(0);
  }
  to.u8(0);
  to.patch32(6, to.size() - header);
  to.out.insert(to.out.end(), rows.out.begin(), rows.out.end());
  to.patch32(0, to.size() - 4);
  return std::move(to.out);
}

// --- functions, with the names they have in the program ---

enum Dwarf : uint8_t {
  kCompileUnit = 0x11,
  kSubprogram = 0x2E,
  kName = 0x03,
  kStmtList = 0x10,
  kLowPc = 0x11,
  kHighPc = 0x12,
  kLanguage = 0x13,
  kExternal = 0x3F,
  kFormAddress = 0x01,
  kFormData2 = 0x05,
  kFormData8 = 0x07,
  kFormString = 0x08,
  kFormSecOffset = 0x17,
  kFormPresent = 0x19,
};
constexpr uint16_t kC99 = 0x000C;

std::vector<uint8_t> abbreviations() {
  // clang-format off
  return {1, kCompileUnit, 1, kName, kFormString, kLanguage, kFormData2, kLowPc, kFormAddress,
          kHighPc, kFormData8, kStmtList, kFormSecOffset, 0, 0,
          2, kSubprogram, 0, kName, kFormString, kLowPc, kFormAddress, kHighPc, kFormData8,
          kExternal, kFormPresent, 0, 0, 0};
  // clang-format on
}

std::vector<uint8_t> debug_info(const LoadedModule& module, const Places& places,
                                const NativeCode& code) {
  Bytes to;
  to.u32(0);
  to.u16(4);
  to.u32(0);  // abbreviations
  to.u8(8);
  to.uleb(1);
  to.text(places.name());
  to.u16(kC99);
  to.u64(address_of(code.begin()));
  to.u64(code.size());
  to.u32(0);  // lines
  for (const NativeFunction& function : code.functions()) {
    std::string name(module.function_name(function.function->index));
    to.uleb(2);
    to.text(name.empty() ? symbol_of(module, function) : name.substr(0, name.find('\0')));
    to.u64(begin_of(code, function));
    to.u64(function.end - function.begin);
  }
  to.u8(0);
  to.patch32(0, to.size() - 4);
  return std::move(to.out);
}

// --- the file ---

class ElfFile {
 public:
  ElfFile() {
    file_.out.resize(sizeof(Elf64_Ehdr));
    sections_.emplace_back();  // the first one is none
  }
  uint32_t add(const char* name, uint32_t type, uint64_t flags, std::span<const uint8_t> contents) {
    file_.align(8);
    Elf64_Shdr section{};
    section.sh_name = name_offset(name);
    section.sh_type = type;
    section.sh_flags = flags;
    section.sh_offset = file_.size();
    section.sh_size = contents.size();
    section.sh_addralign = 8;
    file_.out.insert(file_.out.end(), contents.begin(), contents.end());
    sections_.push_back(section);
    return static_cast<uint32_t>(sections_.size() - 1);
  }
  Elf64_Shdr& section(uint32_t number) { return sections_[number]; }
  std::vector<uint8_t> finish() {
    uint32_t names = name_offset(".shstrtab");
    file_.align(8);
    Elf64_Shdr strings{};
    strings.sh_name = names;
    strings.sh_type = SHT_STRTAB;
    strings.sh_offset = file_.size();
    strings.sh_size = names_.size();
    strings.sh_addralign = 1;
    file_.out.insert(file_.out.end(), names_.out.begin(), names_.out.end());
    sections_.push_back(strings);
    file_.align(8);
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;  // addresses are final
#if defined(__aarch64__)
    header.e_machine = EM_AARCH64;
#else
    header.e_machine = EM_X86_64;
#endif
    header.e_version = EV_CURRENT;
    header.e_shoff = file_.size();
    header.e_ehsize = sizeof(Elf64_Ehdr);
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = static_cast<uint16_t>(sections_.size());
    header.e_shstrndx = static_cast<uint16_t>(sections_.size() - 1);
    std::memcpy(file_.out.data(), &header, sizeof header);
    for (const Elf64_Shdr& section : sections_) file_.raw(section);
    return std::move(file_.out);
  }

 private:
  uint32_t name_offset(const char* name) {
    if (names_.size() == 0) names_.u8(0);
    auto at = static_cast<uint32_t>(names_.size());
    names_.text(name);
    return at;
  }
  Bytes file_, names_;
  std::vector<Elf64_Shdr> sections_;
};

}  // namespace

std::string symbol_of(const LoadedModule& module, const NativeFunction& function) {
  std::string name = "wasm!";
  if (!module.module_name().empty()) name += std::string(module.module_name()) + "!";
  std::string_view own = module.function_name(function.function->index);
  name += own.empty() ? "func " + std::to_string(function.function->index) : std::string(own);
  if (function.osr_position != NativeFunction::kNoOsr)
    name += concat({" (loop at ", std::to_string(function.osr_position), ")"});
  for (char& c : name)
    if (static_cast<unsigned char>(c) < ' ') c = '?';
  return name;
}

std::vector<uint8_t> unwind_table(const NativeCode& code) {
  Bytes table;
  put_unwind(table, code);
  return std::move(table.out);
}

std::vector<uint8_t> debug_image(const LoadedModule& module, const NativeCode& code) {
  ElfFile file;
  const uint32_t text = file.add(".text", SHT_NOBITS, SHF_ALLOC | SHF_EXECINSTR, {});
  file.section(text).sh_addr = address_of(code.begin());
  file.section(text).sh_size = code.size();
  file.section(text).sh_addralign = 16;
  file.add(".eh_frame", SHT_PROGBITS, 0, unwind_table(code));

  Bytes symbols, names;
  symbols.raw(Elf64_Sym{});
  names.u8(0);
  for (const NativeFunction& function : code.functions()) {
    Elf64_Sym symbol{};
    symbol.st_name = static_cast<uint32_t>(names.size());
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbol.st_shndx = static_cast<uint16_t>(text);
    symbol.st_value = begin_of(code, function);
    symbol.st_size = function.end - function.begin;
    symbols.raw(symbol);
    names.text(symbol_of(module, function));
  }
  const uint32_t strings = file.add(".strtab", SHT_STRTAB, 0, names.out);
  Elf64_Shdr& table = file.section(file.add(".symtab", SHT_SYMTAB, 0, symbols.out));
  table.sh_link = strings;
  table.sh_info = 1;  // the first that is global
  table.sh_entsize = sizeof(Elf64_Sym);
  if (module.engine().settings().debug_info) {
    Places places(module);
    std::vector<uint8_t> rows = line_table(places, code);
    file.add(".debug_abbrev", SHT_PROGBITS, 0, abbreviations());
    file.add(".debug_info", SHT_PROGBITS, 0, debug_info(module, places, code));
    file.add(".debug_line", SHT_PROGBITS, 0, rows);
  }
  return file.finish();
}

}  // namespace zwasm::jit
