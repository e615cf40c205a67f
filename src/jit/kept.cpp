#include "jit/kept.h"

#include <cstring>
#include <vector>

#include "aot/seal_key.h"
#include "jit/link.h"
#include "runtime/loaded_module.h"

namespace zwasm::jit {

using runtime::LoadedModule;

Keeper::Keeper(const runtime::EngineSettings& settings, const aot::Stamp& stamp)
    // What is kept has no lines, and no polls at entries.
    : on_(settings.cache && !settings.debug_info && settings.sample_us == 0),
      max_bytes_(settings.cache_bytes),
      whole_(settings.tiers == runtime::EngineSettings::Tiering::compile),
      stamp_(stamp) {}

aot::CodeCache* Keeper::cache() {
  // A key that is this process's alone seals nothing for others.
  std::call_once(opened_, [this] {
    if (aot::seal_key().kept) cache_ = aot::CodeCache::open(max_bytes_);
  });
  return cache_.get();
}

bool Keeper::worth(const module::Module& module) const {
  return on_ && module.bytes && module.bytes->size() >= kWorthCaching;
}

Digest Keeper::entry_of(const Digest& module_hash) const {
  uint8_t stamp[sizeof stamp_];
  std::memcpy(stamp, &stamp_, sizeof stamp);
  const uint8_t kind[] = {whole_};
  return Sha256().update(aot::source_id()).update(stamp).update(kind).update(module_hash).finish();
}

std::unique_ptr<KeptObject> Keeper::find(const module::Module& module) {
  if (!worth(module) || cache() == nullptr) return nullptr;
  const Digest hash = tree_sha256(*module.bytes);
  const Digest entry = entry_of(hash);
  auto bytes = cache()->load(entry);
  if (!bytes) return std::make_unique<KeptObject>(hash);
  auto owned = std::make_shared<const std::vector<uint8_t>>(*std::move(bytes));
  auto object = aot::Object::open(SharedBytes(owned, *owned), aot::seal_key().bytes);
  // An entry under a name that is not its own is as bad as one that is not ours.
  if (!object || !object->sealed() || object->stamp() != stamp_ || object->module_hash() != hash) {
    cache()->remove(entry);
    return std::make_unique<KeptObject>(hash);
  }
  return std::make_unique<KeptObject>(std::move(*object), KeptObject::From::cache);
}

void Keeper::store(LoadedModule& module) {
  if (!worth(module.module()) || cache() == nullptr) return;
  std::vector<uint8_t> bytes;
  std::vector<runtime::NativeFunction> functions;
  Linker linker(module, codegen::kHostArch);
  for (const LoadedModule::CurrentCode& current : module.current_native()) {
    const runtime::NativeCode& code = *current.code;
    if (whole_) {
      bytes.assign(code.begin(), code.begin() + code.size());
      functions.assign(code.functions().begin(), code.functions().end());
      break;
    }
    // Each was compiled by itself, or with others in an earlier run: from now on they call each
    // other directly.
    runtime::NativeFunction function = *current.function;
    const uint32_t size = function.end - function.begin;
    const auto begin = linker.add(function.function->index, Linker::Reached::entry,
                                  {code.entry(*current.function), size}, function.relocations);
    if (!begin) continue;
    function.begin = *begin;
    function.end = function.begin + size;
    functions.push_back(function);
  }
  if (functions.empty()) return;
  if (!whole_) bytes = linker.finish();
  const auto* kept = static_cast<const KeptObject*>(module.kept());
  const Digest hash = kept != nullptr ? kept->module_hash() : tree_sha256(*module.module().bytes);
  cache()->store(entry_of(hash),
                 aot::write_object({stamp_, hash, {}, bytes, functions}, aot::seal_key().bytes));
}

}  // namespace zwasm::jit
