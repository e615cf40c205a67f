#include "codegen/parallel_moves.h"

#include <algorithm>

namespace zwasm::codegen {
namespace {

// A number for a place, registers first.
uint32_t place_key(const Allocation& a) { return a.is_reg() ? a.preg.number : 64 + a.slot; }

class Sequencer {
 public:
  Sequencer(const MachineFunction& f, uint32_t inst, bool after, std::vector<Edit>& out)
      : f_(f), inst_(inst), after_(after), out_(out) {}

  void run(std::span<const ParallelMove> moves) {
    for (const auto& m : moves) {
      if (m.remat == ~0u && m.from == m.to) continue;
      moves_.push_back(m);
    }
    if (independent()) {
      for (const auto& m : moves_) emit(m);
      return;
    }
    index_places();
    for (uint32_t i = 0; i < moves_.size(); ++i)
      if (readers_[to_[i]] == 0) ready_.push_back(i);
    drain();
    // What is left are cycles without branches: one after the other.
    for (uint32_t i = 0; i < moves_.size(); ++i) {
      if (done_[i]) continue;
      break_cycle(i);
      drain();
      busy_ = {};
    }
  }

 private:
  static constexpr uint32_t kNone = ~0u;

  // A few moves of which none reads what another writes: the usual case.
  bool independent() const {
    if (moves_.size() > 8) return false;
    for (const auto& reader : moves_)
      for (const auto& writer : moves_)
        if (&reader != &writer && reader.remat == ~0u && reader.from == writer.to) return false;
    return true;
  }

  void index_places() {
    for (const auto& m : moves_) {
      if (m.remat == ~0u) places_.push_back(place_key(m.from));
      places_.push_back(place_key(m.to));
    }
    std::sort(places_.begin(), places_.end());
    places_.erase(std::unique(places_.begin(), places_.end()), places_.end());
    readers_.assign(places_.size(), 0);
    writer_.assign(places_.size(), kNone);
    done_.assign(moves_.size(), false);
    for (uint32_t i = 0; i < moves_.size(); ++i) {
      const auto& m = moves_[i];
      to_.push_back(number(m.to));
      from_.push_back(m.remat == ~0u ? number(m.from) : kNone);
      writer_[to_[i]] = i;
      if (from_[i] != kNone) ++readers_[from_[i]];
    }
  }

  uint32_t number(const Allocation& a) const {
    auto it = std::lower_bound(places_.begin(), places_.end(), place_key(a));
    return static_cast<uint32_t>(it - places_.begin());
  }

  void drain() {
    while (!ready_.empty()) {
      uint32_t i = ready_.back();
      ready_.pop_back();
      emit(moves_[i]);
      done_[i] = true;
      if (from_[i] != kNone) release(from_[i]);
    }
  }

  void release(uint32_t place) {
    if (--readers_[place] != 0) return;
    uint32_t w = writer_[place];
    if (w != kNone && !done_[w]) ready_.push_back(w);
  }

  void break_cycle(uint32_t i) {
    ParallelMove& m = moves_[i];
    const auto& info = f_.vregs[index(m.vreg)];
    bool vec = m.from.is_reg() ? m.from.preg.reg_class() == RegClass::vector : info.size == 16;
    PReg scratch = vec ? f_.scratch_vec : f_.scratch_int;
    push(m.from, Allocation::of(scratch), move_size(info), m.vreg);
    m.from = Allocation::of(scratch);
    busy_ = scratch;
    uint32_t place = from_[i];
    from_[i] = kNone;
    release(place);
  }

  void emit(const ParallelMove& m) {
    const auto& info = f_.vregs[index(m.vreg)];
    uint8_t size = move_size(info);
    if (m.remat != ~0u) {
      if (m.to.is_reg()) return push_remat(m, m.to);
      auto scratch = Allocation::of(scratch_of(info.reg_class));
      push_remat(m, scratch);
      return push(scratch, m.to, size, m.vreg);
    }
    if (!m.from.is_slot() || !m.to.is_slot()) return push(m.from, m.to, size, m.vreg);
    if (size == 16 && busy_ == f_.scratch_vec) {
      // The only register free is an integer one: in halves.
      for (uint32_t half = 0; half < 2; ++half)
        through(f_.scratch_int, Allocation::of_slot(m.from.slot + half),
                Allocation::of_slot(m.to.slot + half), 8, m.vreg);
      return;
    }
    PReg scratch = size == 16 ? f_.scratch_vec : f_.scratch_int;
    if (busy_ == scratch) scratch = f_.scratch_vec;
    through(scratch, m.from, m.to, size, m.vreg);
  }

  PReg scratch_of(RegClass c) const {
    return c == RegClass::integer ? f_.scratch_int : f_.scratch_vec;
  }
  void through(PReg scratch, Allocation from, Allocation to, uint8_t size, VReg v) {
    push(from, Allocation::of(scratch), size, v);
    push(Allocation::of(scratch), to, size, v);
  }
  void push(Allocation from, Allocation to, uint8_t size, VReg v) {
    out_.push_back({inst_, after_, from, to, size, ~0u, v});
  }
  void push_remat(const ParallelMove& m, Allocation to) {
    out_.push_back({inst_, after_, {}, to, move_size(f_.vregs[index(m.vreg)]), m.remat, m.vreg});
  }

  const MachineFunction& f_;
  uint32_t inst_;
  bool after_;
  std::vector<Edit>& out_;
  std::vector<ParallelMove> moves_;
  std::vector<uint32_t> places_;     // sorted keys; below, a place is its index here
  std::vector<uint32_t> from_, to_;  // of each move
  std::vector<uint32_t> readers_;    // moves that still need what the place holds
  std::vector<uint32_t> writer_;     // the move whose destination the place is
  std::vector<uint32_t> ready_;
  std::vector<uint8_t> done_;
  PReg busy_;  // the scratch register that holds a cycle's value
};

}  // namespace

void sequentialize(const MachineFunction& function, std::span<const ParallelMove> moves,
                   uint32_t inst, bool after, std::vector<Edit>& out) {
  Sequencer(function, inst, after, out).run(moves);
}

}  // namespace zwasm::codegen
