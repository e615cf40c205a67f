// Translated code: making the allocation, finding code by address, positions.
#include "interp/code.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <shared_mutex>

#include "interp/assembler.h"
#include "runtime/loaded_module.h"

namespace zwasm::interp {

namespace {

// All code of the process by its first word. Looked at only on slow paths: traps, collections,
// exceptions. Never destroyed, since code may be freed as late as static objects are.
struct Registry {
  std::shared_mutex mutex;
  std::map<Ip, const Code*> codes;
};
Registry& registry() {
  alignas(Registry) static unsigned char storage[sizeof(Registry)];
  static Registry* r = new (storage) Registry;
  return *r;
}

// Of the record with everything behind it, and the gaps between.
size_t code_bytes(size_t words, size_t positions, size_t catches, size_t loops) {
  return sizeof(Code) + words * sizeof(Word) + positions * sizeof(Position) +
         catches * sizeof(Catch) + loops * sizeof(LoopPoint) + 32;
}

template <class T>
const T* place(char*& at, const std::vector<T>& from) {
  auto address = (reinterpret_cast<uintptr_t>(at) + alignof(T) - 1) & ~(alignof(T) - 1);
  at = reinterpret_cast<char*>(address);
  if (!from.empty()) std::memcpy(at, from.data(), from.size() * sizeof(T));
  const T* result = reinterpret_cast<const T*>(at);
  at += from.size() * sizeof(T);
  return result;
}

}  // namespace

const Code* find_code(Ip ip) {
  Registry& r = registry();
  std::shared_lock lock(r.mutex);
  auto it = r.codes.upper_bound(ip);
  if (it == r.codes.begin()) return nullptr;
  const Code* code = std::prev(it)->second;
  // A return address may stand right behind the last word, never in front of the first.
  return ip <= code->words + code->word_count ? code : nullptr;
}

void register_code(const Code* code) {
  Registry& r = registry();
  std::unique_lock lock(r.mutex);
  r.codes.emplace(code->words, code);
}

void free_code(const Code* code) {
  {
    Registry& r = registry();
    std::unique_lock lock(r.mutex);
    if (r.codes.erase(code->words) == 0) return;  // a stub
  }
  delete code->roots.load(std::memory_order_acquire);
  size_t size =
      code_bytes(code->word_count, code->position_count, code->catch_count, code->loop_count);
  std::pmr::memory_resource& memory = code->function->module->engine().memory();
  code->~Code();
  memory.deallocate(const_cast<Code*>(code), size, alignof(Code));
}

Code* Assembler::finish(std::pmr::memory_resource& memory) const {
  size_t size = code_bytes(words_.size(), positions_.size(), catches_.size(), loops_.size());
  auto* code = new (memory.allocate(size, alignof(Code))) Code;
  char* at = reinterpret_cast<char*>(code) + offsetof(Code, words);
  place(at, words_);
  code->positions = place(at, positions_);
  code->catches = place(at, catches_);
  code->loops = place(at, loops_);
  code->loop_count = static_cast<uint32_t>(loops_.size());
  code->word_count = static_cast<uint32_t>(words_.size());
  code->position_count = static_cast<uint32_t>(positions_.size());
  code->catch_count = static_cast<uint32_t>(catches_.size());
  return code;
}

uint64_t Code::offset_of(uint32_t word) const {
  const Position* end = positions + position_count;
  const Position* it = std::upper_bound(positions, end, word,
                                        [](uint32_t w, const Position& p) { return w < p.word; });
  return it == positions ? body_offset : body_offset + std::prev(it)->offset;
}

const LoopPoint* Code::loop_at(uint32_t word) const {
  const LoopPoint* end = loops + loop_count;
  const LoopPoint* it =
      std::lower_bound(loops, end, word, [](const LoopPoint& l, uint32_t w) { return l.word < w; });
  return it != end && it->word == word ? it : nullptr;
}

std::span<const uint32_t> RootMap::at(uint32_t key) const {
  auto it = std::lower_bound(points.begin(), points.end(), key,
                             [](const Safepoint& p, uint32_t k) { return p.word < k; });
  if (it == points.end() || it->word != key) return {};
  return {slots.data() + it->first, it->count};
}

}  // namespace zwasm::interp
