// Tables: arrays of function references or of heap references that grow up to a limit. Growth is
// amortized; running code reads base and size anew after every call.
#pragma once
#include <cstdint>
#include <memory>
#include <memory_resource>

#include "module/module.h"
#include "runtime/layout.h"
#include "runtime/limits.h"

namespace zwasm::runtime {

class Table : public TableView {
 public:
  // Elements that a table can have whatever its type says.
  static constexpr uint64_t kMaxElements = uint64_t{1} << 28;
  static constexpr uint64_t kRefused = ~uint64_t{0};

  // `type` with canonical element type, `initial` is the value of every element. Null when the
  // initial size cannot be had. `holds_funcs` is is_func_ref of the element type.
  static std::unique_ptr<Table> create(const module::TableType& type, bool holds_funcs,
                                       Slot initial, std::shared_ptr<Quota> quota,
                                       std::pmr::memory_resource& memory);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  const module::TableType& type() const { return type_; }
  bool holds_funcs() const { return funcs_; }

  // All indices must be in range.
  Slot get(uint64_t index) const;
  void set(uint64_t index, Slot value);
  void fill(uint64_t index, Slot value, uint64_t count);

  // The old size, or kRefused.
  uint64_t grow(uint64_t delta, Slot value);

 private:
  Table() = default;
  size_t element_size() const { return funcs_ ? sizeof(FuncEntry) : sizeof(GcRef); }

  module::TableType type_;
  bool funcs_ = false;
  uint64_t capacity_ = 0;
  std::shared_ptr<Quota> quota_;
  std::pmr::memory_resource* memory_ = nullptr;  // of tables that are not mapped
};

inline FuncEntry entry_of(FuncRef* func) {
  return {func, func != nullptr ? func->type : module::kNoCanon, 0};
}

// Is it a reference to a function (FuncRef*), as opposed to the collected heap (GcRef)?
bool is_func_ref(isa::ValType type, const module::TypeRegistry& types);

}  // namespace zwasm::runtime
