#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "base/sort.h"

namespace zwasm {
namespace {

struct Item {
  uint32_t key;
  size_t place;
  bool operator==(const Item&) const = default;
};

std::vector<Item> some_items(size_t count, uint32_t keys) {
  std::vector<Item> items;
  uint32_t state = 12345;
  for (size_t i = 0; i < count; ++i) {
    state = state * 1664525 + 1013904223;
    items.push_back({(state >> 8) % keys, i});
  }
  return items;
}

TEST_CASE("sort_by: few, many, equal keys keep their order") {
  for (size_t count : {0, 1, 2, 3, 31, 32, 33, 100, 5000})
    for (uint32_t keys : {1u, 3u, 1000000u}) {
      auto items = some_items(count, keys), expected = items;
      std::stable_sort(expected.begin(), expected.end(),
                       [](const Item& a, const Item& b) { return a.key < b.key; });
      sort_by(items, [](const Item& i) { return i.key; });
      CHECK(items == expected);
    }
}

TEST_CASE("sort_by: what is not copied as bytes") {
  std::vector<std::string> words{"three of them", "a", "and a long one, which is allocated", "b"};
  sort_by(words, [](const std::string& s) { return s.size(); });
  CHECK(words ==
        std::vector<std::string>{"a", "b", "three of them", "and a long one, which is allocated"});
}

TEST_CASE("sort keys: pairs, and weights from the highest on") {
  CHECK(sort_key(1, 0xFFFFFFFF) < sort_key(2, 0));
  CHECK(highest_first(2.5f) < highest_first(1.0f));
  CHECK(highest_first(1.0f) < highest_first(0.0f));
}

TEST_CASE("merge_by: of equal keys those that were there come first") {
  std::vector<Item> many{{1, 0}, {3, 1}, {5, 2}}, few{{0, 3}, {3, 4}, {9, 5}};
  merge_by(many, few, [](const Item& i) { return i.key; });
  CHECK(many == std::vector<Item>{{0, 3}, {1, 0}, {3, 1}, {3, 4}, {5, 2}, {9, 5}});
}

}  // namespace
}  // namespace zwasm
