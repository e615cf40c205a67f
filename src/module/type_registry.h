// Canonical types. Two recursion groups that are the same up to the names of their members are the
// same type everywhere in an engine: the registry gives each distinct group its canonical ids, so
// that type equality is integer equality and subtyping between concrete types is a walk (or a
// display look-up) over canonical ids. The specification's matching function stands here, once.
//
// Thread safety: all members may be called from any thread. Ids stay valid as long as a handle
// that was returned for them lives; groups no longer used by any module are reclaimed.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "module/module.h"

namespace zwasm::module {

using CanonId = uint32_t;
// No type. Ids start at 1, so that zeroed memory (an element of a fresh table) names no type.
inline constexpr CanonId kNoCanon = 0;

// A canonical type. Heap types inside (fields, params, results) hold canonical ids.
struct CanonType {
  CompositeKind kind = CompositeKind::func;
  bool final = true;
  CanonId super = kNoCanon;
  // Display: supers from the root of the hierarchy down to and including this type; `depth` is
  // display.size() - 1. `a` is a subtype of `b` iff a.display[b.depth] == b's id.
  std::span<const CanonId> display;
  FuncType func;
  std::span<const FieldType> fields;
};

class TypeRegistry;

// Keeps the canonical types of one module alive, and maps its type indices to ids.
class ModuleTypes {
 public:
  ModuleTypes() = default;
  ModuleTypes(ModuleTypes&& other) noexcept;
  ModuleTypes& operator=(ModuleTypes&& other) noexcept;
  ~ModuleTypes();

  CanonId id(uint32_t type_index) const { return ids_[type_index]; }
  std::span<const CanonId> ids() const { return ids_; }
  // The same type with module-local indices replaced by canonical ids.
  ValType canon(ValType type) const;
  // Matching on types whose indices are local to the module.
  bool matches(ValType sub, ValType super) const;
  const TypeRegistry* registry() const { return registry_; }

  // Some function makes tail calls; false only when validation has seen all of them.
  bool tail_calls = true;

 private:
  friend class TypeRegistry;
  TypeRegistry* registry_ = nullptr;
  std::vector<CanonId> ids_;
  std::vector<uint32_t> groups_;
};

class TypeRegistry {
 public:
  TypeRegistry();
  ~TypeRegistry();
  TypeRegistry(const TypeRegistry&) = delete;
  TypeRegistry& operator=(const TypeRegistry&) = delete;

  // Registers the next recursion group of `module` (in order) into `types`. The group must be
  // well-formed: indices in range, supertypes earlier.
  void add_group(const Module& module, const RecGroup& group, ModuleTypes& types);
  // A function type that no module declares (host functions); params and results already canonical.
  CanonId add_func_type(const FuncType& type, ModuleTypes& keeper);

  // The reference stays valid while the id does.
  const CanonType& type(CanonId id) const;

  // Matching on types whose indices are canonical ids (the specification's `<=`).
  bool is_subtype(CanonId sub, CanonId super) const;
  bool matches(isa::HeapType sub, isa::HeapType super) const;
  bool matches(ValType sub, ValType super) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  friend class ModuleTypes;
};

}  // namespace zwasm::module
