// Translator: exceptions. Covered code costs nothing: a table says which words a handler covers.
//
// A clause of try_table gets a landing pad behind the block, where the exception's values stand
// as operands at the block's base, and which is a branch to the clause's label. A legacy catch
// continues in place; the exception itself stands in a slot below the catch's operands, for
// rethrow.
#include "interp/translator.h"

namespace zwasm::interp {

using validate::ControlKind;

namespace {
constexpr uint32_t kSlotBytes = sizeof(Slot);
}

void Translator::begin_covered(F& f, Es params) {
  open(f, params);
  barrier();
  f.control.begin = as_.size();
  f.control.region = ++try_depth_;
}

void Translator::end_covered(F& f) {
  if (f.control.end != 0) return;
  barrier();
  f.control.end = as_.size();
  --try_depth_;
}

void Translator::add_catch(F& f, Catch::Kind kind, uint32_t tag, uint32_t target) {
  as_.catches().push_back(
      {f.control.begin, f.control.end, target, f.control.base, tag, f.control.region, kind});
}

void Translator::try_table(F& f, Es params, std::span<const module::CatchClause> catches) {
  begin_covered(f, params);
  f.control.first_pad = static_cast<uint32_t>(pads_.size());
  f.control.pads = static_cast<uint32_t>(catches.size());
  pads_.insert(pads_.end(), catches.begin(), catches.end());
}

void Translator::close_try_table(F& f) {
  using K = module::CatchClause::Kind;
  end_covered(f);
  for (uint32_t i = 0; i < f.control.pads; ++i) {
    const module::CatchClause clause = pads_[f.control.first_pad + i];
    F& target = decoder_.frame(clause.label);
    barrier();
    new_block();
    Catch::Kind kind = clause.kind == K::catch_      ? Catch::Kind::tag
                       : clause.kind == K::catch_ref ? Catch::Kind::tag_ref
                       : clause.kind == K::catch_all ? Catch::Kind::all
                                                     : Catch::Kind::all_ref;
    add_catch(f, kind, clause.tag, as_.size());
    pad_values_.clear();
    uint32_t home = f.control.base;
    auto value = [&](ValType type) {
      pad_values_.push_back({type, {0, home, home}});
      home += isa::slots_of(type) * kSlotBytes;
    };
    if (clause.has_tag())
      for (ValType type : decoder_.tag_type(clause.tag).params) value(type);
    if (clause.has_ref()) value(isa::kExnRef);
    touch_height(home);
    if (target.kind == ControlKind::func) {
      return_values(pad_values_);
    } else {
      move_values(pad_values_, target.control.base);
      branch_to(target);
    }
  }
  pads_.resize(f.control.first_pad);
  if (f.control.pads != 0) barrier();
}

// --- legacy

void Translator::try_(F& f, Es params) { begin_covered(f, params); }

void Translator::begin_catch(F& f) {
  if (f.control.end != 0) catch_slots_.pop_back();  // of the catch before
  end_covered(f);
  barrier();
  new_block();
  catch_slots_.push_back(f.control.base);
  f.control.inner = f.control.base + kSlotBytes;
  touch_height(f.control.inner);
}

void Translator::catch_(F& f, uint32_t tag, Es params) {
  begin_catch(f);
  add_catch(f, Catch::Kind::legacy_tag, tag, as_.size());
  fresh(params, f.control.inner);
}

void Translator::catch_all(F& f) {
  begin_catch(f);
  add_catch(f, Catch::Kind::legacy_all, 0, as_.size());
}

void Translator::delegate(F& f, F& target) {
  end_covered(f);
  bool covers = (target.kind == ControlKind::try_ || target.kind == ControlKind::try_table) &&
                target.control.end == 0;
  add_catch(f, Catch::Kind::delegate, 0, covers ? target.control.region : target.control.depth);
}

void Translator::close_try(F& f) { end_covered(f); }

void Translator::throw_(uint32_t tag, Es args) {
  op_begin();
  uint32_t first = home_after(args);
  at_home(args);
  forget_accs();
  safepoint(decoder_.operand_count());
  start_at_position(Misc::throw_new);
  words({tag, first});
  new_block();
}

void Translator::throw_ref(E& ref) {
  op_begin();
  uint32_t slot = in_slot(ref);
  start_at_position(Misc::throw_ref);
  as_.word(slot);
  new_block();
}

void Translator::rethrow(F& target, uint32_t) {
  op_begin();
  start_at_position(Misc::throw_ref);
  as_.word(target.control.base);
  new_block();
}

}  // namespace zwasm::interp
