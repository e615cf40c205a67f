#include "aot/code_object.h"

#include <algorithm>
#include <cstring>

namespace zwasm::aot {
namespace {

using runtime::NativeCallSite;
using runtime::NativeFunction;
using runtime::NativeRoot;
using runtime::NativeTrap;

constexpr uint8_t kMagic[8] = {'z', 'w', 'a', 's', 'm', 'c', 'o', 1};

class Writer {
 public:
  void bytes(std::span<const uint8_t> from) { out.insert(out.end(), from.begin(), from.end()); }
  void u32(uint32_t v) {
    uint8_t b[4];
    std::memcpy(b, &v, sizeof b);
    bytes(b);
  }
  std::vector<uint8_t> out;
};

// Reads what the seal has vouched for; counts are bounded all the same.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : rest_(bytes) {}
  std::span<const uint8_t> bytes(size_t count) {
    if (count > rest_.size()) {
      ok = false;
      return {};
    }
    auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  uint32_t u32() {
    uint32_t v = 0;
    auto b = bytes(sizeof v);
    if (ok) std::memcpy(&v, b.data(), sizeof v);
    return v;
  }
  // A number of things that take at least `each` bytes.
  uint32_t count(uint32_t each) {
    uint32_t n = u32();
    if (n > rest_.size() / each) ok = false;
    return ok ? n : 0;
  }
  bool at_end() const { return rest_.empty(); }
  bool ok = true;

 private:
  std::span<const uint8_t> rest_;
};

void write_function(Writer& w, const NativeFunction& f) {
  w.u32(f.function->index);
  w.u32(f.begin);
  w.u32(f.end);
  w.u32(static_cast<uint32_t>(f.traps.size()));
  for (const NativeTrap& t : f.traps) {
    w.u32(t.offset);
    w.u32(t.position);
    w.u32(static_cast<uint32_t>(t.trap));
  }
  w.u32(static_cast<uint32_t>(f.calls.size()));
  for (const NativeCallSite& c : f.calls)
    for (uint32_t v : {c.return_offset, c.position, c.landing_pad, c.first_root, c.root_count})
      w.u32(v);
  w.u32(static_cast<uint32_t>(f.roots.size()));
  for (const NativeRoot& r : f.roots) {
    w.u32(static_cast<uint32_t>(r.where));
    w.u32(r.is_reg);
  }
}

bool read_function(Reader& r, runtime::LoadedModule& module, NativeFunction& f) {
  const module::Module& m = module.module();
  uint32_t index = r.u32();
  if (!r.ok || index < m.imported_funcs || index >= m.funcs.size()) return false;
  f.function = &module.function(index);
  f.body_offset = module.body(*f.function).offset;
  f.begin = r.u32();
  f.end = r.u32();
  f.traps.resize(r.count(12));
  for (NativeTrap& t : f.traps) {
    t.offset = r.u32();
    t.position = r.u32();
    t.trap = static_cast<isa::Trap>(r.u32());
  }
  f.calls.resize(r.count(20));
  for (NativeCallSite& c : f.calls)
    for (uint32_t* v : {&c.return_offset, &c.position, &c.landing_pad, &c.first_root, &c.root_count})
      *v = r.u32();
  f.roots.resize(r.count(8));
  for (NativeRoot& root : f.roots) {
    root.where = static_cast<int32_t>(r.u32());
    root.is_reg = r.u32() != 0;
  }
  for (const NativeCallSite& c : f.calls)
    if (c.root_count > f.roots.size() || c.first_root > f.roots.size() - c.root_count) return false;
  return r.ok && f.begin < f.end;
}

}  // namespace

std::vector<uint8_t> write_object(std::span<const uint8_t> code,
                                  std::span<const NativeFunction> functions,
                                  const Digest& fingerprint, const Digest& module_hash,
                                  std::span<const uint8_t> key) {
  Writer w;
  w.bytes(kMagic);
  w.bytes(fingerprint);
  w.bytes(module_hash);
  w.u32(static_cast<uint32_t>(functions.size()));
  for (const NativeFunction& function : functions) write_function(w, function);
  w.u32(static_cast<uint32_t>(code.size()));
  w.bytes(code);
  w.bytes(hmac_sha256(key, w.out));
  return std::move(w.out);
}

std::optional<CodeObject> read_object(std::span<const uint8_t> bytes,
                                      runtime::LoadedModule& module, const Digest& fingerprint,
                                      const Digest& module_hash, std::span<const uint8_t> key) {
  constexpr size_t kSeal = sizeof(Digest);
  if (bytes.size() < sizeof kMagic + 3 * kSeal) return std::nullopt;
  auto sealed = bytes.first(bytes.size() - kSeal);
  Digest seal;
  std::copy_n(bytes.end() - kSeal, kSeal, seal.begin());
  // Before anything else is believed.
  if (!equal_digests(seal, hmac_sha256(key, sealed))) return std::nullopt;
  Reader r(sealed);
  auto same = [&](std::span<const uint8_t> wanted) {
    auto found = r.bytes(wanted.size());
    return r.ok && std::equal(found.begin(), found.end(), wanted.begin());
  };
  if (!same(kMagic) || !same(fingerprint) || !same(module_hash)) return std::nullopt;
  CodeObject object;
  object.functions.resize(r.count(24));
  uint32_t end = 0;
  for (NativeFunction& function : object.functions) {
    if (!read_function(r, module, function) || function.begin < end) return std::nullopt;
    end = function.end;
  }
  auto code = r.bytes(r.u32());
  if (!r.ok || !r.at_end() || end > code.size()) return std::nullopt;
  object.code.assign(code.begin(), code.end());
  return object;
}

}  // namespace zwasm::aot
