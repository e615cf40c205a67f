#include "ir/ops.h"

namespace zwasm::ir {

namespace {
constexpr int count_of(std::string_view s) { return s == "*" ? kAnyNumber : s[0] - '0'; }
constexpr OwnOpInfo kInfos[] = {
#define IR_OP(name, text, args, results, effects, about) \
  {text, count_of(#args), count_of(#results)},
#include "ir/ops.def"
};
}  // namespace

const OwnOpInfo& own_op_info(Op op) { return kInfos[static_cast<uint32_t>(op) - isa::kOpCount]; }

std::string_view op_text(Op op) {
  return is_wasm_op(op) ? isa::op_info(wasm_op(op)).text : own_op_info(op).text;
}

}  // namespace zwasm::ir
