/// Globals, and the tags of exceptions.
#pragma once
#include "zwasm/detail/export.h"
#include "zwasm/error.h"
#include "zwasm/store.h"
#include "zwasm/types.h"
#include "zwasm/value.h"

namespace zwasm ZWASM_PUBLIC {

/// A handle; copies mean the same global.
class Global {
 public:
  /// Error (usage): the value is not of the type.
  static Result<Global> create(Store& store, const GlobalType& type, const Value& value);

  GlobalType type() const;
  /// Zero or null once the store is gone.
  Value get() const;
  /// Errors (usage): immutable, wrong type.
  Result<void> set(const Value& value) const;

  friend bool operator==(const Global&, const Global&) = default;

 private:
  friend struct detail::Internals;
  Global(detail::StoreState* store, void* global) noexcept : store_(store), global_(global) {}
  detail::StorePtr store_;
  void* global_;
};

/// A handle; copies mean the same tag.
class Tag {
 public:
  /// A new tag, distinct from all others; the payload is the parameters.
  static Result<Tag> create(Store& store, const TagType& type);
  TagType type() const;
  friend bool operator==(const Tag&, const Tag&) = default;

 private:
  friend struct detail::Internals;
  Tag(detail::StoreState* store, void* tag) noexcept : store_(store), tag_(tag) {}
  detail::StorePtr store_;
  void* tag_;
};

}  // namespace zwasm ZWASM_PUBLIC
