#include "zwasm/module.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "api/loader.h"
#include "module/decoder.h"
#include "module/metadata.h"
#include "module/sections.h"
#include "runtime/loaded_module.h"
#include "sys/unique_fd.h"
#include "zwasm/tools.h"

namespace zwasm {

using detail::Internals;
using detail::Origin;

namespace {

// A module that was moved from is like one that has nothing.
const module::Module& raw(const Module& m) {
  static const module::Module* const kNothing = new module::Module;  // never destroyed
  const auto& loaded = Internals::module(m);
  return loaded != nullptr ? loaded->module() : *kNothing;
}
Error moved_engine() { return Error::usage("the engine was moved from"); }
const isa::FeatureSet features_of(const Engine& engine) {
  return Internals::engine(engine)->settings().features;
}

std::pmr::memory_resource* memory_of(const Engine& engine) {
  return &Internals::engine(engine)->memory();
}

std::string_view as_text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Error io_error(const std::string& path, int number) {
  Error error;
  error.kind = ErrorKind::io;
  error.file = path;
  error.message = std::strerror(number);
  return error;
}

// Bytes that no text starts with.
bool looks_binary(std::span<const uint8_t> bytes) {
  std::span<const uint8_t> head = bytes.first(std::min<size_t>(bytes.size(), 512));
  return std::find(head.begin(), head.end(), 0) != head.end();
}

Error not_a_module(std::string_view file) {
  Error error;
  error.kind = ErrorKind::malformed;
  error.file = file;
  error.offset = 0;
  error.message =
      "magic header not detected: neither a WebAssembly binary, which starts with the bytes "
      "00 61 73 6d, nor text";
  return error;
}

// The type of an import or export, of a module-local description.
struct Describe {
  const runtime::LoadedModule& module;
  const std::shared_ptr<runtime::Engine>& engine;

  ExternType func(uint32_t type) const {
    return detail::func_type(engine, module.types().id(type));
  }
  ExternType table(module::TableType type) const {
    type.elem = module.types().canon(type.elem);
    return detail::to_public(engine, type);
  }
  ExternType memory(const module::MemoryType& type) const { return detail::to_public(type); }
  ExternType global(const module::GlobalType& type) const {
    return GlobalType{detail::to_public(engine, module.types().canon(type.type)), type.mut};
  }
  ExternType tag(uint32_t type) const {
    return TagType{detail::func_type(engine, module.types().id(type))};
  }
  ExternType import(const module::Import& item) const {
    switch (item.kind()) {
      case isa::ExternKind::func: break;
      case isa::ExternKind::table: return table(std::get<module::TableType>(item.desc));
      case isa::ExternKind::memory: return memory(std::get<module::MemoryType>(item.desc));
      case isa::ExternKind::global: return global(std::get<module::GlobalType>(item.desc));
      case isa::ExternKind::tag: return tag(std::get<module::TagDecl>(item.desc).type);
    }
    return func(std::get<module::FuncDecl>(item.desc).type);
  }
  ExternType exported(const module::Export& item) const {
    const module::Module& m = module.module();
    switch (item.kind) {
      case isa::ExternKind::func: break;
      case isa::ExternKind::table: return table(m.tables[item.index].type);
      case isa::ExternKind::memory: return memory(m.memories[item.index].type);
      case isa::ExternKind::global: return global(m.globals[item.index].type);
      case isa::ExternKind::tag: return tag(m.tags[item.index].type);
    }
    return func(m.funcs[item.index].type);
  }
};

Describe describe(const Module& m) {
  return {*Internals::module(m), Internals::module(m)->shared_engine()};
}

}  // namespace

bool is_binary(std::span<const uint8_t> bytes) noexcept {
  return bytes.size() >= 4 && std::memcmp(bytes.data(), "\0asm", 4) == 0;
}

// --- loading ---

Result<Module> Module::compile(const Engine& engine, std::span<const uint8_t> bytes) {
  if (Internals::engine(engine) == nullptr) return moved_engine();
  auto decoded = detail::decode(bytes, features_of(engine), Origin{}, memory_of(engine));
  if (!decoded) return std::move(decoded).error();
  return detail::load(engine, *std::move(decoded), Origin{});
}

Result<Module> Module::from_wat(const Engine& engine, std::string_view text,
                                std::string_view file) {
  if (Internals::engine(engine) == nullptr) return moved_engine();
  Origin origin{file, text};
  auto decoded = detail::parse(text, features_of(engine), origin, memory_of(engine));
  if (!decoded) return std::move(decoded).error();
  return detail::load(engine, *std::move(decoded), origin);
}

namespace {

Result<Module> load_any(const Engine& engine, SharedBytes bytes, std::string_view file) {
  if (is_compiled(*bytes))
    return detail::load_compiled(engine, std::move(bytes), detail::Trust::sealed, file);
  if (!is_binary(*bytes)) {
    if (looks_binary(*bytes)) return not_a_module(file);
    return Module::from_wat(engine, as_text(*bytes), file);
  }
  Origin origin{file, {}};
  auto decoded = detail::decode(std::move(bytes), features_of(engine), origin);
  if (!decoded) return std::move(decoded).error();
  return detail::load(engine, *std::move(decoded), origin);
}

}  // namespace

Result<Module> Module::from_any(const Engine& engine, std::span<const uint8_t> bytes,
                                std::string_view file) {
  if (Internals::engine(engine) == nullptr) return moved_engine();
  return load_any(engine, SharedBytes::copy(bytes, memory_of(engine)), file);
}

namespace {

// Reads a file to its end, into what `room` gives for so many bytes, which keeps what it gave
// before. The size.
template <class Room>
Result<size_t> read_whole(const std::string& path, Room&& room) {
  sys::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return io_error(path, errno);
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return io_error(path, errno);
  if (S_ISDIR(info.st_mode)) return io_error(path, EISDIR);
  size_t capacity = S_ISREG(info.st_mode) ? static_cast<size_t>(info.st_size) + 1 : 64 << 10;
  uint8_t* bytes = room(capacity);
  size_t size = 0;
  for (;;) {
    if (size == capacity) bytes = room(capacity *= 2);
    ssize_t count = ::read(fd.get(), bytes + size, capacity - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return io_error(path, errno);
    if (count == 0) return size;
    size += static_cast<size_t>(count);
  }
}

// Without filling large files' memory with zeros first.
Result<SharedBytes> read_shared(const std::string& path, std::pmr::memory_resource* memory) {
  std::shared_ptr<uint8_t> bytes;
  size_t capacity = 0;
  auto size = read_whole(path, [&](size_t wanted) {
    auto* room = static_cast<uint8_t*>(memory->allocate(wanted));
    std::copy_n(bytes.get(), capacity, room);
    bytes.reset(
        room, [memory, wanted](uint8_t* at) { memory->deallocate(at, wanted); },
        std::pmr::polymorphic_allocator<>(memory));
    capacity = wanted;
    return room;
  });
  if (!size) return std::move(size).error();
  return SharedBytes(bytes, {bytes.get(), *size}, memory);
}

}  // namespace

Result<std::vector<uint8_t>> read_file(const std::string& path) {
  std::vector<uint8_t> bytes;
  auto size = read_whole(path, [&](size_t wanted) {
    bytes.resize(wanted);
    return bytes.data();
  });
  if (!size) return std::move(size).error();
  bytes.resize(*size);
  return bytes;
}

Result<Module> Module::load(const Engine& engine, const std::string& path) {
  if (Internals::engine(engine) == nullptr) return moved_engine();
  auto bytes = read_shared(path, memory_of(engine));
  if (!bytes) return std::move(bytes).error();
  return load_any(engine, *std::move(bytes), path);
}

Result<void> Module::validate(const Engine& engine, std::span<const uint8_t> bytes) {
  auto module = compile(engine, bytes);
  if (!module) return std::move(module).error();
  return {};
}

// --- reflection ---

Engine Module::engine() const noexcept {
  return Internals::make_engine(module_ ? module_->shared_engine() : nullptr);
}

std::vector<ImportType> Module::imports() const {
  std::vector<ImportType> list;
  if (!module_) return list;
  Describe types = describe(*this);
  for (const module::Import& item : raw(*this).imports)
    list.push_back({std::string(item.module), std::string(item.name), types.import(item)});
  return list;
}

std::vector<ExportType> Module::exports() const {
  std::vector<ExportType> list;
  if (!module_) return list;
  Describe types = describe(*this);
  for (const module::Export& item : raw(*this).exports)
    list.push_back({std::string(item.name), types.exported(item)});
  return list;
}

std::optional<ExternType> Module::export_type(std::string_view name) const {
  int64_t index = module_ ? module_->find_export(name) : -1;
  if (index < 0) return std::nullopt;
  return describe(*this).exported(raw(*this).exports[static_cast<size_t>(index)]);
}

std::string_view Module::name() const noexcept {
  return module_ ? module_->module_name() : std::string_view();
}
std::string_view Module::func_name(uint32_t func_index) const {
  return func_index < func_count() ? module_->function_name(func_index) : std::string_view();
}
std::vector<std::string> Module::explain(uint32_t func_index) const {
  const module::Module& module = raw(*this);
  if (!module_) return {};
  const runtime::EngineSettings& settings = module_->engine().settings();
  if (!settings.explain || func_index < module.imported_funcs || func_index >= module.funcs.size())
    return {};
  const runtime::Function& function = module_->function(func_index);
  std::vector<std::string> lines;
  if (runtime::Tiers* tiers = module_->engine().tiers()) {
    lines = tiers->explain(function);
    uint32_t calls = function.calls.load(std::memory_order_relaxed) + settings.tier_calls;
    if (function.translated.load(std::memory_order_relaxed) != nullptr)
      lines.push_back("interpreted calls: " + std::to_string(calls));
  } else {
    lines.push_back("interpreted only");
  }
  return lines;
}
void Module::settle(std::chrono::nanoseconds budget) const {
  if (!module_) return;
  if (runtime::Tiers* tiers = module_->engine().tiers()) tiers->settle(*module_, budget);
}
uint32_t Module::func_count() const noexcept {
  return static_cast<uint32_t>(raw(*this).funcs.size());
}
uint32_t Module::imported_func_count() const noexcept { return raw(*this).imported_funcs; }
FuncType Module::func_type(uint32_t func_index) const {
  if (func_index >= func_count()) return {};
  return detail::func_type(module_->shared_engine(), module_->func_type(func_index));
}
uint32_t Module::type_count() const noexcept {
  return static_cast<uint32_t>(raw(*this).types.size());
}
HeapType Module::type(uint32_t type_index) const {
  if (type_index >= type_count()) return {};
  return detail::to_public(module_->shared_engine(),
                           isa::HeapType::concrete(module_->types().id(type_index)));
}

std::vector<SectionInfo> Module::sections() const {
  std::vector<SectionInfo> list;
  const module::Module& m = raw(*this);
  size_t custom = 0;
  for (const module::SectionExtent& section : m.sections) {
    SectionInfo info{{}, section.id, section.offset, section.size, section.count};
    if (section.id != 0)
      info.name = module::section_name(static_cast<module::SectionId>(section.id));
    else if (custom < m.customs.size()) info.name = m.customs[custom++].name;
    list.push_back(std::move(info));
  }
  return list;
}

std::optional<std::span<const uint8_t>> Module::custom_section(std::string_view name) const {
  for (const module::CustomSection& section : raw(*this).customs)
    if (section.name == name) return section.bytes;
  return std::nullopt;
}

std::vector<ProducerField> Module::producers() const {
  std::vector<ProducerField> list;
  auto bytes = custom_section(module::kProducersSection);
  if (!bytes) return list;
  auto fields = module::decode_producers(*bytes, 0);
  if (!fields) return list;
  for (const module::ProducerField& field : *fields) {
    ProducerField& made = list.emplace_back();
    made.name = field.name;
    for (const module::ProducerValue& value : field.values)
      made.values.emplace_back(value.name, value.version);
  }
  return list;
}

std::vector<std::string> Module::target_features() const {
  std::vector<std::string> list;
  auto bytes = custom_section(module::kTargetFeaturesSection);
  if (!bytes) return list;
  if (auto features = module::decode_target_features(*bytes, 0))
    for (const module::TargetFeature& feature : *features)
      list.push_back(feature.prefix + std::string(feature.name));
  return list;
}

std::span<const uint8_t> Module::bytes() const noexcept {
  return module_ ? *raw(*this).bytes : std::span<const uint8_t>();
}

}  // namespace zwasm
