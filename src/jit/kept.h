// Machine code that is kept from run to run, for the driver: what is found of it before a module is
// validated, and what is stored when a module ends.
//
// A module that was compiled whole is kept whole. Of one that runs in tiers, the functions are kept
// that became hot, so that the next run starts with their machine code at its first instruction;
// what becomes hot then joins them.
#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "aot/cache.h"
#include "aot/code_object.h"
#include "runtime/engine.h"
#include "runtime/tiers.h"

namespace zwasm::jit {

class KeptObject : public runtime::Kept {
 public:
  enum class From : uint8_t { cache, file };
  KeptObject(aot::Object object, From from)
      : object_(std::move(object)), module_hash_(object_->module_hash()), from_(from) {}
  // Nothing was kept, but it may be, under a name that has taken a while to make.
  explicit KeptObject(const Digest& module_hash) : module_hash_(module_hash), from_(From::cache) {}
  bool validated(isa::FeatureSet features) const override {
    return object_ && object_->stamp().features == features.bits();
  }
  const std::optional<aot::Object>& object() const { return object_; }
  const Digest& module_hash() const { return module_hash_; }
  From from() const { return from_; }

 private:
  std::optional<aot::Object> object_;
  Digest module_hash_;
  From from_;
};

class Keeper {
 public:
  // Smaller modules are compiled, as far as they get hot, sooner than a file is found: they never
  // touch the disk.
  static constexpr size_t kWorthCaching = 16 << 10;

  Keeper(const runtime::EngineSettings& settings, const aot::Stamp& stamp);

  // Null: of this module nothing is kept or will be. It may have no object yet.
  std::unique_ptr<KeptObject> find(const module::Module& module);
  // What has been compiled of the module so far.
  void store(runtime::LoadedModule& module);

 private:
  Digest entry_of(const Digest& module_hash) const;
  bool worth(const module::Module& module) const;
  aot::CodeCache* cache();

  const bool on_;
  const uint64_t max_bytes_;
  const bool whole_;
  const aot::Stamp stamp_;
  std::once_flag opened_;
  std::unique_ptr<aot::CodeCache> cache_;  // opened when first needed; null: there is no place
};

}  // namespace zwasm::jit
