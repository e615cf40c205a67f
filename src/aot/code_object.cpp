#include "aot/code_object.h"

#include <algorithm>
#include <cstring>

#include "aot/format.h"
#include "aot/source_id.h"
#include "base/concat.h"

namespace zwasm::aot {
namespace {

using runtime::NativeCallSite;
using runtime::NativeFunction;
using runtime::NativeRelocation;
using runtime::NativeRoot;
using runtime::NativeTrap;

constexpr uint64_t round_up(uint64_t n) { return (n + kPartAlign - 1) & ~uint64_t{kPartAlign - 1}; }

// Rows without what stands between their fields in memory.
void put(uint8_t* at, const NativeTrap& t) {
  std::memcpy(at, &t.offset, 4);
  std::memcpy(at + 4, &t.position, 4);
  at[8] = static_cast<uint8_t>(t.trap);
}
void put(uint8_t* at, const NativeCallSite& c) { std::memcpy(at, &c, sizeof c); }
void put(uint8_t* at, const NativeRelocation& r) { std::memcpy(at, &r, sizeof r); }
void put(uint8_t* at, const NativeRoot& r) {
  std::memcpy(at, &r.where, 4);
  at[4] = r.is_reg ? 1 : 0;
}

template <class Row>
uint8_t* put_all(uint8_t* at, std::span<const Row> rows) {
  for (const Row& row : rows) {
    put(at, row);
    at += sizeof(Row);
  }
  return at;
}

Digest seal_of(const Digest& check_sum, std::span<const uint8_t> key) {
  return hmac_sha256(key, check_sum);
}

// The rows of a part; the part lies inside the object.
template <class Row>
std::span<const Row> rows_of(std::span<const uint8_t> bytes, const Part& part) {
  auto inside = bytes.subspan(part.offset, part.size);
  return {reinterpret_cast<const Row*>(inside.data()), inside.size() / sizeof(Row)};
}

Header header_of(std::span<const uint8_t> bytes) {
  Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

constexpr size_t kFixedBytes = offsetof(Header, source);

std::string version_text(const char (&field)[24]) {
  std::string text;
  // Another version, or nobody, may have written it.
  for (char c : field) {
    if (c < ' ' || c > '~') break;
    text += c;
  }
  return text;
}

}  // namespace

const Digest& source_id() { return kSourceId; }

std::vector<uint8_t> write_object(const ObjectParts& parts, std::span<const uint8_t> key) {
  uint64_t traps = 0, calls = 0, roots = 0, relocations = 0;
  for (const NativeFunction& f : parts.functions) {
    traps += f.traps.size();
    calls += f.calls.size();
    roots += f.roots.size();
    relocations += f.relocations.size();
  }
  Header header{};
  uint64_t end = sizeof header;
  auto place = [&end](uint64_t size) {
    Part part{round_up(end), size};
    end = part.offset + size;
    return part;
  };
  std::copy_n(kMagic, sizeof kMagic, header.magic);
  header.format = kFormat;
  header.header_bytes = sizeof header;
  std::string_view version = kVersion;
  version.copy(header.version, sizeof header.version - 1);
  header.source = source_id();
  header.stamp = parts.stamp;
  header.module_hash = parts.module_hash;
  header.module = place(parts.module.size());
  header.functions = place(parts.functions.size() * sizeof(FunctionRow));
  header.traps = place(traps * sizeof(NativeTrap));
  header.calls = place(calls * sizeof(NativeCallSite));
  header.roots = place(roots * sizeof(NativeRoot));
  header.relocations = place(relocations * sizeof(NativeRelocation));
  header.code = place(parts.code.size());
  end = round_up(end);
  header.total_bytes = end + sizeof(Trailer);

  std::vector<uint8_t> out(header.total_bytes);
  std::memcpy(out.data(), &header, sizeof header);
  std::copy(parts.module.begin(), parts.module.end(),
            out.begin() + static_cast<ptrdiff_t>(header.module.offset));
  std::copy(parts.code.begin(), parts.code.end(),
            out.begin() + static_cast<ptrdiff_t>(header.code.offset));
  uint8_t *row_at = out.data() + header.functions.offset,
          *trap_at = out.data() + header.traps.offset, *call_at = out.data() + header.calls.offset,
          *root_at = out.data() + header.roots.offset,
          *relocation_at = out.data() + header.relocations.offset;
  uint32_t first_trap = 0, first_call = 0, first_root = 0, first_relocation = 0;
  for (const NativeFunction& f : parts.functions) {
    const FunctionRow row{f.function->index,
                          f.begin,
                          f.end,
                          first_trap,
                          static_cast<uint32_t>(f.traps.size()),
                          first_call,
                          static_cast<uint32_t>(f.calls.size()),
                          first_root,
                          static_cast<uint32_t>(f.roots.size()),
                          first_relocation,
                          static_cast<uint32_t>(f.relocations.size()),
                          f.frameless ? 1u : 0u};
    std::memcpy(row_at, &row, sizeof row);
    row_at += sizeof row;
    trap_at = put_all(trap_at, f.traps);
    call_at = put_all(call_at, f.calls);
    root_at = put_all(root_at, f.roots);
    relocation_at = put_all(relocation_at, f.relocations);
    first_trap += row.trap_count;
    first_call += row.call_count;
    first_root += row.root_count;
    first_relocation += row.relocation_count;
  }
  Trailer trailer{};
  trailer.check_sum = tree_sha256(std::span<const uint8_t>(out).first(end));
  if (!key.empty()) trailer.seal = seal_of(trailer.check_sum, key);
  std::memcpy(out.data() + end, &trailer, sizeof trailer);
  return out;
}

bool is_object(std::span<const uint8_t> bytes) {
  return bytes.size() >= sizeof kMagic && std::equal(kMagic, kMagic + sizeof kMagic, bytes.data());
}

std::optional<std::string> object_version(std::span<const uint8_t> bytes) {
  if (!is_object(bytes) || bytes.size() < kFixedBytes) return std::nullopt;
  char version[sizeof(Header::version)];
  std::memcpy(version, bytes.data() + offsetof(Header, version), sizeof version);
  return version_text(version);
}

BasicResult<Object, Object::Problem> Object::open(SharedBytes shared,
                                                  std::span<const uint8_t> key) {
  const std::span<const uint8_t> bytes = *shared;
  if (!is_object(bytes)) return Err{Problem{"not a compiled module of zwasm", false}};
  const Problem truncated{"the compiled module is cut off", false};
  if (bytes.size() < kFixedBytes) return Err{truncated};
  uint32_t format;
  std::memcpy(&format, bytes.data() + offsetof(Header, format), sizeof format);
  auto other = [&](std::string text) { return Err{Problem{std::move(text), true}}; };
  if (format != kFormat)
    return other(concat({"the module was compiled by another version of zwasm (",
                         *object_version(bytes), "; this is ", kVersion, "): compile it again"}));
  if (bytes.size() < sizeof(Header) + sizeof(Trailer)) return Err{truncated};
  const Header header = header_of(bytes);
  if (header.total_bytes > bytes.size()) return Err{truncated};
  const Problem damaged{"the compiled module is damaged", false};
  if (header.total_bytes != bytes.size()) return Err{damaged};
  Trailer trailer;
  const auto content = bytes.first(bytes.size() - sizeof trailer);
  std::memcpy(&trailer, bytes.data() + content.size(), sizeof trailer);
  if (!equal_digests(trailer.check_sum, tree_sha256(content))) return Err{damaged};
  if (header.source != source_id())
    return other(concat({"the module was compiled by another version or build of zwasm (",
                         *object_version(bytes), "; this is ", kVersion, "): compile it again"}));

  // From here on only who can write a check sum can have got it wrong; it is checked all the same.
  for (const Part& part : {header.module, header.functions, header.traps, header.calls,
                           header.roots, header.relocations, header.code})
    if (part.offset % kPartAlign != 0 || part.offset > content.size() ||
        part.size > content.size() - part.offset)
      return Err{damaged};
  if (header.functions.size % sizeof(FunctionRow) != 0) return Err{damaged};
  Object object;
  object.stamp_ = header.stamp;
  object.module_hash_ = header.module_hash;
  object.sealed_ = !key.empty() && equal_digests(trailer.seal, seal_of(trailer.check_sum, key));
  object.module_ = shared.part(header.module.offset, header.module.size);
  object.code_ = bytes.subspan(header.code.offset, header.code.size);
  object.function_count_ = header.functions.size / sizeof(FunctionRow);
  object.bytes_ = std::move(shared);
  return object;
}

std::vector<Object::Extent> Object::extents() const {
  const std::span<const uint8_t> bytes = *bytes_;
  const Header header = header_of(bytes);
  const auto traps = rows_of<NativeTrap>(bytes, header.traps);
  const auto calls = rows_of<NativeCallSite>(bytes, header.calls);
  const auto has = [](size_t all, uint32_t first, uint32_t count) {
    return first <= all && count <= all - first;
  };
  std::vector<Extent> list;
  list.reserve(function_count_);
  uint32_t end = 0;
  for (const FunctionRow& row : rows_of<FunctionRow>(bytes, header.functions)) {
    if (row.begin < end || row.end <= row.begin || row.end > code_.size() ||
        !has(traps.size(), row.first_trap, row.trap_count) ||
        !has(calls.size(), row.first_call, row.call_count))
      return {};
    end = row.end;
    list.push_back({row.func, row.begin, row.end, traps.subspan(row.first_trap, row.trap_count),
                    calls.subspan(row.first_call, row.call_count)});
  }
  return list;
}

std::optional<Object::Functions> Object::functions(runtime::LoadedModule& module) const {
  const std::span<const uint8_t> bytes = *bytes_;
  const Header header = header_of(bytes);
  const module::Module& m = module.module();
  const auto roots = rows_of<NativeRoot>(bytes, header.roots);
  const auto relocations = rows_of<NativeRelocation>(bytes, header.relocations);
  const std::vector<Extent> extents = this->extents();
  if (extents.size() != function_count_) return std::nullopt;
  Functions to;
  to.tables.elsewhere = bytes_.owner();
  to.functions.reserve(function_count_);
  const auto rows = rows_of<FunctionRow>(bytes, header.functions);
  for (size_t i = 0; i < rows.size(); ++i) {
    const FunctionRow& row = rows[i];
    if (row.func < m.imported_funcs || row.func >= m.funcs.size() ||
        row.first_root > roots.size() || row.root_count > roots.size() - row.first_root ||
        row.first_relocation > relocations.size() ||
        row.relocation_count > relocations.size() - row.first_relocation)
      return std::nullopt;
    NativeFunction& f = to.functions.emplace_back();
    f.function = &module.function(row.func);
    f.body_offset = module.body(*f.function).offset;
    f.begin = row.begin;
    f.end = row.end;
    f.frameless = row.frameless != 0;
    f.traps = extents[i].traps;
    f.calls = extents[i].calls;
    f.roots = roots.subspan(row.first_root, row.root_count);
    for (const NativeCallSite& c : f.calls)
      if (c.root_count > f.roots.size() || c.first_root > f.roots.size() - c.root_count)
        return std::nullopt;
    f.relocations = relocations.subspan(row.first_relocation, row.relocation_count);
    for (const NativeRelocation& r : f.relocations)
      if (r.func < m.imported_funcs || r.func >= m.funcs.size() || row.end - row.begin < 4 ||
          r.offset > row.end - row.begin - 4)
        return std::nullopt;
  }
  return to;
}

}  // namespace zwasm::aot
