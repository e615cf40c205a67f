#include "base/sort.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace zwasm {
namespace {

struct Key {
  uint64_t key;
  size_t place;  // before sorting
  bool operator<(const Key& o) const { return key != o.key ? key < o.key : place < o.place; }
};

}  // namespace

void sort_items(void* items, size_t count, size_t size, FunctionRef<uint64_t(const void*)> key_of) {
  std::array<Key, 32> few;  // most are short
  std::vector<Key> many;
  Key* keys = few.data();
  if (count > few.size()) {
    many.resize(count);
    keys = many.data();
  }
  auto* bytes = static_cast<unsigned char*>(items);
  bool sorted = true;
  for (size_t i = 0; i < count; ++i) {
    keys[i] = {key_of(bytes + i * size), i};
    sorted = sorted && (i == 0 || keys[i - 1].key <= keys[i].key);
  }
  if (sorted) return;
  std::sort(keys, keys + count);
  std::array<unsigned char, 1024> small;
  std::vector<unsigned char> large;
  unsigned char* before = small.data();
  if (count * size > small.size()) {
    large.resize(count * size);
    before = large.data();
  }
  std::memcpy(before, bytes, count * size);
  for (size_t i = 0; i < count; ++i)
    std::memcpy(bytes + i * size, before + keys[i].place * size, size);
}

}  // namespace zwasm
