// Identifiers to indices: an open-addressing hash table without deletion. The views must outlive
// the map. Clearing keeps the memory: the locals of every function go through one map.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace zwasm::text {

class IdMap {
 public:
  // False if the id is there already.
  bool insert(std::string_view id, uint32_t index) {
    if (slots_.size() < 2 * (count_ + 1)) grow();
    Slot& slot = find_slot(id);
    if (slot.used) return false;
    slot = {id, index, true};
    ++count_;
    return true;
  }

  std::optional<uint32_t> find(std::string_view id) const {
    if (count_ == 0) return std::nullopt;
    const Slot& slot = const_cast<IdMap*>(this)->find_slot(id);
    if (!slot.used) return std::nullopt;
    return slot.index;
  }

  // A table that one large user made is not swept for every small one after it.
  void clear() {
    if (slots_.size() > kKept) slots_ = {};
    if (count_ != 0) slots_.assign(slots_.size(), Slot{});
    count_ = 0;
  }

 private:
  static constexpr size_t kKept = 256;
  struct Slot {
    std::string_view id;
    uint32_t index = 0;
    bool used = false;
  };

  Slot& find_slot(std::string_view id) {
    size_t mask = slots_.size() - 1;
    for (size_t i = std::hash<std::string_view>{}(id)&mask;; i = (i + 1) & mask) {
      if (!slots_[i].used || slots_[i].id == id) return slots_[i];
    }
  }

  void grow() {
    std::vector<Slot> old = std::move(slots_);
    slots_.assign(old.empty() ? 8 : old.size() * 2, Slot{});
    for (const Slot& slot : old) {
      if (slot.used) find_slot(slot.id) = slot;
    }
  }

  std::vector<Slot> slots_;
  size_t count_ = 0;
};

}  // namespace zwasm::text
