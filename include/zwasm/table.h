/// Tables of references.
#pragma once
#include <cstdint>

#include "zwasm/detail/export.h"
#include "zwasm/error.h"
#include "zwasm/store.h"
#include "zwasm/types.h"
#include "zwasm/value.h"

namespace zwasm ZWASM_PUBLIC {

/// A handle; copies mean the same table.
class Table {
 public:
  /// A new table, every element `init`. Errors: usage, limit.
  static Result<Table> create(Store& store, const TableType& type, const Ref& init);

  /// With the current size as its minimum.
  TableType type() const;
  uint64_t size() const noexcept;
  /// Errors (usage): index out of range, wrong type of reference.
  Result<Ref> get(uint64_t index) const;
  Result<void> set(uint64_t index, const Ref& value) const;
  /// Grows by so many elements; the result is the old size. Errors: limit, usage.
  Result<uint64_t> grow(uint64_t elements, const Ref& init) const;

  friend bool operator==(const Table&, const Table&) = default;

 private:
  friend struct detail::Internals;
  Table(detail::StoreState* store, void* table) noexcept : store_(store), table_(table) {}
  detail::StorePtr store_;
  void* table_;
};

}  // namespace zwasm ZWASM_PUBLIC
