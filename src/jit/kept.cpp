#include "jit/kept.h"

#include <cstring>
#include <vector>

#include "aot/seal_key.h"
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

Keeper::Name Keeper::name_of(const module::Module& module) const {
  uint8_t stamp[sizeof stamp_];
  std::memcpy(stamp, &stamp_, sizeof stamp);
  const uint8_t kind[] = {whole_};
  Name name;
  name.module = tree_sha256(*module.bytes);
  name.entry =
      Sha256().update(aot::source_id()).update(stamp).update(kind).update(name.module).finish();
  return name;
}

std::unique_ptr<KeptObject> Keeper::find(const module::Module& module) {
  if (!worth(module) || cache() == nullptr) return nullptr;
  const Name name = name_of(module);
  auto bytes = cache()->load(name.entry);
  if (!bytes) return nullptr;
  auto owned = std::make_shared<const std::vector<uint8_t>>(*std::move(bytes));
  auto object = aot::Object::open(SharedBytes(owned, *owned), aot::seal_key().bytes);
  // An entry under a name that is not its own is as bad as one that is not ours.
  if (!object || !object->sealed() || object->stamp() != stamp_ ||
      object->module_hash() != name.module) {
    cache()->remove(name.entry);
    return nullptr;
  }
  return std::make_unique<KeptObject>(std::move(*object), KeptObject::From::cache);
}

void Keeper::store(LoadedModule& module) {
  if (!worth(module.module()) || cache() == nullptr) return;
  std::vector<uint8_t> bytes;
  std::vector<runtime::NativeFunction> functions;
  for (const LoadedModule::CurrentCode& current : module.current_native()) {
    // In a module that was compiled whole, functions call each other directly.
    const runtime::NativeCode& code = *current.code;
    if (whole_) {
      bytes.assign(code.begin(), code.begin() + code.size());
      functions.assign(code.functions().begin(), code.functions().end());
      break;
    }
    runtime::NativeFunction function = *current.function;
    const uint8_t* from = code.entry(function);
    const uint32_t size = function.end - function.begin;
    function.begin = static_cast<uint32_t>((bytes.size() + 15) & ~size_t{15});
    function.end = function.begin + size;
    bytes.resize(function.begin);
    bytes.insert(bytes.end(), from, from + size);
    functions.push_back(function);
  }
  if (functions.empty()) return;
  const Name name = name_of(module.module());
  cache()->store(name.entry, aot::write_object({stamp_, name.module, {}, bytes, functions},
                                               aot::seal_key().bytes));
}

}  // namespace zwasm::jit
