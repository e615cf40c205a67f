// Sorting by a number. What is sorted here is sorted by one, so a single sort of keys serves all
// element types: std::stable_sort would be one or two kilobytes of code for each of thirty.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/function_ref.h"

namespace zwasm {

// Sorts `count` items of `size` bytes; what `key_of` returns for an item is asked for once.
void sort_items(void* items, size_t count, size_t size, FunctionRef<uint64_t(const void*)> key_of);

// Sorts a vector or span by the number that `key_of` returns, the lowest first; items with the same
// key keep their order.
template <class Items, class KeyOf>
void sort_by(Items&& items, KeyOf&& key_of) {
  using T = std::remove_reference_t<decltype(*items.data())>;
  if (items.size() < 2) return;
  if constexpr (std::is_trivially_copy_constructible_v<T> && std::is_trivially_destructible_v<T>) {
    sort_items(items.data(), items.size(), sizeof(T),
               [&](const void* item) -> uint64_t { return key_of(*static_cast<const T*>(item)); });
  } else {
    std::vector<size_t> order(items.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    sort_by(order, [&](size_t i) { return key_of(items[i]); });
    std::remove_cvref_t<Items> sorted;
    for (size_t i : order) sorted.push_back(std::move(items[i]));
    items = std::move(sorted);
  }
}

// Keys by two numbers, of which the first weighs more.
constexpr uint64_t sort_key(uint32_t first, uint32_t second) {
  return uint64_t{first} << 32 | second;
}
// … and by a number that is not negative, the highest first.
constexpr uint32_t highest_first(float weight) { return ~std::bit_cast<uint32_t>(weight); }

// Puts the items of `few` into `many`; both are sorted by `key_of`. Of those with the same key the
// ones that were there come first.
template <class T, class KeyOf>
void merge_by(std::vector<T>& many, const std::vector<T>& few, KeyOf&& key_of) {
  size_t i = many.size(), j = few.size();
  many.resize(i + j);
  while (j != 0) {
    bool old = i != 0 && key_of(few[j - 1]) < key_of(many[i - 1]);
    many[i + j - 1] = old ? many[i - 1] : few[j - 1];
    --(old ? i : j);
  }
}

}  // namespace zwasm
