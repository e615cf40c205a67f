// The flat form: straight from the bytes to lines.
#include "base/format.h"
#include "module/reader.h"
#include "text/print_code.h"

namespace zwasm::text {

using isa::Op;

void CodePrinter::flat(std::span<const uint8_t> code, uint64_t offset,
                       std::span<const PrintHint> hints, size_t depth) {
  module::Reader reader(code, offset);
  size_t open = 0;  // constructs
  while (ok_) {
    uint64_t at = reader.offset();
    Op op = module::read_op(reader);
    module::Immediates imm;
    module::read_immediates(reader, isa::op_info(op).imm, imm, storage_);
    if (!reader.ok()) return fail(reader.error());
    if (op == Op::end && open == 0) break;
    bool leaves = op == Op::end || op == Op::delegate;
    bool divides = op == Op::else_ || op == Op::catch_ || op == Op::catch_all;
    if ((leaves || divides) && open == 0) {
      return fail({LoadError::Kind::malformed,
                   fmt::format("`{}` outside of a block", isa::op_info(op).text), at});
    }
    if (leaves) --open;
    if (op == Op::delegate) text_.leave();
    out_.line(depth + open - (divides ? 1 : 0));
    while (!hints.empty() && hints.front().offset < at - offset) hints = hints.subspan(1);
    if (!hints.empty() && hints.front().offset == at - offset) {
      out_.put("(@metadata.code.branch_hint \"\\0{}\") ", hints.front().likely ? 1 : 0);
    }
    text_.append(out_.text(), op, imm);
    if (op == Op::end) text_.leave();
    if (opens_block(op)) ++open;
  }
  if (ok_ && !reader.at_end()) {
    fail(
        {LoadError::Kind::malformed, "operators remaining after end of function", reader.offset()});
  }
}

}  // namespace zwasm::text
