#include "codegen/arm64/machine_ops.h"

namespace zwasm::codegen::arm64 {
namespace {

struct OpRow {
  const char* name;
  char flags;
};
constexpr OpRow kRows[] = {
#define MACHINE_OP(name, flags, about) {#name, flags[0]},
#include "codegen/arm64/ops.def"
};

}  // namespace

const char* op_name(uint16_t op) { return kRows[op].name; }
bool reads_flags(uint16_t op) { return kRows[op].flags == 'r'; }

}  // namespace zwasm::codegen::arm64
