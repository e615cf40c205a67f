// The buffer in which the translator makes a function's instructions: words, labels, positions.
#pragma once
#include <cstdint>
#include <vector>

#include "interp/code.h"
#include "interp/tables.h"

namespace zwasm::interp {

// A place in the code that branches go to. Before it is bound, the displacement words of the
// branches to it form a list.
struct Label {
  static constexpr uint32_t kUnbound = ~0u;
  uint32_t word = kUnbound;
  uint32_t uses = 0;  // word index + 1 of the last use
  bool bound() const { return word != kUnbound; }
};

class Assembler {
 public:
  void clear() {
    words_.clear();
    positions_.clear();
    catches_.clear();
    loops_.clear();
    labels_.clear();
  }

  uint32_t size() const { return static_cast<uint32_t>(words_.size()); }
  Word& operator[](uint32_t word) { return words_[word]; }

  void op(Handler handler) {
    auto v = reinterpret_cast<uint64_t>(handler);
    words_.push_back(static_cast<Word>(v));
    words_.push_back(static_cast<Word>(v >> 32));
  }
  void set_op(uint32_t at, Handler handler) {
    auto v = reinterpret_cast<uint64_t>(handler);
    words_[at] = static_cast<Word>(v);
    words_[at + 1] = static_cast<Word>(v >> 32);
  }
  void word(Word w) { words_.push_back(w); }
  void word64(uint64_t v) {
    words_.push_back(static_cast<Word>(v));
    words_.push_back(static_cast<Word>(v >> 32));
  }
  // The instruction at the end stands for the one at this byte offset of the body.
  void position(uint32_t offset) {
    uint32_t at = size();
    if (!positions_.empty() && positions_.back().word == at) positions_.back().offset = offset;
    else positions_.push_back({at, offset});
  }
  // A `loop` begins at the end. Of two at the same place the inner one counts: it is entered.
  void loop(uint32_t offset) {
    if (!loops_.empty() && loops_.back().word == size()) loops_.back().position = offset;
    else loops_.push_back({size(), offset});
  }
  void truncate(uint32_t size) {
    words_.resize(size);
    while (!positions_.empty() && positions_.back().word >= size) positions_.pop_back();
  }

  uint32_t new_label() {
    labels_.push_back({});
    return static_cast<uint32_t>(labels_.size() - 1);
  }
  const Label& label(uint32_t l) const { return labels_[l]; }
  // The displacement word of a branch to `l`.
  void displacement(uint32_t l) {
    Label& label = labels_[l];
    if (label.bound()) {
      words_.push_back(label.word - size());
    } else {
      words_.push_back(label.uses);
      label.uses = size();
    }
  }
  void bind(uint32_t l) {
    Label& label = labels_[l];
    label.word = size();
    for (uint32_t use = label.uses; use != 0;) {
      uint32_t at = use - 1;
      use = words_[at];
      words_[at] = label.word - at;
    }
  }

  std::vector<Catch>& catches() { return catches_; }
  // Copies everything into one allocation.
  Code* finish(std::pmr::memory_resource& memory) const;

 private:
  std::vector<Word> words_;
  std::vector<Position> positions_;
  std::vector<Catch> catches_;
  std::vector<LoopPoint> loops_;
  std::vector<Label> labels_;
};

}  // namespace zwasm::interp
