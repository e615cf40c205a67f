// The old generation: a mark-region space. The heap's region is divided into blocks of 32 KiB, and
// blocks into lines of 256 bytes. Marking stamps the lines that live objects touch with the
// number of the collection (the epoch); sweeping is nothing but finding, when the allocator
// needs room, the runs of lines without the current stamp. So a collection costs what lives, not
// what died, and there is no free list. (Blackburn and McKinley, "Immix", PLDI 2008.)
//
// An object of more than kMaxSmall bytes has a run of blocks of its own.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace zwasm::runtime::gc {

inline constexpr uint32_t kBlockSize = 32 * 1024;
inline constexpr uint32_t kLineSize = 256;
inline constexpr uint32_t kLinesPerBlock = kBlockSize / kLineSize;
inline constexpr uint32_t kMaxSmall = 8 * 1024;

class OldSpace {
 public:
  // Manages blocks [first_block, block_count) of the region at `base`, reserved and inaccessible.
  // With `poison`, blocks given back become inaccessible and are reused as late as possible.
  bool init(uint8_t* base, uint32_t first_block, uint32_t block_count, bool poison);
  ~OldSpace();
  OldSpace() = default;
  OldSpace(const OldSpace&) = delete;
  OldSpace& operator=(const OldSpace&) = delete;

  // Room for `size` bytes (a multiple of 8), uninitialized: its offset in the region, or 0.
  uint32_t allocate(uint32_t size) {
    if (size <= hole_end_ - hole_next_) {
      uint32_t at = hole_next_;
      hole_next_ += size;
      allocated_ += size;
      return at;
    }
    return allocate_slow(size);
  }

  // --- collection
  // Starts a new epoch: nothing is marked. With `evacuate`, every block in use becomes from-space,
  // allocation goes to free blocks only, and finish() frees all of from-space.
  void begin_major(bool evacuate);
  void finish_major();
  bool in_from_space(uint32_t offset) const { return states_[offset / kBlockSize] >= kFrom; }
  uint8_t epoch() const { return epoch_; }
  // Stamps the lines of the object at `offset`.
  void mark_lines(uint32_t offset, uint32_t size);

  // --- accounting
  // Bytes allocated since the last major collection.
  uint64_t allocated() const { return allocated_; }
  uint32_t used_blocks() const { return used_blocks_; }
  uint32_t free_blocks() const { return block_count_ - first_block_ - used_blocks_; }
  // Whether the last major collection found less than half of the lines alive in the blocks that
  // hold live objects: then the next one had better copy.
  bool fragmented() const { return fragmented_; }

 private:
  enum State : uint8_t {
    kUncommitted,  // free, inaccessible
    kFree,
    kSmall,  // holds objects; not yet looked at for holes in this epoch
    kFresh,  // holds objects; allocated into in this epoch
    kLargeHead,
    kLargeTail,
    kFrom,       // from-space, as kSmall
    kFromLarge,  // from-space, large
  };

  uint32_t allocate_slow(uint32_t size);
  uint32_t allocate_large(uint32_t size);
  bool next_hole();
  uint32_t take_block();
  uint32_t take_run(uint32_t count);
  bool available(uint32_t block) const;
  bool commit(uint32_t first, uint32_t count);
  void release(uint32_t first, uint32_t count);
  uint8_t* lines(uint32_t block) const { return line_marks_ + size_t{block} * kLinesPerBlock; }

  uint8_t* base_ = nullptr;
  uint8_t* states_ = nullptr;        // by block
  uint8_t* block_epochs_ = nullptr;  // last epoch in which something in the block was marked
  uint8_t* line_marks_ = nullptr;
  size_t tables_size_ = 0;
  uint32_t first_block_ = 0;
  uint32_t block_count_ = 0;
  uint32_t high_water_ = 0;  // blocks from here on were never used
  bool poison_ = false;
  bool evacuating_ = false;

  uint8_t epoch_ = 1;
  uint32_t hole_next_ = 0, hole_end_ = 0;          // current hole
  uint32_t hole_block_ = 0, hole_line_ = 0;        // where to look for the next one
  uint32_t sweep_cursor_ = 0;                      // next block to look at for holes
  uint32_t overflow_next_ = 0, overflow_end_ = 0;  // a free block, for objects that fit no hole
  uint32_t free_cursor_ = 0;                       // where the search for a free block starts
  uint32_t used_blocks_ = 0;
  uint32_t committed_blocks_ = 0;
  uint32_t marked_lines_ = 0;
  uint32_t marked_blocks_ = 0;
  bool fragmented_ = false;
  uint64_t allocated_ = 0;
  std::vector<uint32_t> large_runs_;  // first block of each large object
};

}  // namespace zwasm::runtime::gc
