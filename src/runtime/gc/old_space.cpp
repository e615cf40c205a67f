#include "runtime/gc/old_space.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "sys/mapped.h"

namespace zwasm::runtime::gc {

bool OldSpace::init(uint8_t* base, uint32_t first_block, uint32_t block_count, bool poison) {
  base_ = base;
  first_block_ = first_block;
  block_count_ = block_count;
  high_water_ = first_block;
  free_cursor_ = first_block;
  sweep_cursor_ = block_count;
  poison_ = poison;
  // One lazily committed mapping for the three tables: pages that no block needs cost nothing.
  tables_size_ = size_t{block_count} * (2 + kLinesPerBlock);
  void* tables = ::mmap(nullptr, tables_size_, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (tables == MAP_FAILED) return false;
  states_ = static_cast<uint8_t*>(tables);
  block_epochs_ = states_ + block_count;
  line_marks_ = block_epochs_ + block_count;
  return true;
}

OldSpace::~OldSpace() {
  sys::note_unmapped(sys::Mapped::heaps, uint64_t{committed_blocks_} * kBlockSize);
  if (states_ != nullptr) ::munmap(states_, tables_size_);
}

bool OldSpace::available(uint32_t block) const {
  switch (static_cast<State>(states_[block])) {
    case kUncommitted:
    case kFree: return true;
    case kSmall:
    case kFresh:
    case kLargeHead:
    case kLargeTail:
    case kFrom:
    case kFromLarge: return false;
  }
  return false;
}

bool OldSpace::commit(uint32_t first, uint32_t count) {
  for (uint32_t b = first; b < first + count;) {
    if (states_[b] != kUncommitted) {
      ++b;
      continue;
    }
    uint32_t end = b + 1;
    while (end < first + count && states_[end] == kUncommitted) ++end;
    // Ahead of need, so that a growing heap makes few system calls.
    if (!poison_)
      while (end < block_count_ && end < b + 32 && states_[end] == kUncommitted) ++end;
    if (::mprotect(base_ + size_t{b} * kBlockSize, size_t{end - b} * kBlockSize,
                   PROT_READ | PROT_WRITE) != 0)
      return false;
    for (uint32_t c = b; c < end; ++c) states_[c] = kFree;
    committed_blocks_ += end - b;
    sys::note_mapped(sys::Mapped::heaps, uint64_t{end - b} * kBlockSize);
    b = end;
  }
  used_blocks_ += count;
  high_water_ = std::max(high_water_, first + count);
  return true;
}

void OldSpace::release(uint32_t first, uint32_t count) {
  used_blocks_ -= count;
  State state = kFree;
  if (poison_) {
    uint8_t* at = base_ + size_t{first} * kBlockSize;
    ::madvise(at, size_t{count} * kBlockSize, MADV_DONTNEED);
    if (::mprotect(at, size_t{count} * kBlockSize, PROT_NONE) == 0) {
      state = kUncommitted;
      committed_blocks_ -= count;
      sys::note_unmapped(sys::Mapped::heaps, uint64_t{count} * kBlockSize);
    }
  }
  std::memset(states_ + first, state, count);
}

uint32_t OldSpace::take_run(uint32_t count) {
  // Next fit: twice around at most. While poisoning, addresses are not reused until the region
  // has been gone through once.
  uint32_t run = 0;
  uint32_t total = block_count_ - first_block_;
  if (count > total) return 0;
  uint32_t b = free_cursor_;
  for (uint32_t seen = 0; seen < total + count; ++seen, ++b) {
    if (b >= block_count_) b = first_block_, run = 0;
    run = available(b) ? run + 1 : 0;
    if (run == count) {
      uint32_t first = b + 1 - count;
      if (!commit(first, count)) return 0;
      free_cursor_ = b + 1 >= block_count_ ? first_block_ : b + 1;
      return first;
    }
  }
  return 0;
}

uint32_t OldSpace::take_block() {
  uint32_t block = take_run(1);
  if (block == 0) return 0;
  states_[block] = kFresh;
  return block;
}

// Moves to the next run of unmarked lines, in the current block or in a block not yet looked at.
bool OldSpace::next_hole() {
  for (;;) {
    if (hole_block_ != 0) {
      const uint8_t* marks = lines(hole_block_);
      uint32_t line = hole_line_;
      while (line < kLinesPerBlock && marks[line] == epoch_) ++line;
      if (line < kLinesPerBlock) {
        uint32_t end = line + 1;
        while (end < kLinesPerBlock && marks[end] != epoch_) ++end;
        hole_line_ = end;
        hole_next_ = hole_block_ * kBlockSize + line * kLineSize;
        hole_end_ = hole_block_ * kBlockSize + end * kLineSize;
        return true;
      }
      hole_block_ = 0;
    }
    while (sweep_cursor_ < high_water_ &&
           !(states_[sweep_cursor_] == kSmall && block_epochs_[sweep_cursor_] == epoch_))
      ++sweep_cursor_;
    if (sweep_cursor_ >= high_water_) return false;
    hole_block_ = sweep_cursor_++;
    hole_line_ = 0;
    states_[hole_block_] = kFresh;
  }
}

uint32_t OldSpace::allocate_slow(uint32_t size) {
  if (size > kMaxSmall) return allocate_large(size);
  // An object of several lines would waste the small holes it does not fit.
  if (size > kLineSize && hole_end_ != hole_next_) {
    if (size > overflow_end_ - overflow_next_) {
      uint32_t block = take_block();
      if (block == 0) return 0;
      overflow_next_ = block * kBlockSize;
      overflow_end_ = overflow_next_ + kBlockSize;
    }
    uint32_t at = overflow_next_;
    overflow_next_ += size;
    allocated_ += size;
    return at;
  }
  while (next_hole())
    if (size <= hole_end_ - hole_next_) return allocate(size);
  uint32_t block = take_block();
  if (block == 0) return 0;
  hole_next_ = block * kBlockSize;
  hole_end_ = hole_next_ + kBlockSize;
  return allocate(size);
}

uint32_t OldSpace::allocate_large(uint32_t size) {
  uint32_t count = (size + kBlockSize - 1) / kBlockSize;
  uint32_t first = take_run(count);
  if (first == 0) return 0;
  states_[first] = kLargeHead;
  std::memset(states_ + first + 1, kLargeTail, count - 1);
  block_epochs_[first] = epoch_;
  large_runs_.push_back(first);
  allocated_ += size_t{count} * kBlockSize;
  return first * kBlockSize;
}

void OldSpace::begin_major(bool evacuate) {
  if (++epoch_ == 0) {  // stamps of 256 collections ago must not come to life again
    epoch_ = 1;
    std::memset(block_epochs_, 0, high_water_);
    std::memset(line_marks_, 0, size_t{high_water_} * kLinesPerBlock);
  }
  evacuating_ = evacuate;
  for (uint32_t b = first_block_; b < high_water_; ++b) {
    uint8_t& s = states_[b];
    if (s == kFresh) s = kSmall;
    if (evacuate) {
      if (s == kSmall) s = kFrom;
      if (s == kLargeHead || s == kLargeTail) s = kFromLarge;
    }
  }
  hole_next_ = hole_end_ = overflow_next_ = overflow_end_ = 0;
  hole_block_ = 0;
  sweep_cursor_ = block_count_;  // no holes while marking
  marked_lines_ = 0;
  marked_blocks_ = 0;
  allocated_ = 0;
  if (evacuate) large_runs_.clear();
}

void OldSpace::mark_lines(uint32_t offset, uint32_t size) {
  uint32_t block = offset / kBlockSize;
  // By the block, not by the size: an array of more than kMaxSmall bytes that was young once may
  // have been copied into a hole among small objects.
  if (states_[block] == kLargeHead) {
    block_epochs_[block] = epoch_;
    return;
  }
  marked_blocks_ += block_epochs_[block] != epoch_;
  block_epochs_[block] = epoch_;
  uint8_t* marks = lines(block);
  uint32_t first = offset % kBlockSize / kLineSize;
  uint32_t last = (offset % kBlockSize + size - 1) / kLineSize;
  for (uint32_t line = first; line <= last; ++line) {
    marked_lines_ += marks[line] != epoch_;
    marks[line] = epoch_;
  }
}

void OldSpace::finish_major() {
  if (evacuating_) {
    for (uint32_t b = first_block_; b < high_water_;) {
      if (states_[b] < kFrom) {
        ++b;
        continue;
      }
      uint32_t end = b;
      while (end < high_water_ && states_[end] >= kFrom) ++end;
      release(b, end - b);
      b = end;
    }
  } else {
    std::erase_if(large_runs_, [&](uint32_t first) {
      if (block_epochs_[first] == epoch_) return false;
      uint32_t end = first + 1;
      while (end < high_water_ && states_[end] == kLargeTail) ++end;
      ::madvise(base_ + size_t{first} * kBlockSize, size_t{end - first} * kBlockSize,
                MADV_DONTNEED);
      release(first, end - first);
      return true;
    });
    // Blocks in which nothing lives are free at once; the others are swept when looked at.
    for (uint32_t b = first_block_; b < high_water_; ++b) {
      if (states_[b] == kSmall && block_epochs_[b] != epoch_) {
        states_[b] = kFree;
        --used_blocks_;
      }
    }
    sweep_cursor_ = first_block_;
  }
  fragmented_ = marked_lines_ < marked_blocks_ * (kLinesPerBlock / 2);
  evacuating_ = false;
  allocated_ = 0;
}

}  // namespace zwasm::runtime::gc
