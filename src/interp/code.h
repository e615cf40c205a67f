// Translated code of one function: a record followed by its instructions, in one allocation, so
// that a call needs one load to get from the function to the first instruction.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "interp/insn.h"
#include "runtime/function.h"

namespace zwasm::interp {

// Byte offset in the module of the instruction that starts at a word: for everything that can
// trap, call or stop. Sorted by word.
struct Position {
  uint32_t word;
  uint32_t offset;  // from Code::body_offset
};

// Where a `loop` begins: nothing is in accumulators, and operands are at their homes or constants.
struct LoopPoint {
  uint32_t word;
  uint32_t position;  // of the instruction, from Code::body_offset
};

// Code that is covered by a handler of exceptions. Innermost first.
struct Catch {
  enum class Kind : uint8_t { tag, tag_ref, all, all_ref, legacy_tag, legacy_all, delegate };
  uint32_t begin, end;  // words [begin, end)
  uint32_t target;      // word to continue at; delegate: nesting depth that may handle it
  uint32_t slot;        // byte offset of the first value (legacy: the exception, then the values)
  uint32_t tag;         // tag index of the instance
  uint32_t depth;       // nesting depth of covered regions, outermost 1
  Kind kind;
};

// Slots that hold references of the collected heap at a safepoint, as indices into one list.
struct Safepoint {
  // 2 * word: before the instruction there; 2 * word - 1: inside the call that returns there.
  uint32_t word;
  uint32_t first, count;
};
struct RootMap {
  std::vector<uint32_t> locals;   // byte offsets from fp: references at every safepoint
  std::vector<Safepoint> points;  // sorted by key
  std::vector<uint32_t> slots;
  std::span<const uint32_t> at(uint32_t key) const;
};

struct Code {
  runtime::Function* function = nullptr;
  uint64_t body_offset = 0;
  uint32_t header_offset = 0;  // bytes from fp
  uint32_t frame_bytes = 0;    // all of the frame with its deepest operand stack
  uint32_t word_count = 0;
  uint32_t position_count = 0;
  uint32_t catch_count = 0;
  uint32_t loop_count = 0;
  const Position* positions = nullptr;
  const Catch* catches = nullptr;
  const LoopPoint* loops = nullptr;                    // sorted by word
  mutable std::atomic<const RootMap*> roots{nullptr};  // built at first need
  alignas(8) Word words[2] = {};                       // word_count of them

  Ip entry() const { return words; }
  uint32_t word_of(Ip ip) const { return static_cast<uint32_t>(ip - words); }
  bool contains(Ip ip) const { return ip >= words && ip < words + word_count; }
  // The offset in the module of the instruction at `word`, or of that which it is a part of.
  uint64_t offset_of(uint32_t word) const;
  // The loop that begins at `word`, or null.
  const LoopPoint* loop_at(uint32_t word) const;
  std::span<const Catch> catch_table() const { return {catches, catch_count}; }
};

// The code that contains an instruction; null for the interpreter's own stubs.
const Code* find_code(Ip ip);
void register_code(const Code* code);
// Unregisters and deletes; leaves the stubs alone.
void free_code(const Code* code);

}  // namespace zwasm::interp
