// Bytes of machine code under construction: labels, and places to be filled in once a label is
// bound. What a place looks like (its width, how a distance is encoded) is the instruction set's
// business: a Fixup carries the function that writes it.
#pragma once
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "base/assert.h"

namespace zwasm::codegen {

struct Label {
  uint32_t id = ~0u;
  bool valid() const { return id != ~0u; }
};

class CodeBuffer {
 public:
  // Writes the distance from the fixup's place to `target` at `place`. False: out of range.
  using Patch = bool (*)(uint8_t* code, uint32_t place, uint32_t target);

  void reserve(size_t bytes) { bytes_.reserve(bytes); }
  std::vector<uint8_t> take() { return std::move(bytes_); }
  uint32_t size() const { return static_cast<uint32_t>(bytes_.size()); }
  std::span<const uint8_t> bytes() const { return bytes_; }
  uint8_t* data() { return bytes_.data(); }

  void put8(uint32_t v) { bytes_.push_back(static_cast<uint8_t>(v)); }
  void put32(uint32_t v) { put(v); }
  void put64(uint64_t v) { put(v); }
  void put_bytes(std::span<const uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  // Fills up with `filler` to a multiple of `alignment`, a power of two.
  void align(uint32_t alignment, uint8_t filler) {
    while ((size() & (alignment - 1)) != 0) put8(filler);
  }

  Label new_label() {
    labels_.push_back(kUnbound);
    return {static_cast<uint32_t>(labels_.size() - 1)};
  }
  void bind(Label label) {
    ZWASM_ASSERT(labels_[label.id] == kUnbound);
    labels_[label.id] = size();
  }
  bool is_bound(Label label) const { return labels_[label.id] != kUnbound; }
  uint32_t offset_of(Label label) const { return ZWASM_ASSERT(is_bound(label)), labels_[label.id]; }

  // `place` refers to `label`; written now if the label is bound, else by resolve().
  void refer(uint32_t place, Label label, Patch patch) { fixups_.push_back({place, label, patch}); }

  // Writes all places. False when a distance does not fit its encoding; every label that is
  // referred to must be bound.
  [[nodiscard]] bool resolve() {
    for (const Fixup& f : fixups_)
      if (!f.patch(bytes_.data(), f.place, offset_of(f.label))) return false;
    fixups_.clear();
    return true;
  }

 private:
  static constexpr uint32_t kUnbound = ~0u;
  struct Fixup {
    uint32_t place;
    Label label;
    Patch patch;
  };
  template <class T>
  void put(T v) {
    size_t at = bytes_.size();
    bytes_.resize(at + sizeof v);
    std::memcpy(bytes_.data() + at, &v, sizeof v);
  }

  std::vector<uint8_t> bytes_;
  std::vector<uint32_t> labels_;
  std::vector<Fixup> fixups_;
};

}  // namespace zwasm::codegen
