// Reading, writing and checking of branch hints.
#include "module/branch_hints.h"

#include "base/format.h"
#include "module/immediates.h"
#include "module/reader.h"

namespace zwasm::module {

using isa::Op;

namespace {

void read_section(Reader& r, Module& module) {
  uint32_t funcs = r.u32();
  std::vector<BranchHint> hints;
  for (uint32_t i = 0; i < funcs && r.ok(); ++i) {
    uint64_t at = r.offset();
    FuncBranchHints func;
    func.func = r.u32();
    if (func.func < module.imported_funcs || func.func >= module.funcs.size())
      return r.malformed(fmt::format("invalid target: function {} has no body", func.func), at);
    if (!module.branch_hints.empty() && module.branch_hints.back().func >= func.func)
      return r.malformed("functions with branch hints out of order", at);
    uint32_t count = r.u32();
    hints.clear();
    for (uint32_t j = 0; j < count && r.ok(); ++j) {
      uint64_t hint_at = r.offset();
      BranchHint hint;
      hint.offset = r.u32();
      if (!hints.empty() && hints.back().offset >= hint.offset)
        return r.malformed("branch hints out of order", hint_at);
      if (r.u32() != 1) return r.malformed("malformed branch hint: its size is not 1", hint_at);
      uint8_t taken = r.u8();
      if (taken > 1) return r.malformed(fmt::format("malformed branch hint {}", taken), hint_at);
      hint.taken = taken == 1;
      hints.push_back(hint);
    }
    func.hints = module.arena.copy(hints);
    if (r.ok()) module.branch_hints.push_back(func);
  }
  if (r.ok() && !r.at_end()) r.malformed("section size mismatch in branch hints");
}

}  // namespace

LoadResult<void> read_branch_hints(Module& module) {
  module.branch_hints.clear();
  for (const CustomSection& custom : module.customs) {
    if (custom.name != kBranchHintSection) continue;
    Reader r(custom.bytes, custom.offset);
    if (!module.branch_hints.empty()) r.malformed("more than one section of branch hints");
    else read_section(r, module);
    if (!r.ok()) {
      module.branch_hints.clear();
      return Err{r.error()};
    }
  }
  return {};
}

std::vector<uint8_t> encode_branch_hints(std::span<const FuncBranchHints> hints) {
  std::vector<uint8_t> out;
  write_uleb(out, hints.size());
  for (const FuncBranchHints& func : hints) {
    write_uleb(out, func.func);
    write_uleb(out, func.hints.size());
    for (const BranchHint& hint : func.hints) {
      write_uleb(out, hint.offset);
      write_uleb(out, 1);
      out.push_back(hint.taken ? 1 : 0);
    }
  }
  return out;
}

LoadResult<void> check_branch_hints(const Module& module) {
  ImmediateStorage storage;
  Immediates imm;
  for (const FuncBranchHints& func : module.branch_hints) {
    const FuncBody& body = module.bodies[func.func - module.imported_funcs];
    Reader r(body.code, body.offset);
    for (const BranchHint& hint : func.hints) {
      uint64_t target = body.start + hint.offset;
      Op op = Op::nop;
      uint64_t at = r.offset();
      while (r.ok() && !r.at_end() && r.offset() <= target) {
        at = r.offset();
        op = read_op(r);
        read_immediates(r, isa::op_info(op).imm, imm, storage);
      }
      if (!r.ok()) return Err{r.error()};
      if (at != target || (op != Op::if_ && op != Op::br_if))
        return Err{LoadError{LoadError::Kind::invalid,
                             "@metadata.code.branch_hint annotation: invalid target: a hint stands "
                             "only at if and br_if",
                             target}};
    }
  }
  return {};
}

}  // namespace zwasm::module
