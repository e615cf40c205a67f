// From the vocabulary of the runtime to that of the public headers, and back: types, values and
// slots, failures and errors.
#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "api/state.h"
#include "base/error.h"
#include "runtime/failure.h"

namespace zwasm::detail {

// --- types (convert_types.cpp). Internal types hold canonical ids. ---

// Keeps the canonical types alive that public types name.
class ZWASM_HIDDEN TypeScope {
 public:
  explicit TypeScope(std::shared_ptr<runtime::Engine> engine) : engine_(std::move(engine)) {}
  ~TypeScope();
  const std::shared_ptr<runtime::Engine>& engine() const { return engine_; }
  module::TypeRegistry& types() const { return engine_->types(); }
  module::ModuleTypes& keeper() { return *keeper_; }

 private:
  std::shared_ptr<runtime::Engine> engine_;
  std::unique_ptr<module::ModuleTypes> keeper_ = std::make_unique<module::ModuleTypes>();
};

struct TypeAccess {
  static uint32_t bits(const HeapType& heap) { return heap.bits_; }
  static const std::shared_ptr<const TypeScope>& scope(const HeapType& heap) { return heap.scope_; }
  static HeapType make(uint32_t bits, std::shared_ptr<const TypeScope> scope) {
    HeapType heap;
    heap.bits_ = bits;
    heap.scope_ = std::move(scope);
    return heap;
  }
};

using EnginePtr = std::shared_ptr<runtime::Engine>;

ValType to_public(const EnginePtr& engine, isa::ValType type);
HeapType to_public(const EnginePtr& engine, isa::HeapType type);
FuncType to_public(const EnginePtr& engine, const module::FuncType& type);
FuncType func_type(const EnginePtr& engine, module::CanonId id);
TableType to_public(const EnginePtr& engine, const module::TableType& type);
MemoryType to_public(const module::MemoryType& type);

isa::HeapType to_internal(const HeapType& type);
isa::ValType to_internal(const ValType& type);
module::TableType to_internal(const TableType& type);
module::MemoryType to_internal(const MemoryType& type);
isa::ValType type_of(TypeCode code);

// An error if a type names a definition of an engine other than the store's, where its number means
// something else; null if it can be used.
std::unique_ptr<Error> check_type(const StoreState& store, const ValType& type);
std::unique_ptr<Error> check_type(const StoreState& store, const FuncType& type);

// A function type with its own storage, for the runtime.
struct OwnedFuncType {
  explicit OwnedFuncType(const FuncType& type);
  explicit OwnedFuncType(const Signature& signature);
  module::FuncType view() const { return {params, results}; }
  std::vector<isa::ValType> params, results;
};

// --- values and slots (convert_values.cpp) ---

using runtime::Slot;

// Whether the value may stand where `type` is expected, in this store.
bool value_matches(StoreState& store, const Value& value, isa::ValType type);
bool ref_matches(StoreState& store, const Ref& ref, isa::ValType type);
// The value must match. Writes one or two slots.
void to_slots(StoreState& store, const Value& value, isa::ValType type, Slot* slots);
Slot to_slot(StoreState& store, const Ref& ref, isa::ValType type);
Value from_slots(StoreState& store, isa::ValType type, const Slot* slots);
Ref ref_from(StoreState& store, isa::ValType type, Slot slot);
Ref root(StoreState& store, HeapKind hierarchy, runtime::GcRef object);
// The current reference of a Ref that is not of the func hierarchy.
runtime::GcRef gc_ref(const Ref& ref);
// An error that names the first argument which does not match, or their number; null: all do.
std::unique_ptr<Error> check_args(StoreState& store, std::span<const isa::ValType> types,
                                  std::span<const Value> args, std::string_view what);

// --- errors (convert_errors.cpp) ---

Error to_error(StoreState& store, runtime::Failure failure);
// After a call that did not return.
std::unique_ptr<Error> take_error(StoreState& store, runtime::CallStatus status);
// What a host function that failed with `error` tells the runtime.
runtime::HostOutcome fail_call(StoreState& store, Error error);
Error to_error(const LoadError& error, std::string_view file, std::string_view text = {});
Error usage_error(std::string message);

}  // namespace zwasm::detail
