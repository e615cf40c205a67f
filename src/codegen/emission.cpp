#include "codegen/emission.h"

#include <algorithm>

#include "base/sort.h"

namespace zwasm::codegen {

bool Emission::run() {
  lay_out();
  buffer_.bind(entry_);
  prologue();
  for (uint32_t b = 0; b < machine_.blocks.size(); ++b) emit_block(b);
  emit_cold();
  emit_pool();
  return buffer_.resolve();
}

void Emission::finish(MachineCode& code) {
  for (const PadOf& pad : pads_)
    out_.calls[pad.call].landing_pad = buffer_.offset_of(label_of(pad.block));
  sort_by(out_.traps, [](const TrapSite& t) { return t.offset; });
  sort_by(out_.calls, [](const CallSite& c) { return c.return_offset; });
  sort_by(out_.relocations, [](const CallRelocation& r) { return r.offset; });
  out_.bytes.assign(buffer_.bytes().begin(), buffer_.bytes().end());
  out_.frame_bytes = frame_bytes_;
  out_.frameless = frameless_;
  out_.work.emission = work_ + out_.bytes.size() + out_.roots.size();
  code = std::move(out_);
}

// --- layout ---

void Emission::lay_out() {
  size_t n = machine_.blocks.size();
  std::vector<uint8_t> edited(n, false);
  for (size_t b = 0, e = 0; b < n; ++b) {
    const MachineBlock& block = machine_.blocks[b];
    while (e < allocation_.edits.size() && allocation_.edits[e].inst < block.first_inst) ++e;
    edited[b] = e < allocation_.edits.size() && allocation_.edits[e].inst < block.end_inst;
  }
  // A block that only jumps is not emitted; its name means the block it jumps to.
  auto only_jumps = [&](uint32_t b) {
    const MachineBlock& block = machine_.blocks[b];
    return b != 0 && !edited[b] && !block.is_landing_pad &&
           block.end_inst - block.first_inst == 1 && flag_of(block.first_inst) == 'j';
  };
  constexpr uint32_t kUnknown = ~0u, kOnPath = ~0u - 1;
  forward_.assign(n, kUnknown);
  std::vector<uint32_t> path;
  for (uint32_t b = 0; b < n; ++b) {
    ++work_;
    uint32_t to = b;
    for (; forward_[to] == kUnknown && only_jumps(to);
         to = machine_.blocks[to].successors[0].block) {
      path.push_back(to);
      ++work_;
      forward_[to] = kOnPath;
    }
    bool cycle = forward_[to] == kOnPath;  // of empty blocks: left as it is
    if (forward_[to] == kUnknown) forward_[to] = to;
    for (uint32_t on : path) forward_[on] = cycle ? on : forward_[to];
    path.clear();
  }
  following_.resize(n);
  for (uint32_t b = static_cast<uint32_t>(n), next = kNone; b-- > 0;) {
    following_[b] = next;
    if (forward_[b] == b) next = b;
  }
  entry_ = buffer_.new_label();
  for (size_t b = 0; b < n; ++b) labels_.push_back(buffer_.new_label());
  for (size_t c = 0; c < lowered_.constants.size(); ++c) constants_.push_back(buffer_.new_label());
  frame_bytes_ = (kFixedFrame + 8 * allocation_.spill_slots + 15) & ~15u;
  frame_bytes_ += lowered_.outgoing_bytes;
  for (const MachineBlock& block : machine_.blocks)
    tail_calls_ |= block.end_inst != block.first_inst && flag_of(block.end_inst - 1) == 't';
}

void Emission::emit_block(uint32_t number) {
  if (forward_[number] != number) return;
  block_ = number;
  next_ = following_[number];
  const MachineBlock& block = machine_.blocks[number];
  if (lowered_.loop_headers[number] && !block.cold) align_loop();
  buffer_.bind(labels_[number]);
  edit_ = static_cast<size_t>(
      std::ranges::lower_bound(allocation_.edits, block.first_inst, {}, &Edit::inst) -
      allocation_.edits.begin());
  for (uint32_t i = block.first_inst; i < block.end_inst; ++i) {
    inst_index_ = i;
    ++work_;
    const MachineInst& inst = machine_.insts[i];
    if (settings_.lines && (out_.lines.empty() || out_.lines.back().position != inst.position))
      out_.lines.push_back({buffer_.size(), inst.position});
    emit_edits(i, false);
    emit_one(inst, {allocation_.operands.data() + inst.first_operand, inst.operand_count});
    emit_edits(i, true);
  }
}

void Emission::emit_edits(uint32_t inst, bool after) {
  const auto& edits = allocation_.edits;
  auto more = [&] {
    return edit_ < edits.size() && edits[edit_].inst == inst && edits[edit_].after == after;
  };
  if (!more()) return;
  uint32_t reader = after ? inst + 1 : inst;
  bool keep_flags = reader < machine_.insts.size() && flag_of(reader) == 'r';
  for (; more(); ++edit_) emit_edit(edits[edit_], keep_flags);
}

// --- what stands behind the blocks ---

Label Emission::trap_label(isa::Trap trap, uint32_t position) {
  Label label = buffer_.new_label();
  trap_stubs_.push_back({label, trap, position});
  return label;
}

void Emission::emit_cold() {
  next_ = kNone;
  for (size_t i = 0; i < cold_.size(); ++i) {
    auto code = std::move(cold_[i]);  // may add more
    code();
  }
  for (const TrapStub& stub : trap_stubs_) {
    buffer_.bind(stub.label);
    emit_trap(stub.trap, stub.position);
  }
}

void Emission::emit_pool() {
  if (!lowered_.constants.empty()) buffer_.align(16, filler_);
  for (size_t c = 0; c < lowered_.constants.size(); ++c) {
    buffer_.bind(constants_[c]);
    buffer_.put64(lowered_.constants[c].lo);
    buffer_.put64(lowered_.constants[c].hi);
  }
  for (uint32_t b = 0; b < machine_.blocks.size(); ++b) {
    block_ = b;
    const MachineBlock& block = machine_.blocks[b];
    if (block.end_inst == block.first_inst || flag_of(block.end_inst - 1) != 's') continue;
    emit_table(machine_.insts[block.end_inst - 1].aux);
  }
}

// --- tables ---

void Emission::call_site(uint32_t position, uint32_t inst, bool unwinds_here) {
  CallSite site{buffer_.size(), position, ~0u, static_cast<uint32_t>(out_.roots.size()), 0};
  if (unwinds_here) pads_.push_back({out_.calls.size(), block().landing_pad});
  auto roots = std::ranges::lower_bound(allocation_.roots, inst, {}, &SafepointRoots::inst);
  if (inst != ~0u && roots != allocation_.roots.end() && roots->inst == inst) {
    for (const Allocation& place : roots->places) {
      if (place.is_reg()) out_.roots.push_back({true, place.preg.number});
      else out_.roots.push_back({false, -slot_below(place, 8)});
    }
    site.root_count = static_cast<uint32_t>(roots->places.size());
  }
  out_.calls.push_back(site);
}

}  // namespace zwasm::codegen
