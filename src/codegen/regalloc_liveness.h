// Where the virtual registers of a MachineFunction live, in positions of the program.
//
// Positions number the points in time at which places change hands. A block starts with an entry,
// where its parameters get their values; each instruction has a gap before it, for moves, then its
// early and its late point, then a gap after it:
//
//   block b   entry                        4 * (first_inst + b)
//   inst i    gap, early, late, after      4 * (i + b + 1), + 1, + 2, + 3
//   the end   the entry of block b + 1
//
// A live range is a list of segments [from, to), at most one for each block and register, in order.
// They are found by walking from each use backwards to the definition: the time is proportional to
// the output, whatever the number of blocks times that of registers.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "codegen/machine.h"

namespace zwasm::codegen {

using Position = uint32_t;

struct LiveSegment {
  uint32_t block;
  Position from, to;
  bool live_in, live_out;  // across the block's entry (not defined there as a parameter), its end
};

// One mention of a virtual register.
struct Occurrence {
  static constexpr uint32_t kEdge = ~0u, kParam = ~0u - 1;
  Position at;       // of the gap of the instruction, or the block's entry for a parameter
  uint32_t operand;  // index in MachineFunction::operands, or kEdge (an argument), or kParam
  uint32_t edge_target = 0, edge_index = 0;  // for kEdge: block and number of the parameter
};

class Liveness {
 public:
  // Gives up (see `complete`) after visiting `limit` blocks.
  explicit Liveness(const MachineFunction& function, bool refs_only = false,
                    uint64_t limit = ~uint64_t{0});
  bool complete() const { return work_ <= limit_; }

  Position entry(uint32_t block) const { return 4 * (function_.blocks[block].first_inst + block); }
  Position end(uint32_t block) const { return 4 * (function_.blocks[block].end_inst + block + 1); }
  Position gap(uint32_t inst) const { return 4 * (inst + block_of_[inst] + 1); }
  uint32_t block_of_inst(uint32_t inst) const { return block_of_[inst]; }
  uint32_t block_of(Position p) const { return block_at_[p / 4]; }
  // The instruction at whose gap, early, late or after point `p` is. Not for entries.
  uint32_t inst_at(Position p) const { return p / 4 - block_of(p) - 1; }
  bool is_entry(Position p) const { return p == entry(block_of(p)); }

  // Occurrences in the order of layout.
  std::span<const Occurrence> occurrences(VReg v) const {
    return slice(occurrences_, occurrence_start_, v);
  }
  std::span<const LiveSegment> segments(VReg v) const {
    return slice(segments_, segment_start_, v);
  }
  // The number of an occurrence among all, by virtual register and layout.
  size_t number(const Occurrence& o) const { return static_cast<size_t>(&o - occurrences_.data()); }
  // The segment of `v` in `block`, or null.
  const LiveSegment* segment_in(VReg v, uint32_t block) const;
  // Work done, in blocks visited and what was found.
  uint64_t work() const { return work_ + segments_.size() + occurrences_.size(); }

 private:
  template <typename T>
  static std::span<const T> slice(const std::vector<T>& all, const std::vector<uint32_t>& start,
                                  VReg v) {
    return std::span<const T>(all).subspan(start[index(v)], start[index(v) + 1] - start[index(v)]);
  }
  void number_blocks();
  void collect_occurrences();
  void find_segments();

  const MachineFunction& function_;
  std::vector<uint32_t> block_of_;  // by instruction
  std::vector<uint32_t> block_at_;  // by position / 4
  std::vector<Occurrence> occurrences_;
  std::vector<uint32_t> occurrence_start_;
  std::vector<LiveSegment> segments_;
  std::vector<uint32_t> segment_start_;
  bool refs_only_;
  uint64_t limit_, work_ = 0;
};

// Live ranges are given up when registers times blocks are more than four million and 32 for each
// instruction: they would take too much memory.
inline uint64_t live_walk_limit(const MachineFunction& function) {
  return 4'000'000 + 32 * function.insts.size();
}

// Reference registers that are live across each safepoint, as (instruction, register), sorted.
// False: they are so many, for the function's size, that tables of them would take too much memory.
struct LiveRoot {
  uint32_t inst;
  VReg vreg;
};
bool live_roots(const MachineFunction& function, const Liveness& live,
                std::vector<LiveRoot>& roots);
inline constexpr const char* kTooManyRoots = "too many references live across its calls";

constexpr bool is_use(Role r) { return r == Role::use || r == Role::late_use; }
constexpr bool is_def(Role r) { return r == Role::def || r == Role::early_def; }

}  // namespace zwasm::codegen
